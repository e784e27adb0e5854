/** Figures of what a page stands on, measured without a browser: the engine under node, and the gateway's relay. */

import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { median } from './table.ts'
import type { Row } from './table.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const PYTHON = join(ROOT, '.venv-bench/bin/python')
const SLOWEST = 1.5
const SENDS = 40
const RSS_MB = 60

/** What a message costs in the engine, by the text's own `JSON.parse`. */
export async function engine(): Promise<Row[]> {
  const samples = (await told('benches/web/run.py')) as Record<string, number[]>
  return Object.keys(samples)
    .filter((key) => key.startsWith('book ') && key.endsWith('/apply'))
    .map((key) => {
      const [stream = ''] = key.split('/')
      const parsed = samples[`${stream}/JSON.parse`] ?? []
      // Round by round, because what slows a machine down slows both.
      const ratio = median((samples[key] ?? []).map((ours, round) => ours / (parsed[round] ?? NaN)))
      const note = `${median(samples[key] ?? []).toFixed(2)} \u00b5s a message, parsed, applied and proven`
      return { what: `engine, ${stream}: time of JSON.parse`, value: ratio, unit: '\u00d7', bar: { is: 'at most', value: SLOWEST }, note }
    })
}

/** What the gateway hands to pages, and what memory it takes. */
export async function relay(): Promise<Row[]> {
  const { rows } = (await told('benches/run.py', '--only', 'relay')) as {
    rows: { figure: string; contender: string; median: number; note: string }[]
  }
  const of = (figure: string) => rows.find((row) => row.figure.startsWith(figure) && row.contender === 'havklo')
  return [
    { what: 'relay: sends a second', value: of('relay')?.median ?? null, unit: 'k/s', bar: { is: 'at least', value: SENDS }, note: 'to 4 pages' },
    { what: 'relay: memory', value: of('gateway')?.median ?? null, unit: 'MB', bar: { is: 'at most', value: RSS_MB }, note: 'the whole process' },
  ]
}

/** Runs one of the other benchmarks, and gives what it writes. */
async function told(script: string, ...more: readonly string[]): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'havklo-bench-'))
  try {
    const file = join(folder, 'figures.json')
    await promisify(execFile)(PYTHON, [join(ROOT, script), ...more, '--json', file], { cwd: ROOT })
    return JSON.parse(await readFile(file, 'utf8'))
  } finally {
    await rm(folder, { recursive: true })
  }
}
