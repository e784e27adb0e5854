/** What the user wants of a connection, and the requests that get it there, gathered and paced. */

import { emit } from './actions.js'
import type { Action } from './actions.js'
import type { SubscriptionError } from './events.js'
import { Life } from './life.js'
import type { Phase } from './life.js'
import { Bucket } from './limits.js'
import type { Lives } from './lives.js'
import type { Message, Refusal } from './messages.js'
import { earliest } from './pings.js'
import type { Request, Requests } from './requests.js'
import type { Timings } from './timings.js'
import { isBook, kind, needsToken, same } from './topic.js'
import type { ChannelName, Topic } from './topic.js'

/** Lets lives of one connection go out that need a token; apart, so that who has no level 3 does not carry it. */
export interface Admitter {
  /** Whether a token was asked for and has not come yet. */
  readonly awaitsToken: boolean
  /** Those of a group that may go out now. */
  admit(group: readonly Life[], now: number): readonly Life[]
  /** Asks for a token. */
  need(group: readonly Life[], now: number): Action[]
  wentOut(group: readonly Life[], now: number): void
  accepted(now: number): void
  tooMuch(now: number): void
  tokenRefused(reqId: number | null): Action[]
}

const INVALID_SESSION = 'ESession:Invalid session'

type Ack = Extract<Message, { kind: 'ack' }>

/** Moves each topic's `Life` by what is asked and answered, and gathers what falls due together into one request. */
export class Wants {
  readonly #lives: Lives
  readonly #timings: Timings
  readonly #random: () => number
  readonly #requests: Requests
  readonly #admission: Admitter | null
  readonly #pace: Bucket
  #pacedUntil: number | null = null

  constructor(lives: Lives, timings: Timings, random: () => number, requests: Requests, admission: Admitter | null) {
    this.#lives = lives
    this.#timings = timings
    this.#random = random
    this.#requests = requests
    this.#admission = admission
    this.#pace = new Bucket(timings.requestsPerSecond, timings.requestsBurst)
  }

  // -- what the user wants --------------------------------------------------------------------

  /** Adds topics that may take `timeout` to become live; those wanted already stay as they are. */
  want(topics: readonly Topic[], now: number, timeout: number): Action[] {
    const actions: Action[] = []
    for (const topic of topics) {
      const life = this.#lives.get(topic.channel, topic.symbol)
      if (life === undefined) {
        this.#lives.add(new Life(topic, now, timeout, this.#timings, this.#random))
      } else if (life.wanted) {
        continue
      } else {
        life.renew(topic, now, timeout)
        this.#lives.watch(life)
      }
      if (isBook(topic)) actions.push({ do: 'track', topic })
    }
    return actions
  }

  /** Takes topics back. */
  unwant(topics: readonly Topic[], now: number, isOpen: boolean): Action[] {
    const lives = wanted(this.#lives, topics)
    const untracked = lives.flatMap((life) => this.#untrack(life))
    return [...untracked, ...this.#takeOffTheWire(lives, now, isOpen)]
  }

  /** Plans fresh snapshots of live or reported topics. */
  resync(channel: ChannelName, symbols: readonly string[], now: number): void {
    for (const symbol of symbols) {
      const life = this.#lives.get(channel, symbol)
      if (life === undefined || this.#lives.breakOff(life, 'asked', now) || life.phase !== 'reported') continue
      life.resync(now)
      this.#lives.watch(life)
    }
  }

  /** Wants a topic no more that does not become live. */
  giveUp(life: Life, words: string, now: number, isOpen: boolean): Action[] {
    const { topic } = life
    const error = failure('subscribe_timeout', topic, words)
    return [...this.#untrack(life), { do: 'fail', topic, error }, ...this.#takeOffTheWire([life], now, isOpen)]
  }

  // -- what becomes of the connection ---------------------------------------------------------

  /** Sends what is due, at the pace that requests have; the connection is open. `token`: one that has just come. */
  flush(now: number, token: string | null = null): Action[] {
    const actions: Action[] = []
    this.#pacedUntil = null
    for (const group of this.#due('broken', now)) {
      if (!this.#maySend(now)) return actions
      const symbols = group.filter((life) => life.isBook && life.wanted).map((life) => life.topic.symbol)
      if (symbols.length > 0) actions.push({ do: 'suspend', symbols, reason: 'resyncing' })
      actions.push(this.#takeBack(group, now))
    }
    for (const group of this.#due('queued', now)) {
      if (!this.#maySend(now)) return actions
      const admission = this.#admissionOf(group)
      const admitted = admission?.admit(group, now) ?? group
      if (admitted.length === 0) continue
      if (admission !== null && token === null) {
        actions.push(...admission.need(admitted, now))
        continue
      }
      const used = admission === null ? null : token
      const topics = admitted.map((life) => life.topic)
      const request = this.#requests.write('subscribe', topics, used)
      for (const life of admitted) life.ask(request.reqId, now, used)
      admission?.wentOut(admitted, now)
      actions.push(this.#sent(request, now))
    }
    return actions
  }

  /** Begins anew: the connection is gone, and with it everything that was on the wire. */
  offline(now: number): void {
    for (const life of this.#lives.all()) {
      if (!life.wanted) {
        this.#lives.forget(life)
        continue
      }
      this.#lives.lose(life, 'disconnected', now)
      life.unconfirmed = false // no old subscription speaks over a new connection
      life.queue(now)
      this.#lives.watch(life)
    }
  }

  /** Loses every live topic: the frame may have been any one's, or the snapshot of one that awaits it. */
  malformed(now: number): void {
    for (const life of this.#lives.all()) {
      if (this.#lives.breakOff(life, 'malformed', now) || life.phase !== 'subscribing' || !life.acked) continue
      life.resync(now)
      this.#lives.watch(life)
    }
  }

  /** Loses every live topic, and resyncs only when the connection speaks again. */
  stall(now: number): void {
    for (const life of this.#lives.all()) {
      if (!this.#lives.lose(life, 'stalled', now)) continue
      life.awaitSignOfLife()
      this.#lives.watch(life)
    }
  }

  /** Lets the resyncs go that a stall held back. */
  resume(now: number): void {
    for (const life of this.#lives.all()) if (life.phase === 'broken' && life.due === null) life.resync(now)
  }

  // -- what Kraken answers --------------------------------------------------------------------

  /** Takes an ack; one that belongs to no request under way is ignored. */
  acked({ method, channel, symbol, reqId, timeOut }: Ack, now: number): Action[] {
    const life = this.#lives.get(channel, symbol)
    if (life === undefined || (reqId !== null && reqId !== life.reqId)) return []
    if (method === 'unsubscribe') {
      if (life.phase === 'unsubscribing') this.#released(life, now)
      return []
    }
    if (life.phase !== 'subscribing') return []
    life.answered(timeOut, now)
    this.#admissionOf([life])?.accepted(now)
    if (!life.isSparse || life.complete) return []
    // A pair without trades has no snapshot; from here on nothing is lost unnoticed.
    life.fulfil()
    return [{ do: 'complete', topic: life.topic }]
  }

  /** Takes an error ack: by its request's id and its symbol, as far as it names them. */
  refused(refusal: Refusal, now: number): Action[] {
    const lives = meantBy(refusal, this.#lives.all())
    const { error, method, symbol } = refusal
    // Whatever has become of the request: its token is not good any more.
    const actions = error === INVALID_SESSION ? (this.#admission?.tokenRefused(refusal.reqId) ?? []) : []
    if (lives.length === 0) return [...actions, emit({ kind: 'refused', error, method, symbol })]
    for (const life of lives) {
      if (/exceeded msg rate|rate limit exceeded/i.test(error)) {
        life.slowDown(error, now)
        this.#goOn(life.reqId, now)
        this.#admissionOf([life])?.tooMuch(now)
      } else if (life.phase === 'unsubscribing') {
        // What Kraken says is not subscribed is as good as unsubscribed.
        this.#released(life, now)
      } else if (/already subscribed/i.test(error)) {
        life.trouble = error
        life.resync(now)
      } else if (life.token !== null && error === INVALID_SESSION && !life.renewed) {
        life.trouble = error
        life.renewed = true
        life.queue(now)
      } else {
        actions.push(...this.fail(life, error))
      }
    }
    return actions
  }

  // -- time -----------------------------------------------------------------------------------

  /** Lets pass what has come to its time; gives also what is acknowledged, but may have no snapshot. */
  tick(
    now: number,
    trouble: string | null,
    isOpen: boolean,
  ): { readonly actions: Action[]; readonly snapshotless: Life[] } {
    const actions: Action[] = []
    const snapshotless: Life[] = []
    for (const life of this.#lives.all()) {
      if (life.giveUpAt !== null && now >= life.giveUpAt && life.wanted) {
        const words = `no verified snapshot within ${life.timeout / 1000} s`
        const why = life.trouble ?? trouble
        actions.push(...this.giveUp(life, why === null ? words : `${words}; ${why}`, now, isOpen))
      }
      if (!isOpen || life.due === null || now < life.due) continue
      if (life.phase === 'subscribing' && life.acked && life.isSparse) snapshotless.push(life)
      else this.#passDue(life, now)
    }
    return { actions, snapshotless }
  }

  /** When `tick` or `flush` next has something to do. */
  deadline(isOpen: boolean): number | null {
    const instants: (number | null)[] = []
    for (const life of this.#lives.all()) {
      if (life.wanted) instants.push(life.giveUpAt)
      if (!isOpen || life.due === null || (this.#admission?.awaitsToken === true && mayWaitForToken(life))) continue
      // What is due but has to wait for its turn is done by then.
      instants.push(Math.max(life.due, this.#pacedUntil ?? life.due))
    }
    return earliest(instants)
  }

  #passDue(life: Life, now: number): void {
    if (life.phase === 'unsubscribing') {
      life.unconfirmed = true
      this.#released(life, now)
    } else if (life.phase === 'subscribing') {
      life.trouble = life.acked ? 'acknowledged, but no snapshot came' : 'no answer came'
      life.resync(now)
    } else if (this.#lives.lose(life, 'reprove', now)) {
      life.resyncAtOnce(now)
      this.#lives.watch(life)
    }
  }

  // -- its own --------------------------------------------------------------------------------

  /** Goes on after an unsubscribe: with all topics of its request together, so that one subscribe does. */
  #released(life: Life, now: number): void {
    if (life.wanted) life.queue(null)
    else this.#lives.forget(life)
    this.#goOn(life.reqId, now)
  }

  /** Lets those go that wait for the others of their unsubscribe, once none of these is awaited any more. */
  #goOn(reqId: number | null, now: number): void {
    const group = this.#lives.all().filter((life) => life.reqId === reqId)
    if (group.some((life) => life.phase === 'unsubscribing')) return
    for (const life of group) if (life.phase === 'queued' && life.due === null) life.queue(now)
  }

  /** Ends a topic that Kraken has refused. */
  fail(life: Life, words: string): Action[] {
    const { topic, complete } = life
    const error = failure('subscription_error', topic, words)
    const actions: Action[] = [...this.#untrack(life), { do: 'fail', topic, error }]
    if (complete) {
      actions.push(emit({ kind: 'subscription_lost', symbol: topic.symbol, channel: topic.channel, error }))
    }
    this.#lives.forget(life)
    return actions
  }

  #takeOffTheWire(lives: readonly Life[], now: number, isOpen: boolean): Action[] {
    const sent = lives.filter((life) => isOpen && life.isOnTheWire)
    // Not paced: each topic is taken back once, and only after it was asked for.
    const actions = this.#groups(sent).map((group) => this.#takeBack(group, now))
    for (const life of lives) if (!isOpen || life.phase !== 'unsubscribing') this.#lives.forget(life)
    return actions
  }

  #takeBack(group: readonly Life[], now: number): Action {
    const topics = group.map((life) => life.asked)
    const request = this.#requests.write('unsubscribe', topics, group[0]?.token ?? null)
    for (const life of group) life.takeBack(request.reqId, now)
    return this.#sent(request, now)
  }

  #sent({ text }: Request, now: number): Action {
    this.#pace.take(now)
    return { do: 'send', text }
  }

  #admissionOf([life]: readonly Life[]): Admitter | null {
    return life !== undefined && needsToken(life.topic) ? this.#admission : null
  }

  #maySend(now: number): boolean {
    const ready = this.#pace.allows(now)
    this.#pacedUntil = ready > now ? ready : null
    return ready <= now
  }

  #due(phase: Phase, now: number): Life[][] {
    const due = this.#lives.all().filter((life) => life.phase === phase && life.due !== null && now >= life.due)
    return this.#groups(due)
  }

  /** Gathers lives that can share a request: those that differ in nothing but their symbol. */
  #groups(lives: readonly Life[]): Life[][] {
    const groups = new Map<string, Life[]>()
    for (const life of lives) {
      const name = kind(life.phase === 'queued' ? life.topic : life.asked)
      const group = groups.get(name)
      if (group === undefined) groups.set(name, [life])
      else group.push(life)
    }
    const size = this.#timings.symbolsPerRequest
    const parts: Life[][] = []
    for (const group of groups.values()) {
      for (let start = 0; start < group.length; start += size) parts.push(group.slice(start, start + size))
    }
    return parts
  }

  #untrack(life: Life): Action[] {
    life.wanted = false
    this.#lives.watch(life)
    return life.isBook ? [{ do: 'untrack', topic: life.topic }] : []
  }
}

/** Whether a life goes on as soon as there is a token. */
export function mayWaitForToken(life: Life): boolean {
  return life.phase === 'queued' && needsToken(life.topic)
}

/** The lives of those topics that are wanted just so. */
export function wanted(lives: Lives, topics: readonly Topic[]): Life[] {
  return topics.flatMap((topic) => {
    const life = lives.get(topic.channel, topic.symbol)
    return life?.wanted === true && same(life.topic, topic) ? [life] : []
  })
}

function failure(kind: SubscriptionError['kind'], { symbol, channel }: Topic, error: string): SubscriptionError {
  return { kind, symbol, channel, error }
}

/** The lives that a refusal is about, by its request's id and its symbol, as far as it names them. */
function meantBy({ method, channel, symbol, reqId }: Refusal, lives: readonly Life[]): Life[] {
  const waiting = method === 'unsubscribe' ? 'unsubscribing' : 'subscribing'
  const meant = lives.filter(
    (life) =>
      life.phase === waiting &&
      (channel === null || life.topic.channel === channel) &&
      (symbol === null ? !life.acked : life.topic.symbol === symbol),
  )
  if (reqId !== null) return meant.filter((life) => life.reqId === reqId)
  // Without an id only a single request under way can be meant; without a method it may as well be a ping.
  return method !== null && new Set(meant.map((life) => life.reqId)).size === 1 ? meant : []
}
