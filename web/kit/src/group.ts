/** Prices in rows: exact, and always toward the passive side, so that no row promises a better price than there is. */

import { ticks } from '@havklo/kraken-wasm'
import type { Side, Ticks } from '@havklo/kraken-wasm'

/** The nearest multiple of `width` at or below. */
export function floor(price: bigint, width: bigint): Ticks {
  const rest = price % width
  return ticks(rest < 0n ? price - rest - width : price - rest)
}

/** The nearest multiple of `width` at or above. */
export function ceil(price: bigint, width: bigint): Ticks {
  return ticks(-floor(-price, width))
}

/** The row of an order: a bid's is at or below its price, an ask's at or above. */
export function row(side: Side, price: bigint, width: bigint): Ticks {
  return side === 'bid' ? floor(price, width) : ceil(price, width)
}

/** Sums what stands at prices into rows, by the number of rows down from `top`. What is outside is left out. */
export function gather(
  side: Side,
  prices: readonly bigint[],
  quantities: readonly bigint[],
  count: number,
  top: bigint,
  width: bigint,
  into: bigint[],
): void {
  for (let rank = 0; rank < count; rank += 1) {
    const at = Number((top - row(side, prices[rank] ?? 0n, width)) / width)
    if (at < 0) {
      if (side === 'bid') continue
      break
    }
    if (at >= into.length) {
      if (side === 'ask') continue
      break
    }
    into[at] = (into[at] ?? 0n) + (quantities[rank] ?? 0n)
  }
}
