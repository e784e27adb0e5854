/** One symbol: its book, its facts, its columns and marks, and the record from which any moment can be shown again. */

import type { EventMark, HeatColumn, Print, ProofFault } from '@havklo/kit'
import type { Wasm } from '@havklo/kraken-wasm'

import { BUCKET_MS, History, packed } from './facts.js'
import { Fold } from './fold.js'
import type { Taken } from './fold.js'
import { Scale, column } from './heat.js'
import { snapshot } from './key.js'
import { Watch } from './marks.js'
import { addressed } from './messages.js'
import type { Address } from './messages.js'
import { applied } from './proof.js'
import { Ring } from './ring.js'
import type { Bounds, Happening } from './ring.js'

const KEY_MESSAGES = 2000
const KEY_MS = 10_000
const MOST_MARKS = 500
const MOST_FAULTS = 50
const MOST_GAPS = 100
const MOST_PRINTS = 20_000

export interface TrackOptions {
  readonly symbol: string
  readonly depth: number
  readonly wasm: Wasm
  readonly bounds: Bounds
  /** Whether columns of a heatmap are made. */
  readonly heat: boolean
}

/** What has been found since it was last asked. */
export interface News {
  readonly columns: readonly HeatColumn[]
  readonly prints: readonly Print[]
  readonly marks: readonly EventMark[]
}

/** Takes in what one symbol's connection brings, in its order; times come with it. */
export class Track {
  readonly ring: Ring
  readonly history = new History()
  readonly fold: Fold
  readonly columns: HeatColumn[] = []
  readonly prints: Print[] = []
  readonly gaps: { readonly before: number; readonly missing: number | null }[] = []
  readonly marks: EventMark[] = []
  /** Newest first. */
  readonly faults: ProofFault[] = []
  missing = 0
  /** The pair's price increment in units of its last decimal. */
  tick = 1n
  /** When it was given up and why; null while it is proven, or never was. */
  lost: { readonly ms: number; readonly reason: string } | null = null
  readonly #options: TrackOptions
  readonly #scale = new Scale()
  readonly #watch = new Watch()
  #news: { columns: HeatColumn[]; prints: Print[]; marks: EventMark[] } = { columns: [], prints: [], marks: [] }
  #bucket: number | null = null
  #isBroken = true
  #keyAt = -Infinity
  #sinceKey = 0

  constructor(options: TrackOptions) {
    this.#options = options
    this.ring = new Ring(options.bounds)
    const { symbol, depth, wasm } = options
    this.fold = new Fold({
      symbol,
      depth,
      wasm,
      pulled: (reduction) => {
        const { decimals, levels } = this.fold
        if (decimals !== null) this.mark(this.#watch.pulled(reduction, levels, decimals))
      },
    })
  }

  get options(): TrackOptions {
    return this.#options
  }

  /** What came since this was last asked. */
  news(): News {
    const news = this.#news
    this.#news = { columns: [], prints: [], marks: [] }
    return news
  }

  /** Takes a message of this symbol. */
  receive(text: string, ms: number, address: Address | null = addressed(text)): Taken {
    this.roll(ms)
    const wasLive = this.fold.isLive
    this.ring.add('message', text, ms)
    const taken = this.fold.receive(text, ms, address)
    if (taken.kind === 'lost') this.#lose(taken, text, ms, wasLive)
    if (taken.kind === 'proven' || taken.kind === 'trades') this.#keepPrints(taken.prints)
    if (taken.kind === 'proven') this.#proven(ms)
    if (taken.kind === 'trades' && taken.gap !== null) {
      const { missing } = taken.gap
      this.missing += missing
      this.gaps.push(taken.gap)
      if (this.gaps.length > MOST_GAPS) this.gaps.shift()
      this.mark({ time: ms, kind: 'gap', severity: 2, label: `${missing} trades are missing` })
    }
    return taken
  }

  /** The book can't be relied on until its next snapshot. */
  suspend(reason: string, ms: number, mark: EventMark | null = null): void {
    this.roll(ms)
    this.ring.add('break', reason, ms)
    this.fold.suspend()
    this.#isBroken = true
    this.lost ??= { ms, reason }
    this.mark(mark)
  }

  /** Takes a happening of a record. */
  happen({ kind, text, ms }: Happening): void {
    if (kind === 'message') this.receive(text, ms)
    else this.suspend(text, ms, { time: ms, kind: 'disconnect', severity: 3, label: text })
  }

  /** Ends what is over at `ms`: time passes without messages, too. */
  roll(ms: number): void {
    const bucket = Math.floor(ms / BUCKET_MS)
    this.#bucket ??= bucket
    if (bucket <= this.#bucket) return
    this.fold.ledger.settle(ms)
    const kept = Math.ceil(this.#options.bounds.ms / BUCKET_MS)
    this.#end(this.#bucket)
    // After a long silence only what can be seen is made up for.
    for (let empty = Math.max(this.#bucket + 1, bucket - kept); empty < bucket; empty += 1) this.#end(empty)
    this.#bucket = bucket
  }

  #end(bucket: number): void {
    const [time, end] = [bucket * BUCKET_MS, (bucket + 1) * BUCKET_MS]
    const from = end - this.#options.bounds.ms
    this.history.add(end, this.fold.ledger.take(), from)
    const { decimals, levels, isLive } = this.fold
    const proven = isLive && !this.#isBroken
    if (isLive) this.#isBroken = false
    if (decimals === null) return
    if (isLive) this.mark(this.#watch.spread(levels, this.tick, decimals, time))
    if (!this.#options.heat) return
    const made = column(levels, this.#scale, { time, decimals, tick: this.tick, proven })
    if (made === null) return
    this.columns.push(made)
    this.#news.columns.push(made)
    if ((this.columns[0]?.time ?? time) < from - 60_000) drop(this.columns, ({ time: old }) => old < from)
  }

  #proven(ms: number): void {
    this.#sinceKey += 1
    if (this.lost !== null) {
      const { ms: since, reason } = this.lost
      this.lost = null
      const [fault] = this.faults
      if (fault !== undefined && fault.healedMs === null) this.faults[0] = { ...fault, healedMs: ms - since }
      this.mark({ time: ms, kind: 'resync', severity: 1, label: `proven again ${ms - since} ms after: ${reason}` })
    }
    if (this.#sinceKey < KEY_MESSAGES && ms - this.#keyAt < KEY_MS) return
    this.#keyAt = ms
    this.#sinceKey = 0
    const { symbol, ledger, lastTrade } = this.fold
    const { decimals, levels } = this.fold
    if (decimals === null) return
    this.ring.key({ ms, snapshot: snapshot(symbol, levels, decimals), unsettled: ledger.unsettled, lastTrade })
  }

  #lose({ fault }: Extract<Taken, { kind: 'lost' }>, text: string, ms: number, wasLive: boolean): void {
    this.#isBroken = true
    const reason = fault?.reason ?? 'malformed'
    this.lost ??= { ms, reason }
    const { levels, depth, decimals } = this.fold
    // What the last proven levels and this message come to, as the engine has computed it.
    const shown = wasLive && fault !== null && decimals !== null ? applied(levels, text, depth, decimals) : null
    const [expected, computed] = [fault?.expected ?? null, fault?.computed ?? shown?.computed ?? null]
    this.faults.unshift({ time: ms, reason, expected, computed, levels: shown?.levels ?? [], healedMs: null })
    this.faults.splice(MOST_FAULTS)
    const sums = expected === null || computed === null ? '' : `: Kraken says ${expected}, computed ${computed}`
    this.mark({ time: ms, kind: 'desync', severity: 3, label: `${reason}${sums}` })
  }

  #keepPrints(prints: readonly Print[]): void {
    const { decimals } = this.fold
    for (const print of prints) {
      this.prints.push(print)
      this.#news.prints.push(print)
      if (decimals !== null) this.mark(this.#watch.trade(print, decimals))
    }
    if (this.prints.length > MOST_PRINTS + 1000) this.prints.splice(0, this.prints.length - MOST_PRINTS)
  }

  /** Notes something to jump to. */
  mark(mark: EventMark | null): void {
    if (mark === null) return
    this.marks.push(mark)
    this.#news.marks.push(mark)
    if (this.marks.length > MOST_MARKS) this.marks.shift()
  }

  /** The facts now, as a row of integers. */
  facts(ms: number, windowMs: number): bigint[] {
    return packed(this.history.sum(ms, windowMs, this.fold.ledger.bucket))
  }
}

function drop<T>(from: T[], isOld: (each: T) => boolean): void {
  const first = from.findIndex((each) => !isOld(each))
  from.splice(0, first === -1 ? from.length : first)
}
