/** Where the price has been since the page began. */

import { plain } from '@havklo/kraken-wasm'

import type { SessionPrices } from './words.js'

/** As exact texts. */
export interface Session {
  readonly open: string
  readonly high: string
  readonly low: string
  /** With its sign and two decimals, such as `+1.42`; null if nothing can be said. */
  readonly changePct: string | null
}

/** The figures of a session whose prices have so many decimals. */
export function session({ open, high, low, last }: SessionPrices, decimals: number): Session {
  return {
    open: plain(open, decimals),
    high: plain(high, decimals),
    low: plain(low, decimals),
    changePct: change(open, last),
  }
}

/** Hundredths of a percent, rounded half away from zero; the minus is the typographer's. */
function change(open: bigint, last: bigint): string | null {
  if (open <= 0n) return null
  const moved = last - open
  const size = ((moved < 0n ? -moved : moved) * 20_000n + open) / (2n * open)
  const sign = size === 0n ? '' : moved < 0n ? '\u2212' : '+'
  return `${sign}${plain(size, 2)}`
}
