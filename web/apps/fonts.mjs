/** Makes the fonts that a page loads: of Geist what these apps write, and no weights that they never use. */

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import subset from 'subset-font'

const ASCII = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)).join('')
/** The marks that stand beside them; any other letter falls back to the system's own. */
const MARKS = '\u00a0\u00a3\u00b0\u00b1\u00b5\u00b7\u00d7\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u20ac\u2191\u2193\u2212'
const WEIGHTS = { min: 400, max: 700, default: 400 }
/** Copyright, licence and its address: the Open Font License wants them kept. */
const NAMES = [0, 13, 14]

const require = createRequire(import.meta.url)
const folder = new URL('./shared/fonts/', import.meta.url)
await mkdir(folder, { recursive: true })
for (const name of ['geist', 'geist-mono']) {
  const whole = await readFile(require.resolve(`@fontsource-variable/${name}/files/${name}-latin-wght-normal.woff2`))
  const small = await subset(whole, ASCII + MARKS, {
    targetFormat: 'woff2',
    variationAxes: { wght: WEIGHTS },
    preserveNameIds: NAMES,
  })
  await writeFile(new URL(`${name}.woff2`, folder), small)
  console.log(`${name}.woff2: ${whole.length} -> ${small.length} bytes`)
}
