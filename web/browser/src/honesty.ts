/** Watches every frame of a page that is being lied to, and tells each that showed what was not proven as live. */

import type { Browser } from 'playwright-core'

import { open } from './chromium.ts'
import { chance } from './market.ts'
import { seen, spied } from './spy.ts'
import type { Shown } from './spy.ts'
import { Stage } from './stage.ts'
import type { Fault, Sent } from './venue.ts'

/** What became of it. */
export interface Verdict {
  readonly frames: number
  readonly books: number
  readonly faults: number
  /** The longest that a broken book stayed in colour, in milliseconds. */
  readonly slowestGrey: number
  /** The longest that the page was grey, in milliseconds; a snapshot takes a third of a second here. */
  readonly longestGrey: number
  /** Frames that should not have been. */
  readonly lies: readonly string[]
}

const FAULTS: readonly Fault[] = ['corrupt', 'cross', 'drop', 'disconnect']
/** One frame, a worker's message, and what a busy machine adds to them. */
const GREY_MS = 250
/** Long enough to be seen grey. */
const SNAPSHOT_MS = 350
const SYMBOL = 'BTC/USD'

/** Lies to a page for so many seconds. */
export async function honesty(browser: Browser, seconds: number, seed = 1): Promise<Verdict> {
  const truths = new Set<string>()
  const breaks: { readonly from: number; to: number }[] = []
  let faults = 0
  const onSent = ({ at, symbol, said, fault }: Sent): void => {
    if (symbol !== SYMBOL) return
    const epoch = performance.timeOrigin + at
    if (fault !== null && fault !== 'drop') breaks.push({ from: epoch, to: Infinity })
    // A fresh snapshot heals.
    if (said?.text.includes('"snapshot"') === true) for (const each of breaks) each.to = Math.min(each.to, epoch)
    if (fault !== null) faults += 1
    if (said !== null && fault !== 'cross') truths.add(truth(said.bid, said.ask))
  }
  const stage = await Stage.open({ rate: 80, onSent, snapshotMs: SNAPSHOT_MS })
  const { page, errors } = await open(browser)
  const random = chance(seed)
  const shown: Shown[] = []
  let frames = 0
  try {
    await spied(page)
    await page.goto(stage.url('havsyn'))
    await page.waitForSelector('[data-standing="live"]')
    for (let second = 0; second < seconds; second += 1) {
      stage.venue.fault(SYMBOL, FAULTS[Math.floor(random() * FAULTS.length)] ?? 'corrupt')
      await page.waitForTimeout(1000)
      const more = await seen(page)
      shown.push(...more.shown)
      frames = more.frames
    }
    const lies = shown.flatMap((each, place) => {
      // It was on the screen until something else was.
      const until = shown[place + 1]?.at ?? each.at
      return each.isColoured ? lie(each, until, truths, breaks) : []
    })
    const slowestGrey = latest(shown, breaks)
    const longestGrey = greys(shown).reduce((most, span) => Math.max(most, span), 0)
    return { slowestGrey, longestGrey, frames, books: shown.filter(({ isColoured }) => isColoured).length, faults, lies: [...errors, ...lies] }
  } finally {
    await page.context().close()
    await stage.close()
  }
}

/** The longest that a book was in colour after it was broken, and not yet healed. */
function latest(shown: readonly Shown[], breaks: readonly { readonly from: number; readonly to: number }[]): number {
  let most = 0
  for (const [place, { at, isColoured }] of shown.entries()) {
    const until = shown[place + 1]?.at ?? at
    if (isColoured) for (const { from, to } of breaks) if (at < to) most = Math.max(most, Math.min(until, to) - from)
  }
  return most
}

/** How long the page was grey each time, in milliseconds. */
function greys(shown: readonly Shown[]): number[] {
  const spans: number[] = []
  let since: number | null = null
  for (const { at, isColoured } of shown) {
    if (isColoured && since !== null) spans.push(at - since)
    since = isColoured ? null : (since ?? at)
  }
  return spans
}

function lie(
  { at, spread, middle, standing }: Shown,
  until: number,
  truths: ReadonlySet<string>,
  breaks: readonly { readonly from: number; readonly to: number }[],
): string[] {
  const wrong: string[] = []
  if (standing !== 'live') wrong.push(`coloured while ${standing}`)
  if (spread !== null && !(Number(spread) > 0)) wrong.push(`crossed: spread ${spread}`)
  if (spread !== null && middle !== null && !truths.has(`${Number(spread)} ${Number(middle)}`)) wrong.push(`never sent: ${spread} at ${middle}`)
  if (breaks.some(({ from, to }) => Math.min(until, to) > Math.max(at, from + GREY_MS))) wrong.push('coloured while broken')
  return wrong.map((text) => `${new Date(at).toISOString()}: ${text}`)
}

/** Spread and middle of the best prices, exact in their last decimal. */
export function truth(bid: string, ask: string): string {
  const decimals = bid.split('.')[1]?.length ?? 0
  const whole = (text: string) => Number(text.replace('.', ''))
  const spread = (whole(ask) - whole(bid)) / 10 ** decimals
  const middle = (5 * (whole(ask) + whole(bid))) / 10 ** (decimals + 1)
  return `${Number(spread.toFixed(decimals))} ${Number(middle.toFixed(decimals + 1))}`
}
