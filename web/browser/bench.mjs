/** Measures the built apps against their bars: node web/browser/bench.mjs [--minutes 10] [--seconds 10] [--only PART ...] */

import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { runnerImport } from 'vite'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '10' },
    only: { type: 'string', multiple: true, default: [] },
  },
})
const { module } = await runnerImport(fileURLToPath(new URL('src/bench.ts', import.meta.url)))
console.log(await module.bench(Number(values.minutes), Number(values.seconds), values.only))
