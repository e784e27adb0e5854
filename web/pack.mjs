/** Copies the built apps into the Python package, each file with what a browser takes compressed beside it. */

import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const FROM = fileURLToPath(new URL('./apps/dist', import.meta.url))
const TO = fileURLToPath(new URL('../python/havklo/serve/apps', import.meta.url))
const PACKED = new Set(['.css', '.html', '.js', '.json', '.svg', '.txt', '.wasm', '.webmanifest'])
const LEAST = 256 // below that a header costs more than is saved

if (!existsSync(join(FROM, 'index.html'))) {
  console.error('web/apps/dist has no index.html: npm run build --workspace web/apps makes it')
  process.exit(1)
}
rmSync(TO, { recursive: true, force: true })
cpSync(FROM, TO, { recursive: true })

let files = 0
let plain = 0
let brotli = 0
for (const name of readdirSync(TO, { recursive: true, encoding: 'utf8' })) {
  const path = join(TO, name)
  if (!statSync(path).isFile()) continue
  const data = readFileSync(path)
  files += 1
  plain += data.length
  if (!PACKED.has(extname(path)) || data.length < LEAST) {
    brotli += data.length
    continue
  }
  const small = brotliCompressSync(data, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: data.length },
  })
  writeFileSync(`${path}.br`, small)
  writeFileSync(`${path}.gz`, gzipSync(data, { level: 9 }))
  brotli += small.length
}
console.log(`${files} files, ${(plain / 1024).toFixed(0)} KB, ${(brotli / 1024).toFixed(0)} KB compressed -> python/havklo/serve/apps`)
