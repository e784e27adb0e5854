/** Recordings as the Python recorder writes them, of a made-up market: equal seeds make equal files. */

import { Market } from './market.ts'
import { PAIRS } from './venue.ts'

/** When all recordings begin. */
export const BEGIN = Date.UTC(2026, 10, 23, 12, 0, 0)

export interface RecordingOptions {
  readonly symbol?: string
  readonly seconds: number
  /** Book messages a second. */
  readonly rate: number
  readonly depth?: number
  readonly seed?: number
  /** Seconds after the beginning at which a message is lost. */
  readonly lost?: readonly number[]
}

/** The lines of a recording. */
export function recording({ symbol = 'BTC/USD', seconds, rate, depth = 100, seed = 7, lost = [] }: RecordingOptions): string {
  const pair = PAIRS.find((each) => each.symbol === symbol)
  if (pair === undefined) throw new Error(`there is no ${symbol}`)
  const market = new Market(pair, depth, seed)
  const lines: string[] = []
  const say = (ms: number, text: string) => lines.push(`{"rx_ns":${ms}000000,"frame":${text}}`)
  const step = `1e-${pair.decimals.price}`
  const [base, quote] = symbol.split('/')
  say(
    BEGIN,
    `{"channel":"instrument","type":"snapshot","data":{"assets":[],"pairs":[{"symbol":"${symbol}","base":"${base}","quote":"${quote}","status":"online","qty_precision":8,"qty_increment":1e-8,"price_precision":${pair.decimals.price},"cost_precision":5,"marginable":false,"has_index":false,"cost_min":0.5,"tick_size":${step},"price_increment":${step},"qty_min":0.0001}]}}`,
  )
  say(BEGIN, market.trades())
  say(BEGIN, market.snapshot(stamp(BEGIN)).text)
  const missing = lost.map((second) => Math.round(second * rate))
  for (let count = 1; count <= seconds * rate; count += 1) {
    const ms = BEGIN + Math.round((1000 * count) / rate)
    for (const { channel, text } of market.next(stamp(ms)))
      if (channel === 'trade' || !missing.includes(count)) say(ms, text)
    // A while after it has seen the hole, a client has a fresh snapshot.
    if (missing.includes(count - Math.round(rate * 0.6))) say(ms, market.snapshot(stamp(ms)).text)
  }
  return `${lines.join('\n')}\n`
}

function stamp(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z')
}
