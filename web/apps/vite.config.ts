import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const page = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: page('.'),
  // Relative addresses: the same files work at a gateway's root, below a path and on any static host.
  base: './',
  appType: 'mpa',
  worker: { format: 'es' },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // Nothing is put into the code as data: addresses, which a strict policy would refuse.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      input: { index: page('./index.html'), havsyn: page('./havsyn/index.html'), havnet: page('./havnet/index.html') },
    },
  },
})
