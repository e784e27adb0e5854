/** A book's levels once more, beside the engine's: what changed by how much, and what a checksum is made of. */

import { lots } from '@havklo/kraken-wasm'
import type { Frame, Lots, Side, Ticks } from '@havklo/kraken-wasm'

/** What a map finds a price by: maps are slow with big integers, and fast with those that a double holds. */
export type Key = number | string

export function keyOf(price: bigint): Key {
  const near = Number(price)
  return Number.isSafeInteger(near) ? near : `${price}`
}

/** One side, best first. */
export class Half {
  readonly #sizes = new Map<Key, Lots>()
  readonly #prices: Ticks[] = []

  constructor(readonly side: Side) {}

  get prices(): readonly Ticks[] {
    return this.#prices
  }

  get count(): number {
    return this.#prices.length
  }

  get best(): Ticks | null {
    return this.#prices[0] ?? null
  }

  get worst(): Ticks | null {
    return this.#prices.at(-1) ?? null
  }

  at(price: Ticks): Lots {
    return this.#sizes.get(keyOf(price)) ?? lots(0n)
  }

  /** Sets a level, or takes it away with 0; gives what stood there before. */
  set(price: Ticks, qty: Lots): Lots {
    const before = this.at(price)
    if (qty === 0n) {
      if (this.#sizes.delete(keyOf(price))) this.#prices.splice(this.#place(price), 1)
    } else {
      if (before === 0n) this.#prices.splice(this.#place(price), 0, price)
      this.#sizes.set(keyOf(price), qty)
    }
    return before
  }

  /** Drops what lies beyond so many levels, as the exchange does without a word. */
  trim(depth: number): void {
    while (this.#prices.length > depth) this.#sizes.delete(keyOf(this.#prices.pop() ?? 0n))
  }

  clear(): void {
    this.#sizes.clear()
    this.#prices.length = 0
  }

  #before(a: Ticks, b: Ticks): boolean {
    return this.side === 'bid' ? a > b : a < b
  }

  #place(price: Ticks): number {
    let [low, high] = [0, this.#prices.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const there = this.#prices[middle]
      if (there !== undefined && this.#before(there, price)) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Both sides. */
export class Levels {
  readonly bid = new Half('bid')
  readonly ask = new Half('ask')

  half(side: Side): Half {
    return side === 'bid' ? this.bid : this.ask
  }

  clear(): void {
    this.bid.clear()
    this.ask.clear()
  }

  trim(depth: number): void {
    this.bid.trim(depth)
    this.ask.trim(depth)
  }

  /** Begins anew with what a frame shows. */
  load(frame: Frame): void {
    this.clear()
    for (const side of ['bid', 'ask'] as const)
      for (const { price, qty } of frame.levels(side)) this.half(side).set(price, qty)
  }

  copy(): Levels {
    const other = new Levels()
    for (const side of ['bid', 'ask'] as const)
      for (const price of this.half(side).prices) other.half(side).set(price, this.half(side).at(price))
    return other
  }
}
