/** What may be drawn: the last proven book, kept, and whether it is still good for more than grey. */

import type { Decimals, Frame, Side } from '@havklo/kraken-wasm'

import type { BookModel, Standing } from './model.js'

/** Whether something of this standing is drawn in colour. */
export function isTrusted(standing: Standing): boolean {
  return standing === 'live' || standing === 'replay'
}

/** Whether a frame is a proven book with its best bid below its best ask. */
export function isSound(frame: Frame): boolean {
  if (frame.state !== 'live' || frame.crossed) return false
  const [bid, ask] = [frame.level('bid', 0), frame.level('ask', 0)]
  return bid === null || ask === null || bid.price < ask.price
}

/** One side of a kept book, best first; only the first `count` mean anything. */
export interface KeptSide {
  readonly prices: bigint[]
  readonly quantities: bigint[]
  count: number
}

/** Keeps a copy: the buffer of a frame goes back to where it came from while the picture stays. */
export class Kept {
  readonly bid: KeptSide = { prices: [], quantities: [], count: 0 }
  readonly ask: KeptSide = { prices: [], quantities: [], count: 0 }
  decimals: Decimals = { price: 0, qty: 0 }
  symbol = ''
  /** Whether there is anything to draw, and whether in colour. */
  hasBook = false
  isLive = false
  #frame: Frame | null = null
  #isSound = false

  take({ symbol, standing, frame }: BookModel): void {
    if (symbol !== this.symbol) this.#clear(symbol)
    if (frame !== this.#frame) {
      this.#frame = frame
      this.#isSound = frame !== null && isSound(frame)
      if (frame !== null && this.#isSound) this.#copy(frame)
    }
    this.isLive = this.#isSound && isTrusted(standing)
  }

  side(side: Side): KeptSide {
    return side === 'bid' ? this.bid : this.ask
  }

  /** The best price of a side; null without levels. */
  best(side: Side): bigint | null {
    const { prices, count } = this.side(side)
    return count === 0 ? null : (prices[0] ?? null)
  }

  #clear(symbol: string): void {
    this.symbol = symbol
    this.hasBook = this.isLive = this.#isSound = false
    this.#frame = null
    this.bid.count = this.ask.count = 0
  }

  #copy(frame: Frame): void {
    this.hasBook = true
    this.decimals = frame.decimals
    copy(frame.prices('bid'), frame.quantities('bid'), frame.width, this.bid)
    copy(frame.prices('ask'), frame.quantities('ask'), frame.width, this.ask)
  }
}

function copy(prices: BigUint64Array, quantities: BigUint64Array, width: 1 | 2, into: KeptSide): void {
  into.count = prices.length / width
  for (let rank = 0; rank < into.count; rank += 1) {
    into.prices[rank] = wide(prices, rank, width)
    into.quantities[rank] = wide(quantities, rank, width)
  }
}

function wide(words: BigUint64Array, rank: number, width: 1 | 2): bigint {
  const low = words[rank * width] ?? 0n
  return width === 1 ? low : low + ((words[2 * rank + 1] ?? 0n) << 64n)
}
