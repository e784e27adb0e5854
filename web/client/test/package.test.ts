/** The package as others get it: importing it does nothing, and it is small. */

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { expect, test } from 'vitest'

const DIST = new URL('../dist/', import.meta.url)
const ENTRY = 'virtual:app'

/** What a page carries of the client when it uses so much of it: minified and packed, in bytes. */
async function size(names: string): Promise<number> {
  const source = `export { ${names} } from ${JSON.stringify(fileURLToPath(new URL('index.js', DIST)))}`
  const built = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [
      { name: 'app', resolveId: (id) => (id === ENTRY ? id : null), load: (id) => (id === ENTRY ? source : null) },
    ],
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: { input: ENTRY, external: ['@havklo/kraken-wasm'], preserveEntrySignatures: 'strict' },
    },
  })
  const outputs = Array.isArray(built) ? built.flatMap(({ output }) => output) : 'output' in built ? built.output : []
  const code = outputs.map((output) => (output.type === 'chunk' ? output.code : '')).join('')
  // Nothing was left out: what it does is in there, and so is the minifier's work.
  expect(code).toContain('no verified snapshot within')
  expect(code).not.toContain('\n  ')
  return gzipSync(code, { level: 9 }).length
}

test('a page of books and trades carries at most 12 KB of it, one of everything hardly more', async () => {
  expect(await size('Client, book')).toBeLessThan(11.5 * 1024)
  expect(await size('Client, book, trade')).toBeLessThan(12 * 1024)
  expect(await size('Client, book, trade, ticker, ohlc, instrument, scaled')).toBeLessThan(12.75 * 1024)
})

test('importing it and describing a feed touches nothing of a page, and asks nobody for anything', () => {
  const script = `
    const touched = []
    for (const name of ['window', 'document', 'navigator', 'localStorage', 'WebSocket', 'fetch', 'setTimeout']) {
      Object.defineProperty(globalThis, name, { get: () => { touched.push(name) }, configurable: true })
    }
    const { Client, book } = await import(${JSON.stringify(new URL('index.js', DIST).href)})
    const view = new Client().subscribe(book('BTC/USD')).getSnapshot()
    process.stdout.write(JSON.stringify({ touched, view }))
  `
  const said = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
  expect(JSON.parse(said)).toEqual({ touched: [], view: { state: 'connecting' } })
})
