/** What stands between the market and a price: size, cost and distance, exact to the last digit. */

import { inThrees, signed } from '@havklo/kit'
import { lots, plain, ticks } from '@havklo/kraken-wasm'
import type { Frame, Lots, Side, Ticks } from '@havklo/kraken-wasm'

/** What taking everything up to a price would be. */
export interface Measure {
  /** The side that would be taken; null between the best prices. */
  readonly side: Side | null
  readonly price: Ticks
  readonly size: Lots
  readonly levels: number
  /** In units of the last decimals of prices and quantities together. */
  readonly cost: bigint
  /** Hundredths of a basis point from the middle, below it negative. */
  readonly distance: bigint
  /** Whether the book that is subscribed to ends before this price. */
  readonly isBeyond: boolean
}

/** Measures up to `price`; null in a book without two sides. */
export function measure(frame: Frame, price: Ticks): Measure | null {
  const [bid, ask] = [frame.level('bid', 0), frame.level('ask', 0)]
  if (bid === null || ask === null) return null
  const side = price >= ask.price ? 'ask' : price <= bid.price ? 'bid' : null
  const twice = bid.price + ask.price
  let [size, cost, levels] = [0n, 0n, 0]
  const reaches = (at: Ticks) => (side === 'ask' ? at <= price : at >= price)
  const count = side === null ? 0 : frame.count(side)
  for (; side !== null && levels < count; levels += 1) {
    const level = frame.level(side, levels)
    if (level === null || !reaches(level.price)) break
    size += level.qty
    cost += level.qty * level.price
  }
  const last = side === null ? null : frame.level(side, count - 1)
  return {
    side,
    price,
    size: lots(size),
    levels,
    cost,
    distance: twice === 0n ? 0n : ((2n * price - twice) * 1_000_000n) / twice,
    isBeyond: last !== null && (side === 'ask' ? price > last.price : price < last.price),
  }
}

/** From one price to another: how many increments, and how many hundredths of a basis point. */
export function between(from: Ticks, to: Ticks, tick: bigint): { readonly steps: bigint; readonly distance: bigint } {
  const steps = (to - from) / tick
  return { steps, distance: from === 0n ? 0n : ((to - from) * 1_000_000n) / from }
}

/** Hundredths of a basis point as people read them, with a sign: `+1.25`. */
export function basisPoints(distance: bigint): string {
  return signed(distance, 2)
}

/** A cost in whole units of the quote currency from 10,000 on, with two decimals below. */
export function money(cost: bigint, decimals: number): string {
  const whole = cost / 10n ** BigInt(decimals)
  if (whole >= 10_000n) return inThrees(`${whole}`)
  const cents = decimals >= 2 ? cost / 10n ** BigInt(decimals - 2) : cost * 10n ** BigInt(2 - decimals)
  return plain(cents, 2)
}

/** The price so many rows away, on the grid of rows. */
export function stepped(price: Ticks, rows: number, group: bigint, tick: bigint): Ticks {
  return ticks(price + BigInt(rows) * group * tick)
}
