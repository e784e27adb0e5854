/** One symbol's trades in the order of their numbers: what is missing is noticed, repaired or named. */

import type { Trade, TradeGap } from './events.js'

export type Told = Trade | TradeGap

/**
 * What comes after a hole is held back until a snapshot, which has the last 50 trades, has filled it, or until it is
 * clear that none will: then a `TradeGap` names what is missing. So whoever reads has every trade once and in order, or
 * knows which ones he does not have.
 */
export class Tape {
  readonly #symbol: string
  readonly #hold: number
  #last: number | null = null
  #held = new Map<number, Trade>()
  #expecting = true
  #lastStamp = ''
  #since: string | null = null
  /** Since when trades are held back, or null. */
  waitingSince: number | null = null

  constructor(symbol: string, hold = 1000) {
    this.#symbol = symbol
    this.#hold = hold
  }

  /** Whether trades are missing between the last one told and one that is held back. */
  get hasHole(): boolean {
    const last = this.#toldUpTo
    if (last === null) return false
    const newer = [...this.#held.keys()].filter((number) => number > last)
    return Math.max(last, ...newer) - last > newer.length
  }

  /** The number after which nothing may be missing, or null if nothing was promised yet. */
  get #toldUpTo(): number | null {
    return this.#last === null && this.#since !== null ? 0 : this.#last
  }

  /** Learns when the subscription began, by the server's clock: from then on no trade may be lost. */
  begin(stamp: string | null): void {
    if (this.#last === null) this.#since ??= stamp
  }

  /** Holds back what comes, for a snapshot is under way that may have what was missed. */
  expectSnapshot(): void {
    this.#expecting = true
  }

  /** Takes an update: what can be told now, and whether a snapshot is needed. */
  live(trades: readonly Trade[], now: number): { readonly told: Told[]; readonly hole: boolean } {
    const told: Told[] = []
    let doubtful = false
    for (const trade of trades) {
      const last = this.#toldUpTo
      if (this.#expecting || (last !== null && trade.tradeId > last + 1)) {
        this.#held.set(trade.tradeId, trade)
        this.waitingSince ??= now
      } else if (this.#last === null || trade.tradeId === this.#last + 1) {
        this.#tell(trade, told)
        this.#release(told)
      } else {
        // Seen before; or Kraken counts anew, which a snapshot will show.
        doubtful ||= trade.timestamp > this.#lastStamp
      }
    }
    if (this.#held.size > this.#hold) {
      const recvMs = Math.max(...Array.from(this.#held.values(), (trade) => trade.recvMs))
      told.push(...this.giveUp('too many held back', recvMs))
    }
    return { told, hole: doubtful || (this.#held.size > 0 && !this.#expecting) }
  }

  /** Takes a snapshot: after it nothing is held back any more. */
  snapshot(trades: readonly Trade[]): Told[] {
    const told: Told[] = []
    const first = this.#last === null
    let known = [...this.#held.values()]
    const sorted = [...trades].sort((one, other) => one.tradeId - other.tradeId)
    const [oldest, newest] = [sorted[0], sorted.at(-1)]
    if (oldest !== undefined && newest !== undefined && this.#countsAnew(newest)) {
      const gap = { first: (this.#last ?? 0) + 1, last: null, count: null, recvMs: newest.recvMs }
      told.push({ kind: 'trade_gap', symbol: this.#symbol, reason: 'numbered anew', ...gap })
      this.#last = oldest.tradeId - 1
      known = known.filter((trade) => trade.tradeId <= newest.tradeId + this.#hold)
    }
    // What an older subscription still had to say is history like the rest of it.
    if (first && this.#since !== null) {
      known = known.map((trade) => (this.#isOld(trade) ? { ...trade, source: 'snapshot' } : trade))
    }
    if (first && oldest !== undefined && this.#isOld(oldest)) {
      // What happened before that is nobody's loss.
      this.#last = Math.min(oldest.tradeId, ...known.map((trade) => trade.tradeId)) - 1
    }
    const found = sorted.map<Trade>((trade) => ({
      ...trade,
      source: first && this.#isOld(trade) ? 'snapshot' : 'repair',
    }))
    this.#held = new Map([...found, ...known].map((trade) => [trade.tradeId, trade]))
    told.push(...this.giveUp('beyond the snapshot', newest?.recvMs ?? 0))
    return told
  }

  /** Tells all that is held back, with a gap wherever trades are missing. */
  giveUp(reason: TradeGap['reason'] = 'no snapshot came', recvMs = 0): Told[] {
    const told: Told[] = []
    const held = [...this.#held.values()].sort((one, other) => one.tradeId - other.tradeId)
    this.#held.clear()
    this.#expecting = false
    this.waitingSince = null
    for (const trade of held) {
      const [number, last] = [trade.tradeId, this.#toldUpTo]
      if (last !== null && number <= last) continue
      if (last !== null && number > last + 1) {
        // Before the first trade told nobody knows how many of those that are missing came before the promise.
        const count = this.#last === null ? null : number - last - 1
        const gap = { first: last + 1, last: number - 1, count, recvMs: recvMs || trade.recvMs }
        told.push({ kind: 'trade_gap', symbol: this.#symbol, reason, ...gap })
      }
      this.#tell(trade, told)
    }
    return told
  }

  /** Whether a trade happened before the subscription. */
  #isOld(trade: Trade): boolean {
    return this.#since === null || trade.timestamp <= this.#since
  }

  /** Whether the latest trade has a lower number than one that happened before it. */
  #countsAnew(newest: Trade): boolean {
    return this.#last !== null && newest.tradeId < this.#last && newest.timestamp > this.#lastStamp
  }

  /** Tells what was held back and now follows. */
  #release(told: Told[]): void {
    for (;;) {
      const trade = this.#last === null ? undefined : this.#held.get(this.#last + 1)
      if (trade === undefined) break
      this.#held.delete(trade.tradeId)
      this.#tell(trade, told)
    }
    if (this.#held.size === 0) this.waitingSince = null
  }

  #tell(trade: Trade, told: Told[]): void {
    this.#last = trade.tradeId
    this.#lastStamp = trade.timestamp
    told.push(trade)
  }
}
