/** Puts the modules, in base64, beside the compiled code: for pages that may load nothing but scripts. */

import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'

const here = new URL('../', import.meta.url)
await mkdir(new URL('dist/inline/', here), { recursive: true })
for (const name of ['havklo', 'level3', 'fill']) {
  const bytes = await readFile(new URL(`${name}.wasm`, here))
  await writeFile(new URL(`dist/inline/${name}.js`, here), `export const base64 = '${bytes.toString('base64')}'\n`)
  await copyFile(new URL(`src/inline/${name}.d.ts`, here), new URL(`dist/inline/${name}.d.ts`, here))
}
