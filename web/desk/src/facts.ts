/** What happens at each price: trades by their side, and sizes that come and go without any. */

import { lots } from '@havklo/kraken-wasm'
import type { LevelChange, Lots, Side, Ticks } from '@havklo/kraken-wasm'

import { keyOf } from './levels.js'
import type { Key, Levels } from './levels.js'

/** Everything is counted in buckets of so many milliseconds, as are the heatmap's columns. */
export const BUCKET_MS = 250
/** A reduction and the trade that explains it come in two messages, in any order, at most so far apart. */
export const SETTLE_MS = 1000

/** What happened at one price in one bucket, or in several. */
export interface Fact {
  readonly price: Ticks
  bought: bigint
  sold: bigint
  /** Added without trades, less what was cancelled; cancelling is negative. */
  bid: bigint
  ask: bigint
}

export type Bucket = Map<Key, Fact>

/** A reduction that no trade has explained, or a trade's quantity that no reduction has shown yet. */
export interface Open {
  readonly side: Side
  readonly price: Ticks
  readonly ms: number
  left: bigint
}

/** A reduction, with what stood there before. */
export interface Reduction extends Open {
  readonly before: Lots
}

/** What of the past the next message's meaning depends on. */
export interface Unsettled {
  readonly reductions: readonly Reduction[]
  readonly credits: readonly Open[]
}

/** Tells trades, pulling and stacking apart, in the order of the messages. */
export class Ledger {
  #bucket: Bucket = new Map()
  #reductions: Reduction[] = []
  #credits: Open[] = []

  constructor(
    /** Hears of a reduction that no trade has explained in time. */
    readonly pulled: (reduction: Reduction) => void = () => undefined,
  ) {}

  /** What has happened in the bucket that is not over. */
  get bucket(): Bucket {
    return this.#bucket
  }

  /** Ends the bucket, and gives it. */
  take(): Bucket {
    const taken = this.#bucket
    this.#bucket = new Map()
    return taken
  }

  /** What is not settled yet, to go on from here elsewhere. */
  get unsettled(): Unsettled {
    const copy = <O extends Open>(open: O): O => ({ ...open })
    return { reductions: this.#reductions.map(copy), credits: this.#credits.map(copy) }
  }

  resume({ reductions, credits }: Unsettled): void {
    this.#reductions = reductions.map((open) => ({ ...open }))
    this.#credits = credits.map((open) => ({ ...open }))
  }

  /** Applies what a proven update has changed to `levels`, and counts it. */
  update(levels: Levels, changes: readonly LevelChange[], depth: number, ms: number): void {
    this.settle(ms)
    // What the exchange fills up with after a level has left is old, only its being visible is new.
    const full = { bid: levels.bid.count >= depth, ask: levels.ask.count >= depth }
    const worst = { bid: levels.bid.worst, ask: levels.ask.worst }
    for (const { side, price, qty } of changes) {
      const half = levels.half(side)
      const edge = worst[side]
      const isEdge = full[side] && edge !== null && (side === 'bid' ? price < edge : price > edge)
      const before = half.set(price, qty)
      if (isEdge || before === qty) continue
      if (qty > before) this.#fact(price)[side] += qty - before
      else this.#reduce(side, price, before, before - qty, ms)
    }
    levels.trim(depth)
  }

  /** Counts a trade: a buyer takes from the asks. */
  trade(taker: 'buy' | 'sell', price: Ticks, qty: Lots, ms: number): void {
    this.settle(ms)
    const fact = this.#fact(price)
    const side: Side = taker === 'buy' ? 'ask' : 'bid'
    fact[taker === 'buy' ? 'bought' : 'sold'] += qty
    let left: bigint = qty
    for (const reduction of this.#reductions) {
      if (reduction.side !== side || reduction.price !== price || left === 0n) continue
      const explained = reduction.left < left ? reduction.left : left
      reduction.left -= explained
      left -= explained
      // It was counted as pulled when it was seen.
      fact[side] += explained
    }
    if (left > 0n) this.#credits.push({ side, price, ms, left })
  }

  /** A fresh snapshot: what was open refers to a book that is gone. */
  forget(): void {
    this.#reductions = []
    this.#credits = []
  }

  /** Gives up what is too old to be explained. */
  settle(ms: number): void {
    const until = ms - SETTLE_MS
    for (const open of dropped(this.#reductions, until)) if (open.left > 0n) this.pulled(open)
    dropped(this.#credits, until)
  }

  #reduce(side: Side, price: Ticks, before: Lots, by: bigint, ms: number): void {
    let left = by
    for (const credit of this.#credits) {
      if (credit.side !== side || credit.price !== price || left === 0n) continue
      const explained = credit.left < left ? credit.left : left
      credit.left -= explained
      left -= explained
    }
    if (left === 0n) return
    this.#fact(price)[side] -= left
    this.#reductions.push({ side, price, ms, left, before })
  }

  #fact(price: Ticks): Fact {
    return at(this.#bucket, price)
  }
}

/** The buckets that are over, as far back as is kept. */
export class History {
  #buckets: { readonly end: number; readonly facts: Bucket; readonly traded: Bucket }[] = []

  /** Keeps a bucket that ended at `end`; those before `from` are dropped. */
  add(end: number, facts: Bucket, from: number): void {
    // Of old buckets only trades are asked for: so that they are found at once, they are kept apart.
    const traded = new Map([...facts].filter(([, { bought, sold }]) => bought !== 0n || sold !== 0n))
    if (facts.size > 0) this.#buckets.push({ end, facts, traded })
    let old = 0
    while ((this.#buckets[old]?.end ?? Infinity) <= from) old += 1
    if (old > 0) this.#buckets = this.#buckets.slice(old)
  }

  /**
   * What is known at `at`: trades of all that is kept, pulling and stacking of the last `windowMs`, with the bucket that
   * is not over.
   */
  sum(at: number, windowMs: number, current: Bucket): Bucket {
    const sum: Bucket = new Map()
    const begin = Math.floor(at / BUCKET_MS) * BUCKET_MS
    for (const { end, facts, traded } of this.#buckets) {
      if (end > begin) break
      const isRecent = end > begin - windowMs
      add(sum, isRecent ? facts : traded, isRecent)
    }
    add(sum, current, true)
    return sum
  }
}

const NONE: readonly never[] = []

/** Takes out what is older; the oldest come first. */
function dropped<O extends Open>(opens: O[], until: number): readonly O[] {
  let old = 0
  while ((opens[old]?.ms ?? Infinity) < until) old += 1
  return old === 0 ? NONE : opens.splice(0, old)
}

/** The fact of a price, made if it is not there. */
function at(facts: Bucket, price: Ticks): Fact {
  const key = keyOf(price)
  let fact = facts.get(key)
  if (fact === undefined) facts.set(key, (fact = { price, bought: 0n, sold: 0n, bid: 0n, ask: 0n }))
  return fact
}

function add(sum: Bucket, facts: Bucket, isRecent: boolean): void {
  for (const { price, bought, sold, bid, ask } of facts.values()) {
    if (bought === 0n && sold === 0n && bid === 0n && ask === 0n) continue
    const total = at(sum, price)
    total.bought += bought
    total.sold += sold
    if (!isRecent) continue
    total.bid += bid
    total.ask += ask
  }
}

/** Facts as a row of integers, five each, for a message between threads. */
export function packed(facts: Bucket): bigint[] {
  const row: bigint[] = []
  for (const { price, bought, sold, bid, ask } of facts.values()) row.push(price, bought, sold, bid, ask)
  return row
}

/** The largest `bought + sold` of a row of facts. */
export function most(row: readonly bigint[]): Lots {
  let largest = 0n
  for (let at = 0; at < row.length; at += 5) {
    const both = (row[at + 1] ?? 0n) + (row[at + 2] ?? 0n)
    if (both > largest) largest = both
  }
  return lots(largest)
}
