/** The built apps against their bars, in one run on one machine. */

import { cpus, loadavg } from 'node:os'
import type { Browser } from 'playwright-core'

import { violations } from './axe.ts'
import { launch, open } from './chromium.ts'
import { Patient } from './healing.ts'
import { honesty } from './honesty.ts'
import { latencies } from './latency.ts'
import { engine, relay } from './outside.ts'
import { firstBook, firsts, heap, motion, probed } from './probes.ts'
import type { Firsts, Motion } from './probes.ts'
import { BEGIN } from './recording.ts'
import { Stage } from './stage.ts'
import { median, percentile, table } from './table.ts'
import type { Row } from './table.ts'
import { weighed } from './weights.ts'

const KB = 1024
const WARM_MS = 3000
const RUNS = 5
/** Before the heap is looked at: so many times as long as it is then watched. */
const WARM = 1.6
const SEEKS = 20

/** Measures all, or only some parts, and gives the table. */
export async function bench(minutes: number, seconds: number, only: readonly string[] = []): Promise<string> {
  const browser = await launch()
  try {
    const parts: readonly (readonly [what: string, work: () => Promise<Row[]>])[] = [
      ['havsyn', () => moving(browser, 'havsyn', 'Havsyn, 1,000 msg/s', 1, 1000, seconds)],
      ['havnet', () => moving(browser, 'havnet', 'Havnet, 20 \u00d7 500 msg/s', 20, 500, seconds)],
      ['latency', () => reaching(browser, seconds)],
      ['beginning', () => beginning(browser)],
      ['weight', () => weight(browser)],
      ['rewind', () => rewind(browser)],
      ['accessibility', () => accessible(browser)],
      ['growth', () => growth(browser, minutes)],
      ['healing', () => healing(browser)],
      ['honesty', () => honest(browser, minutes)],
      ['engine', engine],
      ['relay', relay],
    ]
    const names = parts.map(([what]) => what)
    const unknown = only.filter((name) => !names.includes(name))
    if (unknown.length > 0) throw new Error(`there is no part ${unknown.join(', ')}; the parts are ${names.join(', ')}`)
    const rows: Row[] = []
    for (const [what, work] of parts) {
      if (only.length > 0 && !only.includes(what)) continue
      // One part that fails is a missed bar, and no reason to lose the others.
      rows.push(...(await work().catch((error: unknown) => [missing(what, String(error).split('\n')[0] ?? '')])))
      console.error(`${what}: done`)
    }
    const machine = `${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}, Chromium ${browser.version()}, software rendering, load ${loadavg()[0]?.toFixed(1) ?? '?'}`
    return `${machine}\n\n${table(rows)}`
  } finally {
    await browser.close()
  }
}

async function moving(
  browser: Browser,
  app: string,
  what: string,
  books: number,
  rate: number,
  seconds: number,
): Promise<Row[]> {
  const stage = await Stage.open({ rate, books })
  const { page } = await open(browser, { deviceScaleFactor: 2 })
  try {
    await probed(page)
    const response = await page.goto(stage.url(app))
    if (response?.ok() !== true) return [missing(what, 'the app is not built')]
    await page.waitForSelector('[data-standing="live"]')
    await page.waitForTimeout(WARM_MS)
    const before = stage.venue.sent
    const seen = await motion(page, seconds)
    const sent = (stage.venue.sent - before) / seconds
    return motionRows(what, seen, `${Math.round(sent)} msg/s were sent`)
  } finally {
    await page.context().close()
    await stage.close()
  }
}

function motionRows(what: string, { frames, draws, longTasks }: Motion, note: string): Row[] {
  const total = frames.reduce((sum, gap) => sum + gap, 0)
  return [
    { what: `${what}: frames a second`, value: (1000 * frames.length) / total, unit: '', bar: { is: 'at least', value: 58 }, note },
    { what: `${what}: frame p99`, value: percentile(frames, 0.99), unit: 'ms', bar: { is: 'at most', value: 17.5 } },
    { what: `${what}: script of a frame p50`, value: median(draws), unit: 'ms', bar: null },
    { what: `${what}: script of a frame p99`, value: percentile(draws, 0.99), unit: 'ms', bar: { is: 'at most', value: 6 }, note: 'at DPR 2' },
    { what: `${what}: long tasks`, value: longTasks.length, unit: '', bar: { is: 'at most', value: 0 }, note: '> 50 ms' },
  ]
}

/** How old the best prices are when they are on the screen. */
async function reaching(browser: Browser, seconds: number): Promise<Row[]> {
  const taken = await latencies(browser, 1000, seconds)
  const what = 'Havsyn, 1,000 msg/s: from the send to the screen'
  return [
    { what: `${what}, p50`, value: median(taken), unit: 'ms', bar: { is: 'at most', value: 20 }, note: `${taken.length} changes of the best prices, seen a frame after they are drawn` },
    { what: `${what}, p99`, value: percentile(taken, 0.99), unit: 'ms', bar: { is: 'at most', value: 40 } },
  ]
}

/** How long until a proven book is seen, in a browser that has nothing of it yet: the median of a few. */
async function beginning(browser: Browser): Promise<Row[]> {
  const stage = await Stage.open({ rate: 100 })
  const seen: Firsts[] = []
  for (let run = 0; run < RUNS; run += 1) {
    const { page } = await open(browser)
    await firstBook(page)
    await page.goto(stage.url('havsyn'))
    seen.push(await firsts(page))
    await page.context().close()
  }
  await stage.close()
  const of = (name: 'book' | 'paint' | 'shift') => median(seen.map((each) => each[name]))
  return [
    { what: 'Havsyn: first proven book on the screen', value: of('book'), unit: 'ms', bar: { is: 'at most', value: 400 } },
    { what: 'Havsyn: first contentful paint', value: of('paint'), unit: 'ms', bar: { is: 'at most', value: 200 } },
    { what: 'Havsyn: cumulative layout shift', value: of('shift'), unit: '', bar: { is: 'at most', value: 0 } },
  ]
}

async function weight(browser: Browser): Promise<Row[]> {
  const stage = await Stage.open({ rate: 20 })
  const rows: Row[] = []
  for (const app of ['havsyn', 'havnet']) {
    const { page, requests } = await open(browser)
    const response = await page.goto(stage.url(app))
    if (response?.ok() === true) {
      await page.waitForSelector('[data-standing="live"]')
      const { code, worker, wasm, fonts } = await weighed(requests)
      rows.push(
        { what: `${app}: JS + CSS of the page`, value: code / KB, unit: 'KB gzip', bar: null },
        { what: `${app}: JS + CSS, worker included`, value: (code + worker) / KB, unit: 'KB gzip', bar: { is: 'at most', value: 45 } },
        { what: `${app}: the engine`, value: wasm / KB, unit: 'KB gzip', bar: { is: 'at most', value: 24 } },
        { what: `${app}: all, with fonts`, value: (code + worker + wasm + fonts) / KB, unit: 'KB', bar: { is: 'at most', value: 120 } },
      )
    } else rows.push(missing(`${app}: JS + CSS`, 'the app is not built'))
    await page.context().close()
  }
  await stage.close()
  return rows
}

/** What axe finds in both apps and both themes. */
async function accessible(browser: Browser): Promise<Row[]> {
  const stage = await Stage.open({ rate: 20 })
  const rows: Row[] = []
  for (const app of ['havsyn', 'havnet']) {
    let found = 0
    for (const theme of ['dark', 'light']) {
      const { page } = await open(browser, { bypassCSP: true })
      await page.goto(stage.url(app, '', `theme=${theme}`))
      await page.waitForSelector('[data-standing="live"]')
      found += (await violations(page)).length
      await page.context().close()
    }
    rows.push({ what: `${app}: what axe finds`, value: found, unit: '', bar: { is: 'at most', value: 0 }, note: 'two themes' })
  }
  await stage.close()
  return rows
}

/** Frames of a page that is lied to each second. */
async function honest(browser: Browser, minutes: number): Promise<Row[]> {
  const { frames, faults, lies, slowestGrey, longestGrey } = await honesty(browser, 60 * minutes)
  const what = 'Havsyn, lied to each second'
  return [
    { what: `${what}: frames that showed what was not proven`, value: lies.length, unit: '', bar: { is: 'at most', value: 0 }, note: `of ${frames}, ${faults} faults` },
    { what: `${what}: until it is grey, the worst`, value: slowestGrey, unit: 'ms', bar: { is: 'at most', value: 33.4 }, note: 'one frame to draw it, one to see it' },
    { what: `${what}: the longest time grey`, value: longestGrey, unit: 'ms', bar: null, note: 'snapshots are asked for ever more rarely' },
  ]
}

/** One fault each, on a page that was well. */
async function healing(browser: Browser): Promise<Row[]> {
  const [grey, healed]: [number[], number[]] = [[], []]
  for (let run = 0; run < RUNS; run += 1) {
    for (const fault of ['corrupt', 'cross', 'disconnect', 'drop'] as const) {
      const patient = await Patient.open(browser)
      try {
        const suffered = await patient.suffer(fault)
        // What is not there begins to be wrong when its absence shows.
        if (fault !== 'drop') grey.push(suffered.grey)
        healed.push(suffered.healed - (fault === 'drop' ? suffered.grey : 0))
      } finally {
        await patient.close()
      }
    }
  }
  const what = 'Havsyn, a fault after calm'
  return [
    { what: `${what}: until it is grey`, value: Math.max(...grey), unit: 'ms', bar: { is: 'at most', value: 33.4 }, note: `worst of ${grey.length}` },
    { what: `${what}: until it is healed`, value: Math.max(...healed), unit: 'ms', bar: { is: 'at most', value: 2000 }, note: `worst of ${healed.length}; a drop from when it shows` },
  ]
}

async function growth(browser: Browser, minutes: number): Promise<Row[]> {
  const stage = await Stage.open({ rate: 1000 })
  const { page } = await open(browser)
  try {
    await page.goto(stage.url('havsyn'))
    await page.waitForSelector('[data-standing="live"]')
    // What is kept for a quarter of an hour fills to its bounds first.
    await page.waitForTimeout(WARM * 60_000 * minutes)
    const before = await heap(page)
    await page.waitForTimeout(60_000 * minutes)
    const after = await heap(page)
    return [
      { what: `Havsyn: growth of the page's heap in ${minutes} min`, value: (after - before) / KB / KB, unit: 'MB', bar: { is: 'at most', value: 1 }, note: `at 1,000 msg/s, after ${Math.round(WARM * minutes)} min` },
      { what: "Havsyn: the page's heap", value: after / KB / KB, unit: 'MB', bar: { is: 'at most', value: 60 } },
    ]
  } finally {
    await page.context().close()
    await stage.close()
  }
}

/** From a click into the timeline to the frame that shows it. */
async function rewind(browser: Browser): Promise<Row[]> {
  const stage = await Stage.open()
  const { page } = await open(browser)
  try {
    page.setDefaultTimeout(60_000)
    await page.goto(stage.url('havsyn', `replay=/replay/quarter.jsonl&t=${BEGIN + 450_000}`))
    await page.waitForSelector('[data-standing="replay"]')
    await page.waitForTimeout(1000)
    const took = await page.evaluate(
      async ([times, begin]) => {
        const shown = document.querySelector<HTMLElement>('.page')
        const input = document.querySelector<HTMLInputElement>('.track input')
        const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
        const taken: number[] = []
        for (let run = 0; run < times; run += 1) {
          const target = begin + Math.round(((run * 7919) % 890) * 1000 + 5000)
          const began = performance.now()
          if (input !== null) input.value = String(target)
          input?.dispatchEvent(new Event('input', { bubbles: true }))
          while (Math.abs(Number(shown?.dataset['at']) - target) > 60 && performance.now() - began < 5000) await frame()
          taken.push(performance.now() - began)
        }
        return taken
      },
      [SEEKS, BEGIN] as const,
    )
    return [
      { what: 'Havsyn: seek, median', value: median(took), unit: 'ms', bar: { is: 'at most', value: 100 }, note: 'until it is drawn' },
      { what: 'Havsyn: seek, worst of 20', value: Math.max(...took), unit: 'ms', bar: { is: 'at most', value: 100 } },
    ]
  } finally {
    await page.context().close()
    await stage.close()
  }
}

function missing(what: string, note: string): Row {
  return { what, value: null, unit: '', bar: { is: 'at most', value: 0 }, note }
}
