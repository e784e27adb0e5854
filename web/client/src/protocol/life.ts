/** One topic's life on one connection: wanted, asked for, proven, lost, taken back and asked for again. */

import { Backoff } from './backoff.js'
import { Rhythm } from './silence.js'
import { Tape } from './tape.js'
import type { Timings } from './timings.js'
import { isBook, key } from './topic.js'
import type { Topic } from './topic.js'

/**
 * Where a life stands.
 *
 * - `queued`: not on the wire; a subscribe goes out when it is due.
 * - `subscribing`: asked for; a verified snapshot is awaited.
 * - `settling`: live, with verified updates still to come before a loss counts as a new one.
 * - `live`: live and settled.
 * - `broken`: on the wire but lost; an unsubscribe goes out when it is due, or when the connection speaks again.
 * - `reported`: on the wire but lost, and left to the user.
 * - `unsubscribing`: taken back; the ack is awaited.
 */
export type Phase = 'queued' | 'subscribing' | 'settling' | 'live' | 'broken' | 'reported' | 'unsubscribing'

/** The state of one topic. Its session moves it; each method is one move. */
export class Life {
  readonly #timings: Timings
  readonly #random: () => number
  readonly #backoff: Backoff
  #liveSince = 0
  #badSnapshots = 0
  #updatesLeft = 0
  #restartedAt: number | null = null

  topic: Topic
  /** The topic as it was asked for; with other options than `topic` if those have been wanted since. */
  asked: Topic
  phase: Phase = 'queued'
  /** When the phase ends by itself. */
  due: number | null
  /** False once the user has taken it back; it then only awaits the ack. */
  wanted = true
  /** How long it may take to be live for the first time, and when it fails if it has not been so by then. */
  timeout = 0
  giveUpAt: number | null = null
  /** Whether it has ever been live; trades and candles are so once they are acknowledged. */
  complete = false
  /** Whether it was live and is not any more, and since when. */
  lost = false
  lostAt = 0
  /** The id of the latest request for it, and whether its ack has come. */
  reqId: number | null = null
  acked = false
  /** What broke it; what stood in the way of the latest attempt. */
  reason = ''
  trouble: string | null = null
  /** Whether its last unsubscribe was never acknowledged: until the next ack, what comes may belong to the old one. */
  unconfirmed = false
  /** How many subscribes went out since it was lost. */
  attempts = 0
  rhythm: Rhythm
  /** How many messages it has had, unless an engine counts them; when the latest of them came. */
  messages = 0
  heardAt = 0
  /** Its trades, for the channel that has them. */
  tape: Tape | null = null
  /** The token that it was last asked for with, and whether that was a fresh one because the one before was refused. */
  token: string | null = null
  renewed = false

  constructor(topic: Topic, now: number, timeout: number, timings: Timings, random: () => number) {
    this.#timings = timings
    this.#random = random
    this.#backoff = new Backoff(random)
    this.topic = this.asked = topic
    this.rhythm = new Rhythm(timings)
    this.due = now
    this.renew(topic, now, timeout)
  }

  get key(): string {
    return key(this.topic.channel, this.topic.symbol)
  }

  get isBook(): boolean {
    return isBook(this.topic)
  }

  /** Whether it may have nothing to say: a pair without trades has no snapshot of trades or candles. */
  get isSparse(): boolean {
    return this.topic.channel === 'trade' || this.topic.channel === 'ohlc'
  }

  get isLive(): boolean {
    return this.phase === 'settling' || this.phase === 'live'
  }

  get isOnTheWire(): boolean {
    return this.phase !== 'queued' && this.phase !== 'unsubscribing'
  }

  /** Begins as if never wanted before; an unsubscribe under way is still awaited. */
  renew(topic: Topic, now: number, timeout: number): void {
    this.topic = topic
    this.timeout = timeout
    this.wanted = true
    this.complete = this.lost = this.acked = this.unconfirmed = this.renewed = false
    this.giveUpAt = now + timeout
    this.reason = ''
    this.trouble = this.#restartedAt = null
    this.attempts = this.messages = this.#badSnapshots = this.#updatesLeft = 0
    this.lostAt = this.heardAt = this.#liveSince = now
    this.#backoff.reset()
    this.rhythm = new Rhythm(this.#timings)
    this.tape = topic.channel === 'trade' ? new Tape(topic.symbol) : null
  }

  /** Waits for a subscribe to go out: at `due`, or (null) until others of the same request are ready. */
  queue(due: number | null): void {
    this.phase = 'queued'
    this.due = due
  }

  /** A subscribe went out, with a token if it needs one. */
  ask(reqId: number, now: number, token: string | null): void {
    this.phase = 'subscribing'
    this.due = now + this.#timings.snapshot
    this.reqId = reqId
    this.acked = false
    this.asked = this.topic
    this.token = token
    this.attempts += 1
    this.tape?.expectSnapshot()
  }

  /** The subscribe is acknowledged, at this time of the server's. */
  answered(stamp: string | null, now: number): void {
    this.acked = true
    this.unconfirmed = this.renewed = false
    this.tape?.begin(stamp)
    if (this.isSparse && this.due !== null) this.due = Math.min(this.due, now + this.#timings.tradesSnapshot)
  }

  /** An unsubscribe went out. */
  takeBack(reqId: number, now: number): void {
    this.phase = 'unsubscribing'
    this.due = now + this.#timings.unsubscribeAck
    this.reqId = reqId
    this.acked = false
    this.#restartedAt = now
  }

  /** A verified snapshot came: for how long the topic was not live. */
  prove(now: number): number {
    const { reproveEvery, settleUpdates } = this.#timings
    this.phase = 'settling'
    // Shortened at random, so that books which were subscribed together are not all away together.
    this.due = this.isBook && reproveEvery !== null ? now + reproveEvery * (1 - this.#random() / 4) : null
    this.#updatesLeft = settleUpdates
    this.#badSnapshots = 0
    this.lost = false
    this.#liveSince = now
    this.fulfil()
    this.rhythm.begin(now)
    return now - this.lostAt
  }

  /** It is what the user has asked for. */
  fulfil(): void {
    this.complete = true
    this.giveUpAt = this.trouble = null
  }

  /** A verified update came: after enough of them the next loss counts as a new one. */
  countUpdate(): void {
    this.#updatesLeft -= 1
    if (this.#updatesLeft > 0) return
    this.phase = 'live'
    this.#backoff.reset()
  }

  /** A message of a channel came that no engine keeps. */
  hear(now: number): void {
    this.messages += 1
    this.heardAt = now
  }

  /** A live topic is not proven any more. */
  lose(reason: string, now: number): void {
    // A quiet one has few updates to settle by.
    if (this.phase === 'settling' && now - this.#liveSince >= this.#timings.settleWithin) this.#backoff.reset()
    this.reason = reason
    this.attempts = 0
    this.lostAt = now
    this.lost = true
  }

  /** Leaves a lost topic to the user. */
  report(): void {
    this.phase = 'reported'
    this.due = null
  }

  /** Holds a lost topic's resync back until its connection speaks again. */
  awaitSignOfLife(): void {
    this.phase = 'broken'
    this.due = null
  }

  /** Plans the next resync: at once the first time, then ever later. */
  resync(now: number): void {
    this.phase = 'broken'
    this.due = this.#nextAttempt(now)
  }

  /** Plans a resync that no fault has caused. */
  resyncAtOnce(now: number): void {
    this.phase = 'broken'
    this.due = now
  }

  /** Plans a request again that was refused because there were too many. */
  slowDown(trouble: string, now: number): void {
    this.trouble = trouble
    // Who was just told to be slower does not come back at once.
    if (this.#backoff.attempts === 0) this.#backoff.next()
    if (this.phase === 'unsubscribing') this.resync(now)
    else this.queue(this.#nextAttempt(now))
  }

  /** A snapshot failed; true if a new subscription should be given up for it. */
  countBadSnapshot(reason: string): boolean {
    this.#badSnapshots += 1
    this.trouble = `its snapshot failed: ${reason}`
    return !this.complete && this.#badSnapshots >= this.#timings.badSnapshots
  }

  #nextAttempt(now: number): number {
    const at = now + this.#backoff.next()
    return this.#restartedAt === null ? at : Math.max(at, this.#restartedAt + this.#timings.resyncFloor)
  }
}
