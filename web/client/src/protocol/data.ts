/** What becomes of a connection's data: books that engines prove or lose, trades, and all that has no checksum. */

import { deliver, emit } from './actions.js'
import type { Action } from './actions.js'
import type { Row, Trade } from './events.js'
import type { Life } from './life.js'
import type { Lives } from './lives.js'
import type { Activity, Lost, Proven, Rows } from './messages.js'
import { earliest } from './pings.js'
import type { Tape } from './tape.js'
import type { Timings } from './timings.js'
import type { ChannelName } from './topic.js'

const SNAPSHOTS_ASKED = 3 // how often a snapshot is asked for that could fill a hole in the trades

/** Moves lives by what the channels say. */
export class Data {
  readonly #lives: Lives
  readonly #timings: Timings
  #checkAt: number | null = null

  constructor(lives: Lives, timings: Timings) {
    this.#lives = lives
    this.#timings = timings
  }

  /** When to look for unusual silences. */
  get due(): number | null {
    return this.#checkAt
  }

  start(now: number): void {
    this.#checkAt = now + this.#timings.quietEvery
  }

  stop(): void {
    this.#checkAt = null
  }

  // -- books ----------------------------------------------------------------------------------

  /** Takes the engine's word that a book message is verified. */
  proven({ channel, symbol, snapshot, crossed }: Proven, now: number): Action[] {
    const life = this.#lives.get(channel, symbol)
    if (life === undefined) return []
    const { phase } = life
    if (phase === 'unsubscribing' || phase === 'queued' || (phase === 'subscribing' && life.unconfirmed)) {
      // The old subscription still speaks; its successor's snapshot is what counts.
      return [{ do: 'suspend', symbols: [symbol], reason: 'resyncing' }, { do: 'discard' }]
    }
    if (!snapshot) {
      this.#countUpdate(life)
      return []
    }
    if (life.isLive) return []
    const actions = this.#lives.revive(life, now)
    return crossed ? [...actions, emit({ kind: 'crossed_book', symbol })] : actions
  }

  /** Takes the engine's word that books are desynchronised; gives those that have failed too often to go on. */
  lost({ channel, symbols, reason, resync }: Lost, now: number): Life[] {
    const hopeless: Life[] = []
    for (const symbol of symbols) {
      const life = this.#lives.get(channel, symbol)
      if (life === undefined || !life.wanted) continue
      if (life.phase === 'subscribing') {
        if (life.countBadSnapshot(reason)) hopeless.push(life)
        else life.resync(now)
      } else if (this.#lives.lose(life, reason, now)) {
        if (resync) life.resync(now)
        else life.report()
        this.#lives.watch(life)
      }
    }
    return hopeless
  }

  // -- channels without checksums -------------------------------------------------------------

  /** Takes events of a channel; those of a symbol that is not wanted are of no interest. */
  rows(message: Rows, now: number): Action[] {
    const actions: Action[] = []
    for (const [symbol, rows] of bySymbol(message)) {
      const life = this.#lives.get(message.channel, symbol)
      if (life === undefined || !life.wanted || rows.some((row) => isStranger(row, life))) continue
      life.hear(now)
      if (life.tape !== null) {
        const trades = rows.filter((row) => row.kind === 'trade')
        actions.push(...this.#trades(life, life.tape, trades, message.snapshot, now))
        continue
      }
      actions.push(...deliver(life.topic, rows))
      if (life.phase === 'subscribing' && (message.snapshot || (life.isSparse && life.acked))) {
        actions.push(...this.#lives.revive(life, now))
      } else {
        this.#countUpdate(life)
      }
    }
    return actions
  }

  /** Loses all topics of a channel, for a message of one of them could not be read. */
  unreadable(channel: string, now: number): void {
    for (const life of this.#lives.all()) {
      if (life.topic.channel === channel) this.#lives.breakOff(life, 'malformed', now)
    }
  }

  /** Goes on with trades or candles of which no snapshot came: there may never have been a trade on this pair. */
  withoutSnapshot(life: Life, now: number): Action[] {
    if (life.tape?.hasHole === true && life.attempts < SNAPSHOTS_ASKED) {
      life.trouble = 'acknowledged, but no snapshot came'
      life.resync(now)
      return []
    }
    return [...deliver(life.topic, life.tape?.giveUp() ?? []), ...this.#lives.revive(life, now)]
  }

  // -- time -----------------------------------------------------------------------------------

  /** Tells what has been held back for long enough. */
  overdueTrades(now: number): Action[] {
    return this.#holding()
      .filter(({ until }) => now >= until)
      .flatMap(({ life, tape }) => deliver(life.topic, tape.giveUp()))
  }

  /** When trades will have been held back for long enough. */
  deadline(): number | null {
    return earliest(this.#holding().map(({ until }) => until))
  }

  /** Looks whether a topic is unusually silent; of books, asks. */
  lookForSilence(now: number): Action[] {
    if (this.#checkAt === null || now < this.#checkAt) return []
    this.#checkAt = now + this.#timings.quietEvery
    const actions: Action[] = []
    const books = new Map<ChannelName, string[]>()
    for (const life of this.#lives.all()) {
      if (!life.isLive) continue
      const { channel, symbol } = life.topic
      if (life.isBook) books.set(channel, [...(books.get(channel) ?? []), symbol])
      else actions.push(...this.#judge(life, life.messages, now - life.heardAt, now))
    }
    for (const [channel, symbols] of books) actions.push({ do: 'check', symbols, channel })
    return actions
  }

  /** Takes the answer about the books. */
  activity({ channel, books }: Activity, now: number): Action[] {
    return [...books].flatMap(([symbol, { messages, age }]) => {
      const life = this.#lives.get(channel, symbol)
      return life?.isLive === true ? this.#judge(life, messages, age, now) : []
    })
  }

  #judge(life: Life, messages: number, age: number, now: number): Action[] {
    if (!life.rhythm.isUnusual(messages, age, now)) return []
    this.#lives.breakOff(life, 'silent', now)
    return [emit({ kind: 'silent', symbol: life.topic.symbol, channel: life.topic.channel, silentMs: age })]
  }

  #trades(life: Life, tape: Tape, trades: readonly Trade[], snapshot: boolean, now: number): Action[] {
    if (snapshot) {
      const told = deliver(life.topic, tape.snapshot(trades))
      return life.phase === 'subscribing' ? [...told, ...this.#lives.revive(life, now)] : told
    }
    const { told, hole } = tape.live(trades, now)
    if (hole) this.#lives.breakOff(life, 'gap', now)
    else this.#countUpdate(life)
    return deliver(life.topic, told)
  }

  #countUpdate(life: Life): void {
    if (life.phase !== 'settling') return
    life.countUpdate()
    this.#lives.watch(life)
  }

  /** The topics whose trades are held back, and until when; those of one that nobody wants will never be told. */
  #holding(): { readonly life: Life; readonly tape: Tape; readonly until: number }[] {
    return this.#lives.all().flatMap((life) => {
      const { tape, wanted } = life
      if (tape === null || tape.waitingSince === null || !wanted) return []
      return [{ life, tape, until: tape.waitingSince + this.#timings.tradesWithin }]
    })
  }
}

/** Whether a candle is of another interval, that has just been taken back for this one. */
function isStranger(row: Row, life: Life): boolean {
  return row.kind === 'ohlc' && row.interval !== life.topic.interval
}

/** Sorts a message's rows by symbol, for a snapshot may be of several; the list of instruments is nobody's. */
function bySymbol({ rows }: Rows): Map<string, Row[]> {
  const sorted = new Map<string, Row[]>()
  for (const row of rows) {
    const symbol = row.kind === 'instrument' ? '' : row.symbol
    const others = sorted.get(symbol)
    if (others === undefined) sorted.set(symbol, [row])
    else others.push(row)
  }
  return sorted
}
