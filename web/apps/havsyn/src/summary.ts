/** What the page says aloud, in one sentence: the market, or why there is none to be trusted. */

import { inThrees } from '@havklo/kit'
import type { BookModel } from '@havklo/kit'
import { plain } from '@havklo/kraken-wasm'

const RANKS = 10

/** One sentence about a book. */
export function summary({ symbol, standing, reason, frame, ageMs }: BookModel): string {
  const [bid, ask] = [frame?.level('bid', 0), frame?.level('ask', 0)]
  if (!frame || !bid || !ask) return `${symbol}: ${standing}, no book yet`
  const { price } = frame.decimals
  const middle = inThrees(plain((bid.price + ask.price) * 5n, price + 1))
  if (standing !== 'live' && standing !== 'replay')
    return `${symbol} ${standing}${reason === '' ? '' : `, ${reason}`}: last proven at ${middle}, ${Math.round(ageMs / 1000)} seconds ago`
  const [bids, asks] = [total('bid'), total('ask')]
  const share = bids + asks === 0n ? 0 : Number(((bids - asks) * 100n) / (bids + asks))
  const heavier = share === 0 ? 'both sides even' : `${share > 0 ? 'bids' : 'asks'} heavier by ${Math.abs(share)} %`
  return `${symbol} ${middle}, spread ${plain(ask.price - bid.price, price)}, ${heavier}`

  function total(side: 'bid' | 'ask'): bigint {
    let sum = 0n
    for (const { qty } of frame?.levels(side).slice(0, RANKS) ?? []) sum += qty
    return sum
  }
}
