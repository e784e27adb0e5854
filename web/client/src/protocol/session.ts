/** One connection's session: it knows what is wanted, and says what to do so that all of it is proven. */

import { emit } from './actions.js'
import type { Action } from './actions.js'
import { Backoff } from './backoff.js'
import { Gate } from './breaker.js'
import { Data } from './data.js'
import { Lives } from './lives.js'
import type { Message } from './messages.js'
import { Pings, earliest } from './pings.js'
import type { ClockOffset } from './pings.js'
import { Requests } from './requests.js'
import { Silence } from './silence.js'
import { TIMINGS } from './timings.js'
import type { Timings } from './timings.js'
import type { ChannelName, Topic } from './topic.js'
import { Wants } from './wants.js'
import type { Admitter } from './wants.js'

/** `idle`: nothing is wanted, so there is no connection; `waiting`: the next attempt has its time. */
export type Link = 'idle' | 'connecting' | 'open' | 'waiting'

export interface SessionOptions {
  /** Gives numbers in [0, 1), for the jitter of retries. */
  readonly random: () => number
  /** The number that events name the connection by. */
  readonly connection?: number
  /** What differs from the usual patience. */
  readonly timings?: Partial<Timings>
  /** Lets attempts to connect through; connections of an endpoint may share it. */
  readonly gate?: Gate
  /** Lets level-3 subscriptions out; without it they go out like any other, and without a token. */
  readonly admission?: Admitter
}

const EASED = 5 // attempts that a connection which served leaves on the account: the next failure waits 8 s
const GOING_AWAY = 1001
const RESTARTING = [1012, 1013] // close codes: service restart, try again later

/**
 * The state machine of one connection; its shell carries the actions out, in order.
 *
 * The shell calls `connected` and `disconnected` for what becomes of its transport, `receive` for messages, and `heard`
 * and `tick` when `nextDeadline` has come. All times are monotonic milliseconds, fractions and all.
 */
export class Session {
  readonly #connection: number
  readonly #timings: Timings
  readonly #requests = new Requests()
  readonly #data: Data
  readonly #silence: Silence
  readonly #pings: Pings
  readonly #gate: Gate
  readonly #retry: Backoff
  #openedAt: number | null = null
  #reconnectAt: number | null = null
  #spoken = false
  #served = false
  #slow = false
  #trouble: string | null = null
  #early: Action[] = []
  #attempts = 0
  link: Link = 'idle'
  /** The connection's topics. */
  readonly lives = new Lives()
  /** The way of requests to the wire. */
  readonly wants: Wants

  constructor({ random, connection = 0, timings = {}, gate = new Gate(), admission }: SessionOptions) {
    this.#connection = connection
    this.#timings = { ...TIMINGS, ...timings }
    this.wants = new Wants(this.lives, this.#timings, random, this.#requests, admission ?? null)
    this.#data = new Data(this.lives, this.#timings)
    this.#silence = new Silence(this.#timings)
    this.#pings = new Pings(this.#timings)
    this.#gate = gate
    this.#retry = new Backoff(random)
  }

  // -- what can be asked at any time ----------------------------------------------------------

  /**
   * The keys of the books of which the session wants to hear each message, by `proven`. Other books need not be told
   * of; a `lost` always must. It is one set that changes in place.
   */
  get attention(): ReadonlySet<string> {
    return this.lives.attention
  }

  /** The server's clock, against the monotonic one that is handed in here. */
  get clock(): ClockOffset | null {
    return this.#pings.clock
  }

  /** How many topics were made live again. */
  get resyncs(): number {
    return this.lives.resyncs
  }

  get isStalled(): boolean {
    return this.#silence.stalled
  }

  /** Whether a topic can be relied on now. */
  isLive({ channel, symbol }: Topic): boolean {
    return this.lives.get(channel, symbol)?.isLive === true
  }

  /** What broke a topic last. */
  reason({ channel, symbol }: Topic): string {
    return this.lives.get(channel, symbol)?.reason ?? ''
  }

  /** When `tick` next has something to do, or null; it may move with every call. */
  get nextDeadline(): number | null {
    return earliest([
      this.wants.deadline(this.link === 'open'),
      this.#data.deadline(),
      this.#data.due,
      this.#silence.due,
      this.#pings.due,
      this.#reconnectAt,
    ])
  }

  // -- what the user wants --------------------------------------------------------------------

  /** Wants topics: each ends in a `complete` or a `fail`, and stays wanted after the former. */
  subscribe(topics: readonly Topic[], now: number, timeout = this.#timings.subscribeTimeout): Action[] {
    return this.goOn(this.wants.want(topics, now, timeout), now)
  }

  /** Wants topics no more; neither a `complete` nor a `fail` follows. */
  unsubscribe(topics: readonly Topic[], now: number): Action[] {
    return this.unlessIdle(this.wants.unwant(topics, now, this.link === 'open'))
  }

  /** Takes fresh snapshots of these, at the pace that resyncs have. */
  resync(symbols: readonly string[], now: number, channel: ChannelName = 'book'): Action[] {
    this.wants.resync(channel, symbols, now)
    return this.#flush(now)
  }

  // -- what becomes of the transport ----------------------------------------------------------

  /** The transport is open. */
  connected(now: number): Action[] {
    const opened = emit({
      kind: 'connected',
      connection: this.#connection,
      attempts: this.#attempts,
      again: this.#openedAt !== null,
    })
    this.link = 'open'
    this.#openedAt = now
    this.#trouble = null
    this.#silence.start(now)
    this.#pings.start(now)
    this.#data.start(now)
    const early = this.#early
    this.#early = []
    this.#attempts = 0
    this.#served = false
    this.#spoken = early.length > 0
    this.#slow &&= this.#spoken // what an early status has said holds for this connection
    return [opened, ...early, ...this.#flush(now)]
  }

  /** The transport has ended or could not be opened; with the peer's close code if it sent one. */
  disconnected(reason: string, now: number, code: number | null = null): Action[] {
    if (this.link !== 'open' && this.link !== 'connecting') return []
    const wasOpen = this.link === 'open'
    this.#slow ||= code !== null && RESTARTING.includes(code)
    const actions: Action[] = wasOpen ? [{ do: 'suspend', symbols: null, reason: 'disconnected' }] : []
    if (wasOpen && now - (this.#openedAt ?? now) >= this.#timings.stableAfter) this.#retry.reset()
    const changed = wasOpen && this.#spoken ? [] : this.#gate.failed(now)
    this.#early = []
    this.#rest()
    this.wants.offline(now)
    if (this.lives.size === 0) {
      this.link = 'idle'
      this.#openedAt = null
      return [...actions, ...changed]
    }
    // The attempt that has just failed was the first, immediate one.
    if (!wasOpen && this.#retry.attempts === 0) this.#retry.next()
    const retryAt = Math.max(now + this.#delay(wasOpen && this.#served), this.#gate.allows(now))
    this.link = 'waiting'
    this.#reconnectAt = retryAt
    this.#trouble = reason
    const retryInMs = retryAt - now
    const lost = emit({ kind: 'connection_lost', connection: this.#connection, reason, retryInMs, code })
    return [...actions, lost, ...changed, ...this.#reconnect(now)]
  }

  /** Takes one message from Kraken, or one fact from the engine. */
  receive(message: Message, now: number): Action[] {
    // What this side says to itself is no sign of life.
    const actions = message.kind === 'activity' ? [] : this.heard(now)
    if (!this.#spoken && this.link === 'open') {
      this.#spoken = true
      actions.push(...this.#gate.succeeded(now))
    }
    switch (message.kind) {
      case 'proven':
        this.#served = true
        return [...actions, ...this.#data.proven(message, now)]
      case 'rows':
        this.#served = true
        actions.push(...this.#data.rows(message, now))
        break
      case 'heartbeat':
        return [...actions, emit({ kind: 'heartbeat', connection: this.#connection, recvMs: message.recvMs })]
      case 'lost':
        for (const life of this.#data.lost(message, now)) {
          const words = `${this.#timings.badSnapshots} snapshots in a row failed: ${message.reason}`
          actions.push(...this.wants.giveUp(life, words, now, true))
        }
        break
      case 'ack':
        actions.push(...this.wants.acked(message, now))
        break
      case 'refusal':
        actions.push(...this.wants.refused(message, now))
        break
      case 'pong':
        this.#pings.answered(message.reqId, message.timeIn, message.timeOut, now)
        return actions
      case 'activity':
        actions.push(...this.#data.activity(message, now))
        break
      case 'unreadable':
        this.#data.unreadable(message.channel, now)
        actions.push(this.#malformed(`a message of ${message.channel}: ${message.detail}`))
        break
      case 'malformed':
        this.wants.malformed(now)
        actions.push({ do: 'suspend', symbols: null, reason: 'malformed' }, this.#malformed(message.detail))
        break
      case 'status':
        return [...actions, ...this.#status(message, now)]
      case 'unknown':
        return actions
    }
    return this.unlessIdle([...actions, ...this.#flush(now)])
  }

  /** When the peer was last heard of; a stall ends, and its books are subscribed anew. */
  heard(at: number): Action[] {
    if (!this.#silence.heard(at)) return []
    this.wants.resume(at)
    return this.#flush(at)
  }

  /** Does what has come to its time. */
  tick(now: number): Action[] {
    const actions = [...this.#reconnect(now), ...this.#judgeSilence(now), ...this.#ping(now)]
    const passed = this.wants.tick(now, this.#trouble, this.link === 'open')
    actions.push(...passed.actions)
    for (const life of passed.snapshotless) actions.push(...this.#data.withoutSnapshot(life, now))
    actions.push(...this.#data.overdueTrades(now), ...this.#data.lookForSilence(now))
    return this.unlessIdle([...actions, ...this.#flush(now)])
  }

  // -- for what stands beside it: `moving`, `admission` --------------------------------------

  /** After something new is wanted: connect, or ask for it. */
  goOn(actions: Action[], now: number): Action[] {
    if (this.link === 'idle' && this.lives.size > 0) {
      this.link = 'waiting'
      this.#reconnectAt = now
      actions.push(...this.#reconnect(now))
    }
    return [...actions, ...this.#flush(now)]
  }

  /** Ends the connection once nothing is wanted of it any more. */
  unlessIdle(actions: Action[]): Action[] {
    if (this.lives.size > 0 || this.link === 'idle') return actions
    const hasTransport = this.link !== 'waiting'
    this.#rest()
    this.link = 'idle'
    this.#reconnectAt = this.#openedAt = null
    return hasTransport ? [...actions, { do: 'close', reason: 'nothing is subscribed', code: 1000 }] : actions
  }

  // -- its own --------------------------------------------------------------------------------

  #status(report: Extract<Message, { kind: 'status' }>, now: number): Action[] {
    this.#slow = report.system === 'maintenance'
    if (this.link === 'open') return [emit(report)]
    // Kraken's first word may come with the handshake's last; that there is a connection is told first.
    this.#early.push(emit(report))
    return this.#gate.succeeded(now)
  }

  #flush(now: number): Action[] {
    return this.link === 'open' ? this.wants.flush(now) : []
  }

  #malformed(detail: string): Action {
    return emit({ kind: 'malformed', connection: this.#connection, detail })
  }

  #judgeSilence(now: number): Action[] {
    const silentMs = this.#silence.silentFor(now)
    switch (this.#silence.tick(now)) {
      case 'stalled':
        this.wants.stall(now)
        return [
          { do: 'suspend', symbols: null, reason: 'stalled' },
          this.#sendPing(now),
          emit({ kind: 'stalled', connection: this.#connection, silentMs }),
        ]
      case 'dead':
        return this.#end(`silent for ${(silentMs / 1000).toFixed(1)} s`, now)
      case null:
        return []
    }
  }

  #ping(now: number): Action[] {
    if (this.#pings.isOverdue(now)) return this.#end(`no pong within ${this.#timings.pongWithin / 1000} s`, now)
    return this.#pings.isDue(now) ? [this.#sendPing(now)] : []
  }

  #sendPing(now: number): Action {
    const { reqId, text } = this.#requests.ping()
    this.#pings.sent(reqId, now)
    return { do: 'send', text }
  }

  #end(reason: string, now: number): Action[] {
    return [{ do: 'close', reason, code: GOING_AWAY }, ...this.disconnected(reason, now)]
  }

  /** Stops all that goes by an open connection. */
  #rest(): void {
    this.#silence.stop()
    this.#pings.stop()
    this.#data.stop()
  }

  #delay(served: boolean): number {
    let delay = this.#retry.next()
    if (served) {
      // It works, it only does not last: half a minute of silence would help nobody.
      this.#retry.ease(EASED)
      delay = Math.min(delay, this.#timings.servedWait)
    }
    return this.#slow ? Math.max(delay, this.#timings.slowDown) : delay
  }

  #reconnect(now: number): Action[] {
    if (this.#reconnectAt === null || now < this.#reconnectAt) return []
    const allowedAt = this.#gate.allows(now)
    if (allowedAt > now) {
      this.#reconnectAt = allowedAt
      return []
    }
    this.link = 'connecting'
    this.#reconnectAt = null
    this.#attempts += 1
    return [...this.#gate.began(now), { do: 'connect' }]
  }
}
