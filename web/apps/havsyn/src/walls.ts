/** Large resting levels: since when they stand, how often the market came to them, and how much of them was pulled. */

import type { HeatModel, PriceFacts } from '@havklo/kit'
import { lots } from '@havklo/kraken-wasm'
import type { Frame, Lots, Side, Ticks } from '@havklo/kraken-wasm'

/** A large level. */
export interface Wall {
  readonly side: Side
  readonly price: Ticks
  readonly qty: Lots
  /** Milliseconds that it has been large. */
  readonly ageMs: number
  /** Whether it was there already when what is kept begins. */
  readonly isOlder: boolean
  /** How often the best price of its side came to it. */
  readonly touched: number
  /** Percent of its largest size that was cancelled, not traded. */
  readonly pulled: number
}

/** The quantity above which so many hundredths of a book's levels are. */
export function threshold(frame: Frame, percentile = 97): Lots {
  const all = [...frame.levels('bid'), ...frame.levels('ask')].map(({ qty }) => qty).sort(compare)
  const place = Math.min(all.length - 1, Math.floor((percentile / 100) * all.length))
  return all[place] ?? lots(0n)
}

/** The largest levels that reach `large`, from the highest price down, as in the ladder. */
export function walls(frame: Frame, heat: HeatModel, facts: PriceFacts | null, large: Lots, most = 8): Wall[] {
  const found = (['ask', 'bid'] as const).flatMap((side) =>
    frame
      .levels(side)
      .filter(({ qty }) => qty >= large)
      .map(({ price, qty }) => ({ side, price, qty })),
  )
  return found
    .sort((a, b) => compare(b.qty, a.qty))
    .slice(0, most)
    .sort((a, b) => compare(b.price, a.price))
    .map(({ side, price, qty }) => ({ side, price, qty, ...life(side, price, qty, large, frame, heat, facts) }))
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** What the heatmap's columns tell of a level, from now backward. */
function life(
  side: Side,
  price: Ticks,
  qty: Lots,
  large: Lots,
  frame: Frame,
  { columns, bucketMs, now }: HeatModel,
  facts: PriceFacts | null,
): Pick<Wall, 'ageMs' | 'isOlder' | 'touched' | 'pulled'> {
  const unit = 10 ** frame.decimals.qty
  // A wall stays one while half of it is there.
  const least = Number(large) / unit / 2
  let [since, peak, touched, isTouching, place] = [now, Number(qty) / unit, 0, false, columns.length - 1]
  for (; place >= 0; place -= 1) {
    const column = columns[place]
    if (column === undefined) break
    const size = column.sizes[Number((price - column.low) / column.step)] ?? 0
    if (price < column.low || size < least) break
    if (size > peak) peak = size
    const isBest = (side === 'bid' ? column.bid : column.ask) === price
    if (isBest && !isTouching) touched += 1
    isTouching = isBest
    since = column.time
  }
  const fact = facts?.at(price)
  const traded = fact === null || fact === undefined ? 0 : Number(side === 'bid' ? fact.sold : fact.bought) / unit
  const gone = Math.max(0, peak - Number(qty) / unit - traded)
  return {
    ageMs: Math.max(0, now - since, since === now ? 0 : bucketMs),
    isOlder: place < 0 && columns.length > 0,
    touched,
    pulled: peak === 0 ? 0 : Math.round((100 * gone) / peak),
  }
}
