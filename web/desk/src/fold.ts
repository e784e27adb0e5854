/** One symbol's book and facts as its messages make them, one after the other: live and in playback the very same. */

import { scaled } from '@havklo/client'
import type { Trade } from '@havklo/client/protocol'
import type { Print } from '@havklo/kit'
import { Engine, Frame, lots, ticks } from '@havklo/kraken-wasm'
import type { Book, Decimals, Fault, LevelChange, Wasm } from '@havklo/kraken-wasm'

import { Ledger } from './facts.js'
import type { Reduction } from './facts.js'
import { snapshot } from './key.js'
import { Levels } from './levels.js'
import { addressed, trades } from './messages.js'
import type { Address } from './messages.js'
import type { Key } from './ring.js'

/** Trades that came before the book has told their decimals; more than these nobody sends in one snapshot. */
const MOST_EARLY = 1000

/** What a message has come to. */
export type Taken =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'proven'; readonly snapshot: boolean; readonly prints: readonly Print[] }
  | { readonly kind: 'lost'; readonly fault: Fault | null }
  | { readonly kind: 'trades'; readonly prints: readonly Print[]; readonly gap: Gap | null }

/** Trades that are missing before one. */
export interface Gap {
  readonly before: number
  readonly missing: number
}

const NOTHING: Taken = { kind: 'nothing' }

export interface FoldOptions {
  readonly symbol: string
  readonly depth: number
  readonly wasm: Wasm
  readonly pulled?: (reduction: Reduction) => void
}

/** Takes messages in; it reads no clock. */
export class Fold {
  readonly symbol: string
  readonly depth: number
  readonly levels = new Levels()
  readonly ledger: Ledger
  /** The decimals of prices and quantities; null before the first book. */
  decimals: Decimals | null = null
  /** The number of the last trade. */
  lastTrade: number | null = null
  readonly #wasm: Wasm
  readonly #engine: Engine
  readonly #book: Book
  #early: Trade[] = []

  constructor({ symbol, depth, wasm, pulled }: FoldOptions) {
    this.symbol = symbol
    this.depth = depth
    this.ledger = new Ledger(pulled)
    this.#wasm = wasm
    this.#engine = new Engine(wasm)
    const tracked = this.#engine.track(symbol, { depth })
    if (!tracked.ok) throw new RangeError(`${symbol} can't be kept at a depth of ${depth}`)
    this.#book = tracked.value
  }

  get isLive(): boolean {
    return this.#book.state === 'live'
  }

  /** Bytes of memory of its engine. */
  get memory(): number {
    return this.#engine.memory
  }

  /** The book now, with its counters; it has levels only while it is live. */
  frame(levels?: number, into?: ArrayBuffer): ArrayBuffer {
    const buffer = this.#engine.frame(this.#book, levels, into)
    if (buffer === null) throw new RangeError('a tracked book has a frame')
    return buffer
  }

  /** The book as it was proven last; null if it never was. */
  proven(levels?: number): ArrayBuffer | null {
    if (this.isLive) return this.frame(levels)
    if (this.decimals === null) return null
    // A book that is not live shows no levels; another engine proves those that are remembered.
    const other = new Fold({ symbol: this.symbol, depth: this.depth, wasm: this.#wasm })
    other.receive(snapshot(this.symbol, this.levels, this.decimals), 0)
    return other.isLive ? other.frame(levels) : null
  }

  /** Goes on from a key frame. */
  resume(key: Key): void {
    this.receive(key.snapshot, key.ms)
    this.ledger.take()
    this.ledger.resume(key.unsettled)
    this.lastTrade = key.lastTrade
  }

  /** The book is no longer to be relied on: it awaits a snapshot. */
  suspend(): void {
    this.#engine.suspend(this.#book)
    this.ledger.forget()
  }

  /** Takes a message in; who has looked whose it is hands that over. */
  receive(text: string, ms: number, address: Address | null = addressed(text)): Taken {
    if (address?.channel === 'trade') return address.symbol === this.symbol ? this.#trades(trades(text, ms), ms) : NOTHING
    return address === null ? NOTHING : this.#message(text, ms)
  }

  #message(text: string, ms: number): Taken {
    const outcome = this.#engine.apply(text, ms)
    switch (outcome.kind) {
      case 'ignored':
        return NOTHING
      case 'malformed':
        // Nobody can say what it would have changed.
        this.suspend()
        return { kind: 'lost', fault: null }
      case 'desync':
        this.ledger.forget()
        return { kind: 'lost', fault: outcome.fault }
      case 'update':
        return { kind: 'proven', snapshot: outcome.snapshot, prints: this.#proven(outcome.snapshot, ms) }
    }
  }

  #proven(isSnapshot: boolean, ms: number): readonly Print[] {
    if (!isSnapshot) {
      const changes = this.#engine.changes().filter((change): change is LevelChange => change.kind === 'level')
      this.ledger.update(this.levels, changes, this.depth, ms)
      return []
    }
    const frame = new Frame(this.frame())
    this.decimals = frame.decimals
    this.ledger.forget()
    this.levels.load(frame)
    const early = this.#early
    this.#early = []
    return early.length === 0 ? [] : this.#print(early, frame.decimals, null)
  }

  #trades(rows: readonly Trade[], ms: number): Taken {
    const { lastTrade: last } = this
    const fresh = rows.filter(({ tradeId }) => last === null || tradeId > last).sort((a, b) => a.tradeId - b.tradeId)
    const [first, newest] = [fresh[0], fresh.at(-1)]
    if (first === undefined || newest === undefined) return NOTHING
    this.lastTrade = newest.tradeId
    const missing = last === null ? 0 : first.tradeId - last - 1
    const gap = missing > 0 ? { before: first.tradeId, missing } : null
    if (this.decimals === null) {
      this.#early = [...this.#early, ...fresh].slice(-MOST_EARLY)
      return { kind: 'trades', prints: [], gap }
    }
    // The first ones happened before anybody looked: they have changed nothing here.
    return { kind: 'trades', prints: this.#print(fresh, this.decimals, last === null ? null : ms), gap }
  }

  #print(rows: readonly Trade[], decimals: Decimals, ms: number | null): readonly Print[] {
    return rows.flatMap(({ tradeId, side, price, qty, ordType, timestamp }): Print[] => {
      const [at, size] = [scaled(price, decimals.price), scaled(qty, decimals.qty)]
      if (at === null || size === null) return []
      const taker = side === 'sell' ? 'sell' : 'buy'
      const print: Print = {
        id: tradeId,
        time: Date.parse(timestamp),
        side: taker,
        price: ticks(at),
        qty: lots(size),
        type: ordType === 'limit' ? 'limit' : 'market',
      }
      if (ms !== null) this.ledger.trade(taker, print.price, print.qty, ms)
      return [print]
    })
  }
}
