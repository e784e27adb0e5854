/** Order books that prove themselves: frames of Kraken's `book` and `level3` channels in, proven books out. */

import { Frame } from './frame.js'
import type { Wasm } from './load.js'
import type { Decimals } from './numbers.js'
import { bad, good } from './result.js'
import type { Result } from './result.js'
import {
  RULES,
  STATES,
  faultOf,
  named,
  readIds,
  readLevelChanges,
  readOracle,
  readOrderChanges,
  readOrders,
  readPlace,
} from './words.js'
import type { Amend, Evidence, Fault, LevelChange, Order, OrderChange, Place, Rule, Side, State } from './words.js'

/** Which of Kraken's channels a book is made of: levels, or single orders. */
export type Channel = 'book' | 'level3'

/** How a book is kept. */
export interface BookOptions {
  /** Levels a side, as subscribed: 10, 25, 100, 500 or 1000; of `level3` 10, 100 or 1000. */
  readonly depth: number
  readonly channel?: Channel
  /** The pair's decimals, for a source that has lost trailing zeros. Kraken's own frames need none. */
  readonly precision?: Decimals
}

/** A depth that Kraken does not offer, decimals beyond 28, no symbol; or a module without level 3: see `loadLevel3`. */
export interface BadSettings {
  readonly kind: 'bad_settings' | 'no_level3'
  readonly symbol: string
  readonly options: BookOptions
}

/** What became of a frame. */
export type Outcome =
  /** Another channel's, nobody's symbol, or an update while its book was not live. */
  | { readonly kind: 'ignored' }
  /** A proven message. */
  | { readonly kind: 'update'; readonly book: Book; readonly snapshot: boolean }
  /** These books were given up. */
  | { readonly kind: 'desync'; readonly books: readonly Book[]; readonly fault: Fault }
  /** It is no frame, or its fault can't be put to a tracked book: what was expected at which byte. */
  | { readonly kind: 'malformed'; readonly offset: number; readonly expected: string }

/** What became of a frame, and the book that a proven one has led to. */
export type Applied = Outcome & { readonly frame: Frame | null }

interface Exports {
  readonly memory: WebAssembly.Memory
  engine_new(rules: number): void
  engine_input(length: number): number
  engine_track(length: number, level3: number, depth: number, price: number, qty: number): number
  engine_untrack(book: number): void
  engine_suspend(book: number): void
  engine_receive(length: number, ms: number, levels: number): number
  engine_outcome(): number
  engine_desynced(index: number): number
  engine_state(book: number): number
  engine_read(book: number, levels: number): number
  engine_changes(): number
  engine_output(): number
  // Only of the module that knows orders.
  engine_pushed_out?(): number
  engine_orders?(book: number, asks: number, rank: number): number
  engine_place?(book: number, length: number): number
  engine_oracle?(book: number): number
}

/** A book of an engine, which answers for it. It stays closed once it is no longer tracked. */
export class Book {
  readonly #engine: Engine
  /** The same value for each of its messages, so that taking one in allocates nothing. */
  readonly updated: Outcome
  readonly renewed: Outcome

  constructor(
    engine: Engine,
    /** Its number, never given twice by an engine. */
    readonly number: number,
    readonly symbol: string,
    readonly channel: Channel,
    readonly depth: number,
  ) {
    this.#engine = engine
    this.updated = { kind: 'update', book: this, snapshot: false }
    this.renewed = { kind: 'update', book: this, snapshot: true }
  }

  get state(): State {
    return this.#engine.state(this)
  }

  /** {@link Engine.frame} */
  frame(levels?: number, into?: ArrayBuffer): ArrayBuffer | null {
    return this.#engine.frame(this, levels, into)
  }

  /** The orders of a level by its rank, first to be filled first; none if the book is not live or knows no orders. */
  orders(side: Side, rank: number): Order[] {
    return this.#engine.orders(this, side, rank)
  }

  /** Where an order stands; null if it is not held, or the book is not live. */
  place(orderId: string): Place | null {
    return this.#engine.place(this, orderId)
  }

  /** What amends were seen to do to an order's place; null of a book that knows no orders. */
  oracle(): Readonly<Record<Amend, Evidence>> | null {
    return this.#engine.oracle(this)
  }
}

const IGNORED: Outcome = { kind: 'ignored' }
const DEEPEST = 0x7fff_ffff
const MOST_DECIMALS = 28
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * The books of one connection, in a WebAssembly instance of their own: an engine shares nothing with another.
 *
 * It does no I/O and reads no clock. Frames go in, in the order of the wire; when `apply` returns, a frame is applied
 * whole and proven, or not applied at all.
 */
export class Engine {
  readonly #wasm: Exports
  readonly #books: Book[] = []
  #input = new Uint8Array(0)
  #numbers = new Uint32Array(0)
  #outcome: Outcome = IGNORED

  /** Which structural rules watch the books: all, unless told otherwise. */
  constructor(wasm: Wasm, options: { readonly rules?: readonly Rule[] } = {}) {
    // That the module has these exports was found out when it was loaded.
    this.#wasm = new WebAssembly.Instance(wasm, {}).exports as unknown as Exports
    const rules = options.rules ?? RULES
    this.#wasm.engine_new(RULES.reduce((sum, rule, bit) => sum + (rules.includes(rule) ? 1 << bit : 0), 0))
  }

  /** How many bytes of memory it has. It never gives any back before it ends. */
  get memory(): number {
    return this.#wasm.memory.buffer.byteLength
  }

  /** Whether its module is one that knows books of orders. */
  get knowsOrders(): boolean {
    return this.#wasm.engine_orders !== undefined
  }

  /** Starts to keep a symbol's book, or starts anew with other settings. It awaits a snapshot. */
  track(symbol: string, options: BookOptions): Result<Book, BadSettings> {
    const { depth, channel = 'book', precision } = options
    if (channel === 'level3' && !this.knowsOrders) return bad({ kind: 'no_level3', symbol, options })
    const { price, qty } = precision ?? { price: -1, qty: -1 }
    // Calls of the module make 32-bit integers of all numbers, so what is none is found out here.
    const fits = (number: number, most: number) => Number.isInteger(number) && number >= 0 && number <= most
    const precise = precision === undefined || (fits(price, MOST_DECIMALS) && fits(qty, MOST_DECIMALS))
    const sound = symbol !== '' && fits(depth, DEEPEST) && precise
    const level3 = channel === 'level3' ? 1 : 0
    const number = sound ? this.#wasm.engine_track(this.#write(symbol), level3, depth, price, qty) : -1
    if (number < 0) return bad({ kind: 'bad_settings', symbol, options })
    const book = new Book(this, number, symbol, channel, depth)
    this.#books[number] = book
    return good(book)
  }

  /** Stops keeping a book. */
  untrack(book: Book): void {
    this.#wasm.engine_untrack(book.number)
  }

  /** Makes a book, or every one, await a snapshot: its connection ended, stalled, or it is being subscribed anew. */
  suspend(book: Book | null = null): void {
    this.#wasm.engine_suspend(book === null ? -1 : book.number)
  }

  /** Takes in a frame as text or UTF-8 bytes, received at `ms` milliseconds since 1970. */
  apply(frame: string | Uint8Array, ms = 0): Outcome {
    return this.#receive(frame, ms, -1)
  }

  /**
   * `apply`, and the book of a proven message with at most `levels` levels a side, in one call of the module. It is
   * written into `into` as by `frame`.
   */
  applyAndGet(frame: string | Uint8Array, levels: number, ms = 0, into?: ArrayBuffer): Applied {
    const outcome = this.#receive(frame, ms, levels)
    if (outcome.kind !== 'update') return { ...outcome, frame: null }
    const { book, snapshot } = outcome
    const told = this.#told()
    const words = new BigUint64Array(this.#wasm.memory.buffer, told[5], told[6])
    return { kind: 'update', book, snapshot, frame: new Frame(copied(words, into)) }
  }

  /** What the last frame came to. */
  get outcome(): Outcome {
    return this.#outcome
  }

  /** What the last frame changed, if it was proven, in the order of the message. */
  changes(): LevelChange[] | OrderChange[] {
    const words = this.#words(this.#wasm.engine_changes())
    const { kind } = this.#outcome
    const level3 = kind === 'update' && this.#outcome.book.channel === 'level3'
    return level3 ? readOrderChanges(words) : readLevelChanges(words)
  }

  /** The orders that the last frame pushed out of the depth: they may well rest on. */
  pushedOut(): string[] {
    return readIds(this.#words(this.#wasm.engine_pushed_out?.() ?? 0))
  }

  /**
   * A book with at most `levels` levels a side, in a buffer for {@link Frame} that may be transferred; null once it is
   * no longer tracked. It is written into `into` if that is large enough, so that buffers can go back and forth.
   */
  frame(book: Book, levels = DEEPEST, into?: ArrayBuffer): ArrayBuffer | null {
    const words = this.#words(this.#wasm.engine_read(book.number, levels))
    return words.length === 0 ? null : copied(words, into)
  }

  state(book: Book): State {
    return named(STATES, this.#wasm.engine_state(book.number))
  }

  orders(book: Book, side: Side, rank: number): Order[] {
    return readOrders(this.#words(this.#wasm.engine_orders?.(book.number, side === 'ask' ? 1 : 0, rank) ?? 0))
  }

  place(book: Book, orderId: string): Place | null {
    const words = this.#words(this.#wasm.engine_place?.(book.number, this.#write(orderId)) ?? 0)
    return words.length === 0 ? null : readPlace(words)
  }

  oracle(book: Book): Readonly<Record<Amend, Evidence>> | null {
    const words = this.#words(this.#wasm.engine_oracle?.(book.number) ?? 0)
    return words.length === 0 ? null : readOracle(words)
  }

  #receive(frame: string | Uint8Array, ms: number, levels: number): Outcome {
    const code = this.#wasm.engine_receive(this.#write(frame), ms, levels)
    this.#outcome = code === 0 ? IGNORED : this.#tell(code)
    return this.#outcome
  }

  #tell(code: number): Outcome {
    const [first = 0, reason = 0, known = 0, expected = 0, computed = 0] = this.#told()
    if (code < 0) {
      const text = new Uint8Array(this.#wasm.memory.buffer, reason, known)
      return { kind: 'malformed', offset: first, expected: decoder.decode(text) }
    }
    if (code < 3) {
      const book = this.#book(first)
      return code === 2 ? book.renewed : book.updated
    }
    const fault = faultOf(reason, known, expected, computed)
    if (fault === null) throw new RangeError('a desync without a reason')
    return { kind: 'desync', books: this.#desynced(), fault }
  }

  #desynced(): Book[] {
    const books: Book[] = []
    for (let number = this.#wasm.engine_desynced(0); number >= 0; ) {
      books.push(this.#book(number))
      number = this.#wasm.engine_desynced(books.length)
    }
    return books
  }

  #book(number: number): Book {
    const book = this.#books[number]
    if (book === undefined) throw new RangeError(`no book has the number ${number}`)
    return book
  }

  #told(): Uint32Array {
    // It stays where it is, but memory that has grown leaves a view of nothing behind.
    if (this.#numbers.length === 0) {
      const address = this.#wasm.engine_outcome()
      this.#numbers = new Uint32Array(this.#wasm.memory.buffer, address, 7)
    }
    return this.#numbers
  }

  #words(length: number): BigUint64Array {
    const address = length === 0 ? 0 : this.#wasm.engine_output()
    return new BigUint64Array(this.#wasm.memory.buffer, address, length)
  }

  /** Writes a text into the module's input: how many bytes that is. */
  #write(text: string | Uint8Array): number {
    if (typeof text !== 'string') {
      this.#room(text.length).set(text)
      return text.length
    }
    // What is not ASCII is longer in UTF-8, by up to three times.
    const { read, written } = encoder.encodeInto(text, this.#room(text.length))
    if (read === text.length) return written
    return encoder.encodeInto(text, this.#room(3 * text.length)).written
  }

  /** The module's input, of at least so many bytes. */
  #room(length: number): Uint8Array {
    // Memory that has grown leaves a view of nothing behind.
    if (this.#input.length < length || this.#input.length === 0) {
      const room = Math.max(4096, 2 ** Math.ceil(Math.log2(length)))
      // The address first: to make room, memory may grow, too.
      const address = this.#wasm.engine_input(room)
      this.#input = new Uint8Array(this.#wasm.memory.buffer, address, room)
    }
    return this.#input
  }
}

/** Words in a buffer of their own, or in one that is large enough for them. */
function copied(words: BigUint64Array, into: ArrayBuffer | undefined): ArrayBuffer {
  const target = into !== undefined && into.byteLength >= words.byteLength ? into : new ArrayBuffer(words.byteLength)
  new BigUint64Array(target, 0, words.length).set(words)
  return target
}
