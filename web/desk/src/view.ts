/** One symbol as the page sees it: models for widgets, of what a worker has told, now or as of where playback stands. */

import type {
  BookModel,
  EventMark,
  HeatColumn,
  HeatModel,
  IntegrityModel,
  Print,
  PriceFact,
  PriceFacts,
  Standing,
  TapeModel,
  TimelineModel,
} from '@havklo/kit'
import { Frame, lots, ticks } from '@havklo/kraken-wasm'
import type { Ticks } from '@havklo/kraken-wasm'

import type { Moment } from './cursor.js'
import { BUCKET_MS, most } from './facts.js'
import { keyOf } from './levels.js'
import type { Key } from './levels.js'
import type { Playback } from './playback.js'
import { session } from './session.js'
import type { Session } from './session.js'
import type { Change, Window } from './words.js'

const TAPE = 500
const BUBBLES = 5000
const MOST_PRINTS = 20_000
/** So many more are dropped at once: each time moves all the others. */
const MORE_PRINTS = 1000
const COLUMNS = (15 * 60_000) / BUCKET_MS

/** What a view asks of its desk. */
export interface Backstage {
  readonly playback: Playback
  window(symbol: string, window: Window): void
  giveBack(symbol: string, buffer: ArrayBuffer): void
}

/** A moment, and what widgets are given of it. */
interface Shown extends Moment {
  readonly shown: Frame | null
  readonly known: Facts
}

export class SymbolView {
  /** Grows whenever anything here has changed. */
  version = 0
  readonly #columns: HeatColumn[] = []
  #prints: Print[] = []
  #marks: EventMark[] = []
  #gaps: TapeModel['gaps'] = []
  #frame: Frame | null = null
  #previous: ArrayBuffer | null = null
  #told: Omit<Change, 'frame' | 'columns' | 'prints' | 'marks' | 'gaps' | 'facts' | 'integrity' | 'mids'> | null = null
  #facts: Facts | null = null
  #integrity: IntegrityModel
  #mids = new Float64Array(0)
  #moment: Shown | null = null
  #window: Window = 30
  readonly #made = new Map<string, { readonly version: number; readonly model: unknown }>()

  constructor(
    readonly symbol: string,
    readonly backstage: Backstage,
  ) {
    this.#integrity = unknown(symbol)
  }

  // -- what widgets are given -----------------------------------------------------------------

  get book(): BookModel {
    return this.#once('book', () => this.#book())
  }

  /** What has happened at each price; null before anything is known. */
  get facts(): PriceFacts | null {
    return this.#shownMoment?.known ?? this.#facts
  }

  get tape(): TapeModel {
    return this.#once('tape', () => {
      const { symbol, standing, frame } = this.book
      const prints = this.#upTo(this.#prints, ({ time }) => time).slice(-TAPE)
      const decimals = frame?.decimals ?? { price: 0, qty: 0 }
      return { symbol, standing, decimals, prints, gaps: this.#gaps, merge: 0, least: lots(0n), large: null, hover: null }
    })
  }

  get heat(): HeatModel {
    return this.#once('heat', () => ({
      book: this.book,
      // A column is known when its bucket is over.
      columns: this.#upTo(this.#columns, ({ time }) => time + BUCKET_MS),
      bucketMs: BUCKET_MS,
      prints: this.#upTo(this.#prints, ({ time }) => time).slice(-BUBBLES),
      bubble: null,
      scale: [50, 99.5],
      show: { heat: true, bubbles: true, profile: true },
      hover: null,
      now: this.backstage.playback.at,
    }))
  }

  get timeline(): TimelineModel {
    const { mode, from, to, at, speed } = this.backstage.playback
    return { mode, from: this.#told?.from ?? from, to, at, speed, events: this.#marks }
  }

  /** Of the connection and its engine as they are now, also while the past is shown. */
  get integrity(): IntegrityModel {
    const { standing } = this.book
    return { ...this.#integrity, standing }
  }

  /** Since the page began; null before the first trade. */
  get session(): Session | null {
    const { session: prices = null } = this.#told ?? {}
    const decimals = this.book.frame?.decimals
    return prices === null || decimals === undefined ? null : session(prices, decimals.price)
  }

  get events(): readonly EventMark[] {
    return this.#marks
  }

  /** Mid prices of the last minute, one a second, for drawing. */
  get card(): { readonly mids: Float64Array; readonly count: number } {
    return { mids: this.#mids, count: this.#mids.length }
  }

  /** How far back pulling and stacking look, in seconds. */
  window(seconds: Window): void {
    if (seconds === this.#window) return
    this.#window = seconds
    this.backstage.window(this.symbol, seconds)
  }

  // -- what comes in --------------------------------------------------------------------------

  change(change: Change): void {
    const { frame, columns, prints, marks, gaps, facts, integrity, mids, ...told } = change
    if (change.isFresh) {
      this.#columns.length = 0
      this.#prints = []
      this.#marks = []
    }
    this.#told = told
    this.#columns.push(...columns)
    if (this.#columns.length > COLUMNS) this.#columns.splice(0, this.#columns.length - COLUMNS)
    this.#prints.push(...prints)
    if (this.#prints.length > MOST_PRINTS + MORE_PRINTS) this.#prints.splice(0, this.#prints.length - MOST_PRINTS)
    if (marks.length > 0) this.#marks = [...this.#marks, ...marks].slice(-BUBBLES)
    if (gaps !== null) this.#gaps = gaps
    if (facts !== null) this.#facts = new Facts(facts, this.#window)
    if (integrity !== null) this.#integrity = integrity
    if (mids !== null) this.#mids = Float64Array.from(mids)
    if (frame !== null) this.#show(frame)
    this.version += 1
  }

  moment(moment: Moment): void {
    const shown = moment.frame === null ? null : new Frame(moment.frame)
    this.#moment = { ...moment, shown, known: new Facts(moment.facts, this.#window) }
    this.version += 1
  }

  /** Something about time has changed that no worker tells. */
  touch(): void {
    if (this.backstage.playback.mode === 'live') this.#moment = null
    this.version += 1
  }

  // -- its own --------------------------------------------------------------------------------

  get #shownMoment(): Shown | null {
    return this.backstage.playback.mode === 'live' ? null : this.#moment
  }

  #book(): BookModel {
    const { symbol } = this
    const moment = this.#shownMoment
    const { standing = 'connecting', reason = '', provenMs = null, tick = 1n, to = null } = this.#told ?? {}
    if (moment !== null) {
      const { shown: frame, reason: was, at, provenMs: since } = moment
      const past: Standing = frame === null ? 'connecting' : was === '' ? 'replay' : 'resync'
      return { symbol, standing: past, reason: was, frame, ageMs: Math.max(0, at - since), tick }
    }
    const { mode, hasMarket } = this.backstage.playback
    // What a recording ends with is not shown before its turn has come.
    if (!hasMarket) return { symbol, standing: 'connecting', reason: '', frame: null, ageMs: 0, tick }
    const ageMs = provenMs === null || to === null ? 0 : Math.max(0, to - provenMs)
    // Paused where no moment has been told yet: it is the past all the same.
    const isPast = mode !== 'live' && standing === 'live'
    return { symbol, standing: isPast ? 'replay' : standing, reason, frame: this.#frame, ageMs, tick }
  }

  #show(buffer: ArrayBuffer): void {
    // A widget may still look at the one before, so it goes back one later.
    if (this.#previous !== null) this.backstage.giveBack(this.symbol, this.#previous)
    this.#previous = this.#frame?.buffer ?? null
    this.#frame = new Frame(buffer)
  }

  /** What was there already where playback stands; everything if it is live. */
  #upTo<T>(all: T[], time: (each: T) => number): T[] {
    const { mode, at } = this.backstage.playback
    if (mode === 'live') return all
    let [low, high] = [0, all.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const there = all[middle]
      if (there !== undefined && time(there) <= at) low = middle + 1
      else high = middle
    }
    return all.slice(0, low)
  }

  #once<T>(name: string, make: () => T): T {
    const known = this.#made.get(name)
    // Of one name there are only models of one kind.
    if (known?.version === this.version) return known.model as T
    const model = make()
    this.#made.set(name, { version: this.version, model })
    return model
  }
}

class Facts implements PriceFacts {
  readonly most
  readonly #at = new Map<Key, PriceFact>()
  readonly #prices: Ticks[] = []

  constructor(
    row: readonly bigint[],
    readonly window: Window,
  ) {
    this.most = most(row)
    for (let at = 0; at < row.length; at += 5) {
      const [price = 0n, bought = 0n, sold = 0n, bid = 0n, ask = 0n] = row.slice(at, at + 5)
      this.#prices.push(ticks(price))
      this.#at.set(keyOf(price), { bought: lots(bought), sold: lots(sold), bid, ask })
    }
  }

  at(price: Ticks): PriceFact | null {
    return this.#at.get(keyOf(price)) ?? null
  }

  prices(): Iterable<Ticks> {
    return this.#prices
  }
}

function unknown(symbol: string): IntegrityModel {
  const counts = { messages: 0, verified: 0, desyncs: 0, checksumFaults: 0, resyncs: 0, gaps: 0, reconnects: 0 }
  const rest = { checksum: null, levels: [], verifyUs: null, rttMs: null, perSecond: 0, faults: [] }
  return { symbol, standing: 'connecting', ...counts, ...rest }
}
