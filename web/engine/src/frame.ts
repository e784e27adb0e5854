/** A book at one moment, in one buffer that can be handed from a worker to a page. */

import { lots, nanoseconds, plain, ticks } from './numbers.js'
import type { Decimals, Lots, Nanoseconds, Ticks } from './numbers.js'
import { STATES, faultOf, named } from './words.js'
import type { Fault, Side, State } from './words.js'

/** The version of the layout that this package writes and reads. */
export const LAYOUT = 1

const HEADER = 27
const WORD = {
  version: 0,
  state: 1,
  flags: 2,
  priceDecimals: 3,
  qtyDecimals: 4,
  bids: 5,
  asks: 6,
  checksum: 7,
  messages: 8,
  verified: 9,
  ignored: 10,
  desyncs: 11,
  received: 12,
  provenDepth: 13,
  fault: 14,
  timeLength: 18,
  time: 19,
  book: 24,
  snapshots: 25,
  checksumFaults: 26,
} as const

/** RFC 3339, taken apart: JavaScript's own reader stops at milliseconds. */
const INSTANT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/

/** One price with all that stands there. */
export interface Level {
  readonly price: Ticks
  readonly qty: Lots
  /** How many orders that is; null in a book that does not know its orders. */
  readonly orders: number | null
}

/**
 * Looks at a buffer of `Engine.frame`: nothing is copied, and it needs no WebAssembly.
 *
 * After a header of 27 words of 64 bits come the prices and quantities of the bids, then those of the asks, best first,
 * as integers. `prices` and `quantities` are these arrays themselves, for drawing; `level` and `text` read one level.
 */
export class Frame {
  readonly #words: BigUint64Array
  /** How many 64-bit words a number has: 1, or 2 in a book that does not fit, its lower one first. */
  readonly width: 1 | 2

  /** @throws RangeError if the buffer is no frame of this layout. */
  constructor(readonly buffer: ArrayBuffer) {
    // A pooled buffer may be longer than what is written into it; it is always a whole number of words.
    this.#words = new BigUint64Array(buffer)
    if (this.#words.length < HEADER || this.#words[WORD.version] !== BigInt(LAYOUT)) {
      throw new RangeError(`a frame of layout ${LAYOUT} was expected`)
    }
    this.width = (this.#number(WORD.flags) & 2) === 0 ? 1 : 2
  }

  get state(): State {
    return named(STATES, this.#number(WORD.state))
  }

  /** The number of its book in its engine. */
  get book(): number {
    return this.#number(WORD.book)
  }

  /** Whether a fresh snapshot, too, had its best bid at or above its best ask. */
  get crossed(): boolean {
    return (this.#number(WORD.flags) & 1) !== 0
  }

  get channel(): 'book' | 'level3' {
    return (this.#number(WORD.flags) & 4) === 0 ? 'book' : 'level3'
  }

  get decimals(): Decimals {
    return { price: this.#number(WORD.priceDecimals), qty: this.#number(WORD.qtyDecimals) }
  }

  /** Kraken's sum of the last proven message, which is ours. */
  get checksum(): number {
    return this.#number(WORD.checksum)
  }

  /** How many of the best levels of each side the checksum proves. */
  get provenDepth(): number {
    return this.#number(WORD.provenDepth)
  }

  /** Messages for this book; it changes whenever anything else here does that a message can change. */
  get messages(): number {
    return this.#number(WORD.messages)
  }

  /** Messages proven, snapshots among them. */
  get verified(): number {
    return this.#number(WORD.verified)
  }

  /** Snapshots proven: one more than the resyncs. */
  get snapshots(): number {
    return this.#number(WORD.snapshots)
  }

  /** Updates that came while the book was not live. */
  get ignored(): number {
    return this.#number(WORD.ignored)
  }

  /** How often the book was given up, for any reason. */
  get desyncs(): number {
    return this.#number(WORD.desyncs)
  }

  /** How often because the checksums differed. */
  get checksumFaults(): number {
    return this.#number(WORD.checksumFaults)
  }

  /** When the last proven message was received; null before the first. */
  get received(): Nanoseconds | null {
    const word = this.#word(WORD.received)
    return word === 0n ? null : nanoseconds(BigInt.asIntN(64, word))
  }

  /** The exchange's time of it; null if it told none. */
  get exchange(): Nanoseconds | null {
    const [, seconds, fraction = '', zone] = INSTANT.exec(this.timestamp ?? '') ?? []
    const ms = Date.parse(`${seconds}${zone}`)
    if (seconds === undefined || Number.isNaN(ms)) return null
    return nanoseconds(BigInt(ms) * 1_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0')))
  }

  /** The exchange's time as it was sent. */
  get timestamp(): string | null {
    const length = this.#number(WORD.timeLength)
    if (length === 0) return null
    return String.fromCharCode(...new Uint8Array(this.buffer, 8 * WORD.time, length))
  }

  /** Why it is desynced; null if it is not. */
  get fault(): Fault | null {
    const part = (offset: number) => this.#number(WORD.fault + offset)
    return faultOf(part(0), part(1), part(2), part(3))
  }

  /** How many levels of a side are here. A book that is not live has none. */
  count(side: Side): number {
    return this.#number(side === 'bid' ? WORD.bids : WORD.asks)
  }

  /** The prices of a side, best first, `width` words each. */
  prices(side: Side): BigUint64Array {
    const from = this.#from(side)
    return this.#words.subarray(from, from + this.count(side) * this.width)
  }

  /** The quantities of a side, best first, `width` words each. */
  quantities(side: Side): BigUint64Array {
    const length = this.count(side) * this.width
    const from = this.#from(side) + length
    return this.#words.subarray(from, from + length)
  }

  /** How many orders make up each level of a side; null in a book that does not know its orders. */
  orders(side: Side): BigUint64Array | null {
    if (this.channel === 'book') return null
    const [bids, asks] = [this.count('bid'), this.count('ask')]
    const from = HEADER + 2 * this.width * (bids + asks) + (side === 'bid' ? 0 : bids)
    return this.#words.subarray(from, from + this.count(side))
  }

  /** A level by its rank, 0 for the best; null beyond the last. */
  level(side: Side, rank: number): Level | null {
    const count = this.count(side)
    if (!(rank >= 0 && rank < count)) return null
    const at = this.#from(side) + rank * this.width
    const orders = this.orders(side)?.[rank]
    return {
      price: ticks(this.#wide(at)),
      qty: lots(this.#wide(at + count * this.width)),
      orders: orders === undefined ? null : Number(orders),
    }
  }

  /** All levels of a side. */
  levels(side: Side): Level[] {
    const levels: Level[] = []
    for (let level = this.level(side, 0); level !== null; level = this.level(side, levels.length)) levels.push(level)
    return levels
  }

  /** A level's exact price and quantity as text, with the book's decimals; null beyond the last. */
  text(side: Side, rank: number): readonly [price: string, qty: string] | null {
    const level = this.level(side, rank)
    if (level === null) return null
    const { price, qty } = this.decimals
    return [plain(level.price, price), plain(level.qty, qty)]
  }

  #from(side: Side): number {
    return HEADER + (side === 'bid' ? 0 : 2 * this.width * this.count('bid'))
  }

  #word(at: number): bigint {
    return this.#words[at] ?? 0n
  }

  #number(at: number): number {
    return Number(this.#word(at))
  }

  #wide(at: number): bigint {
    return this.width === 1 ? this.#word(at) : this.#word(at) + (this.#word(at + 1) << 64n)
  }
}
