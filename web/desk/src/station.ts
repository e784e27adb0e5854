/** One symbol in the worker: its track, what has been told of it, and the buffers that go back and forth. */

import type { IntegrityModel, Standing } from '@havklo/kit'
import { Frame, approximate } from '@havklo/kraken-wasm'
import type { Side, Wasm } from '@havklo/kraken-wasm'

import { Cursor } from './cursor.js'
import { Gauge } from './gauge.js'
import type { Address } from './messages.js'
import { PROVEN, covered } from './proof.js'
import { Track } from './track.js'
import type { Change, Detail, EngineReport, SessionPrices, Window } from './words.js'

/** So many buffers of a symbol are on their way, shown, or being filled. */
const BUFFERS = 3
const FACTS_MS = 100
const HEALTH_MS = 250
const MIDS = 60
const CARD_LEVELS = 20

export interface StationOptions {
  readonly symbol: string
  readonly depth: number
  readonly wasm: Wasm
  readonly detail: Detail
  readonly bytes: number
  readonly reachMs: number
}

/** What only the connection knows of a symbol. */
export interface Link {
  readonly standing: Standing
  readonly reason: string
  readonly rttMs: number | null
  readonly reconnects: number
}

/** Keeps one symbol. */
export class Station {
  readonly gauge = new Gauge()
  track: Track
  cursor: Cursor
  isWatched = false
  isKilled = false
  window: Window = 30
  readonly #options: StationOptions
  readonly #pool: ArrayBuffer[] = []
  #made = 0
  #provenMs: number | null = null
  #isFresh = true
  #isDirty = true
  #hasNewFrame = false
  #factsAt = -Infinity
  #healthAt = -Infinity
  #gaps = 0
  #resyncs = 0
  #sum: Pick<IntegrityModel, 'checksum' | 'levels'> = { checksum: null, levels: [] }
  #session: SessionPrices | null = null
  readonly #mids: number[] = []
  #second = NaN

  constructor(options: StationOptions) {
    this.#options = options
    this.track = this.#begin()
    this.cursor = new Cursor(this.track)
  }

  get symbol(): string {
    return this.#options.symbol
  }

  #begin(): Track {
    const { symbol, depth, wasm, detail, bytes, reachMs } = this.#options
    return new Track({ symbol, depth, wasm, bounds: { bytes, ms: reachMs }, heat: detail === 'full' })
  }

  /** Ends its engine, with all it has kept; or begins anew. */
  kill(): void {
    this.isKilled = true
    this.#isDirty = true
  }

  restart(): void {
    const { tick } = this.track
    this.track = this.#begin()
    this.track.tick = tick
    this.cursor = new Cursor(this.track)
    this.isKilled = false
    this.#isFresh = true
    this.#isDirty = true
    this.#session = null
  }

  /** Takes a message in; `micros` tells the time. */
  receive(text: string, ms: number, address: Address, micros: () => number): void {
    if (this.isKilled) return
    const began = micros()
    const taken = this.track.receive(text, ms, address)
    this.gauge.note(ms, micros() - began)
    this.#isDirty = true
    if (taken.kind === 'proven') {
      this.#provenMs = ms
      this.#hasNewFrame = true
      if (taken.snapshot && this.track.marks.at(-1)?.kind === 'resync') this.#resyncs += 1
      this.#mid(ms)
    }
    if (taken.kind === 'proven' || taken.kind === 'trades')
      for (const { price } of taken.prints) {
        const { open = price, high = price, low = price } = this.#session ?? {}
        this.#session = { open, high: price > high ? price : high, low: price < low ? price : low, last: price }
      }
  }

  dirty(): void {
    this.#isDirty = true
  }

  /** Takes a buffer back that the page no longer shows. */
  giveBack(buffer: ArrayBuffer): void {
    if (this.#pool.length < BUFFERS) this.#pool.push(buffer)
  }

  /** The page looks from now on, and is told everything that is kept. */
  watch(): void {
    this.isWatched = true
    this.#isFresh = true
    this.#isDirty = true
    this.#hasNewFrame = this.#provenMs !== null
    this.#factsAt = this.#healthAt = -Infinity
  }

  /** What is to be told now; null if there is nothing new. */
  change(now: number, link: Link): Change | null {
    const isHealthDue = now - this.#healthAt >= HEALTH_MS
    // Who begins to look is told everything, so that what is new for nobody need not be kept.
    if (!this.isWatched) this.track.news()
    if (!this.isWatched || (!this.#isDirty && !isHealthDue)) return null
    this.track.roll(now)
    const isFresh = this.#isFresh
    const news = this.track.news()
    const { columns, prints, marks } = isFresh ? this.track : news
    const isFactsDue = now - this.#factsAt >= FACTS_MS
    this.#isFresh = false
    const frame = this.#frame()
    // Without a free buffer the newest book follows as soon as one is given back.
    this.#isDirty = this.#hasNewFrame
    if (isHealthDue) this.#healthAt = now
    if (isFactsDue) this.#factsAt = now
    const haveGaps = isFresh || this.#gaps !== this.track.missing
    this.#gaps = this.track.missing
    const standing = this.standing(link)
    return {
      symbol: this.symbol,
      isFresh,
      frame,
      standing,
      reason: standing === 'live' ? '' : this.#reason(link),
      provenMs: this.#provenMs,
      tick: this.track.tick,
      columns: [...columns],
      prints: [...prints],
      marks: [...marks],
      gaps: haveGaps ? [...this.track.gaps] : null,
      facts: isFactsDue && this.#options.detail === 'full' ? this.track.facts(now, 1000 * this.window) : null,
      integrity: isHealthDue || isFresh ? this.integrity(now, link) : null,
      session: this.#session,
      mids: isHealthDue || isFresh ? [...this.#mids] : null,
      from: this.track.ring.from,
      to: now,
    }
  }

  /** Live only if the connection and this engine both say so. */
  standing(link: Link): Standing {
    if (this.isKilled) return 'closed'
    if (link.standing !== 'live') return link.standing
    return this.track.fold.isLive ? 'live' : this.#provenMs === null ? 'connecting' : 'resync'
  }

  #reason(link: Link): string {
    if (this.isKilled) return 'its engine was ended'
    return this.track.lost?.reason ?? (link.reason === '' ? 'a fresh snapshot is on its way' : link.reason)
  }

  integrity(now: number, link: Link): IntegrityModel {
    const { fold, faults, missing } = this.track
    const header = new Frame(fold.frame(0))
    if (fold.isLive) {
      const shown = new Frame(fold.frame(PROVEN))
      this.#sum = { checksum: shown.checksum, levels: covered(shown) }
    }
    return {
      symbol: this.symbol,
      standing: this.standing(link),
      messages: header.messages,
      verified: header.verified,
      desyncs: header.desyncs,
      checksumFaults: header.checksumFaults,
      resyncs: this.#resyncs,
      gaps: missing,
      reconnects: link.reconnects,
      ...this.#sum,
      verifyUs: this.gauge.micros,
      rttMs: link.rttMs,
      perSecond: this.gauge.perSecond(now),
      faults: [...faults],
    }
  }

  report(now: number, link: Link): EngineReport {
    return {
      symbol: this.symbol,
      standing: this.standing(link),
      memory: this.isKilled ? 0 : this.track.fold.memory,
      messages: this.gauge.messages,
      perSecond: this.gauge.perSecond(now),
      verifyUs: this.gauge.micros?.average ?? null,
    }
  }

  #frame(): ArrayBuffer | null {
    const { fold } = this.track
    if (!this.#hasNewFrame || !fold.isLive) return null
    const pooled = this.#pool.pop()
    if (pooled === undefined && this.#made >= BUFFERS) return null
    if (pooled === undefined) this.#made += 1
    this.#hasNewFrame = false
    return fold.frame(this.#options.detail === 'card' ? CARD_LEVELS : undefined, pooled)
  }

  /** One mid price a second, the last of it. */
  #mid(ms: number): void {
    const { fold } = this.track
    const best = (side: Side) => fold.levels.half(side).best
    const [bid, ask] = [best('bid'), best('ask')]
    if (bid === null || ask === null || fold.decimals === null) return
    const mid = approximate(bid + ask, fold.decimals.price) / 2
    const second = Math.floor(ms / 1000)
    if (second === this.#second) this.#mids[this.#mids.length - 1] = mid
    else this.#mids.push(mid)
    // A second without a message has the price of the one before: nothing has moved.
    this.#second = second
    if (this.#mids.length > MIDS) this.#mids.splice(0, this.#mids.length - MIDS)
  }
}
