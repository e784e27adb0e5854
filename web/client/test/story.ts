/** Plays the life stories of sessions in `vectors/sessions`, which bind every language alike. */

import {
  Admission,
  Breaker,
  Budget,
  Gate,
  Session,
  TIMINGS,
  Window,
  adopt,
  decode,
  readCandles,
  readInstruments,
  readTickers,
  readTrades,
  release,
} from '../src/protocol/index.js'
import type { Action, ChannelName, MarketEvent, SessionEvent, Timings, Topic } from '../src/protocol/index.js'
import type { Life } from '../src/protocol/life.js'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export interface Story {
  readonly promise: string
  readonly random?: number
  readonly timings?: Readonly<Record<string, number>>
  readonly gate?: {
    readonly failures?: number
    readonly cool_down_ms?: number
    readonly limit?: number
    readonly span_ms?: number
  }
  readonly budget?: number
  readonly steps: readonly Step[]
}

export interface Step {
  readonly at_ms: number
  readonly do: string
  readonly session?: number
  readonly expect: readonly Json[]
  readonly deadline_ms?: number | null
  readonly clock?: Json
  readonly topics?: readonly WireTopic[]
  readonly symbols?: readonly string[]
  readonly channel?: ChannelName
  readonly json?: Json
  readonly reason?: string
  readonly detail?: string
  readonly code?: number
  readonly snapshot?: boolean
  readonly crossed?: boolean
  readonly resync?: boolean
  readonly token?: string
  readonly error?: string
  readonly books?: Readonly<Record<string, readonly [messages: number, age: number]>>
}

interface WireTopic {
  readonly channel: ChannelName
  readonly symbol: string
  readonly depth?: number
  readonly interval?: number
  readonly event_trigger?: 'trades' | 'bbo'
}

const READERS = new Map([
  ['trade', readTrades],
  ['ticker', readTickers],
  ['ohlc', readCandles],
  ['instrument', readInstruments],
])

/** What the stories tell of an event of a channel: what tells it from others, under the name that it has there. */
const TOLD: Readonly<Record<MarketEvent['kind'], readonly [event: string, ...fields: string[]]>> = {
  trade: ['Trade', 'trade_id', 'source'],
  trade_gap: ['TradeGap', 'first', 'last', 'count', 'reason'],
  ticker: ['Ticker', 'type', 'last'],
  ohlc: ['Candle', 'type', 'interval_begin', 'close'],
  instrument: ['Instruments', 'type'],
}

/** Why no token can be had, as the stories' own client says it: whether to ask again is its business, too. */
const TOKEN_ERRORS: Readonly<Record<string, { readonly error: string; readonly final: boolean }>> = {
  timeout: { error: 'POST /0/private/GetWebSocketsToken: no answer within 10 s', final: false },
  'EService:Unavailable': { error: 'EService:Unavailable', final: false },
  'EGeneral:Temporary lockout': {
    error: 'Kraken refused: EGeneral:Temporary lockout (wait about 15 minutes before you try again)',
    final: false,
  },
  'EAPI:Invalid key': { error: 'EAPI:Invalid key', final: true },
  'EGeneral:Permission denied': { error: 'EGeneral:Permission denied', final: true },
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`)
}

function camel(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** `subscription_lost` as `SubscriptionLost`. */
function pascal(name: string): string {
  return camel(`_${name}`)
}

function topicOf({ event_trigger, ...topic }: WireTopic): Topic {
  return event_trigger === undefined ? topic : { ...topic, eventTrigger: event_trigger }
}

function wire(value: object): object {
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [snake(name), field]))
}

function eventAsData(event: SessionEvent): object {
  const { kind, ...fields } = event
  const told = Object.entries(fields).map(([name, value]: [string, unknown]) => {
    if (name.endsWith('Ms') && typeof value === 'number') return [snake(name), Math.floor(value)]
    return [snake(name), name === 'error' && event.kind === 'subscription_lost' ? errorAsData(event.error) : value]
  })
  return { type: pascal(kind), ...Object.fromEntries(told) }
}

function errorAsData({ kind, error }: { readonly kind: string; readonly error: string }): object {
  return { type: pascal(kind), error }
}

function rowAsData(row: MarketEvent): object {
  const [event, ...names] = TOLD[row.kind]
  const fields: Readonly<Record<string, unknown>> = { ...wire(row) }
  return { event, ...Object.fromEntries(names.map((name) => [name, fields[name]])) }
}

/** Writes an action the way the stories do. */
export function asData(action: Action): object {
  switch (action.do) {
    case 'send':
      return { do: 'send', json: JSON.parse(action.text) as Json }
    case 'fail':
      return { do: 'fail', topic: wire(action.topic), error: errorAsData(action.error) }
    case 'emit':
      return { do: 'emit', event: eventAsData(action.event) }
    case 'deliver':
      return { do: 'deliver', topic: wire(action.topic), events: action.events.map(rowAsData) }
    case 'track':
    case 'untrack':
    case 'complete':
      return { ...action, topic: wire(action.topic) }
    default:
      return action
  }
}

/** What is told of a session's timings, under the names that they have here. */
function patience(told: Readonly<Record<string, number>>): Partial<Timings> {
  const timings = Object.entries(told).map(([name, value]) => [camel(name.replace(/_ms$/, '')), value] as const)
  for (const [name] of timings) if (!(name in TIMINGS)) throw new Error(`no timing is called ${name}`)
  return Object.fromEntries(timings)
}

/** Plays one story: makes its sessions as they appear, and lets its steps happen. */
export class Player {
  readonly #story: Story
  readonly #gate: Gate
  readonly #budget: Budget
  readonly #sessions = new Map<number, Session>()
  readonly #admissions = new Map<Session, Admission>()
  readonly #released = new Map<string, Life>()

  constructor(story: Story) {
    this.#story = story
    const { failures, cool_down_ms, limit, span_ms } = story.gate ?? {}
    this.#gate = new Gate(new Breaker(failures, cool_down_ms), new Window(limit, span_ms))
    this.#budget = new Budget(story.budget)
  }

  /** The session that a step is about; all of them share one way to the endpoint. */
  session({ session: number = 0 }: Step): Session {
    const known = this.#sessions.get(number)
    if (known !== undefined) return known
    const random = () => this.#story.random ?? 0
    const admission = new Admission(random, this.#budget)
    const session = new Session({
      random,
      connection: number,
      timings: patience(this.#story.timings ?? {}),
      gate: this.#gate,
      admission,
    })
    this.#sessions.set(number, session)
    this.#admissions.set(session, admission)
    return session
  }

  #admission(session: Session): Admission {
    const admission = this.#admissions.get(session)
    if (admission === undefined) throw new Error('a session of another player')
    return admission
  }

  /** Lets one step happen. */
  perform(step: Step): Action[] {
    const session = this.session(step)
    const { at_ms: now, symbols = [], channel = 'book', reason = '', detail = '' } = step
    const topics = (step.topics ?? []).map(topicOf)
    switch (step.do) {
      case 'subscribe':
        return session.subscribe(topics, now)
      case 'unsubscribe':
        return session.unsubscribe(topics, now)
      case 'connected':
        return session.connected(now)
      case 'disconnected':
        return session.disconnected(reason, now, step.code)
      case 'frame':
        return session.receive(decode(JSON.stringify(step.json), 0, READERS), now)
      case 'proven': {
        const { snapshot = false, crossed = false } = step
        return symbols.flatMap((symbol) => session.receive({ kind: 'proven', channel, symbol, snapshot, crossed }, now))
      }
      case 'lost':
        return session.receive({ kind: 'lost', channel, symbols, reason, resync: step.resync ?? true }, now)
      case 'malformed':
        return session.receive({ kind: 'malformed', detail }, now)
      case 'unreadable':
        return session.receive({ kind: 'unreadable', channel, detail }, now)
      case 'activity': {
        const books = Object.entries(step.books ?? {}).map(
          ([symbol, [messages, age]]) => [symbol, { messages, age }] as const,
        )
        return session.receive({ kind: 'activity', channel, books: new Map(books) }, now)
      }
      case 'token':
        return this.#admission(session).tokenCame(session, step.token ?? '', now)
      case 'no_token': {
        const error = TOKEN_ERRORS[step.error ?? '']
        if (error === undefined) throw new Error(`nobody knows whether ${step.error} is final`)
        return this.#admission(session).tokenFailed(session, error, now)
      }
      case 'resync':
        return session.resync(symbols, now, channel)
      case 'release': {
        const { actions, lives } = release(session, topics)
        for (const life of lives) this.#released.set(life.key, life)
        return actions
      }
      case 'adopt': {
        const lives = topics.map((topic) => this.#released.get(`${topic.channel} ${topic.symbol}`))
        return adopt(
          session,
          lives.filter((life) => life !== undefined),
          now,
        )
      }
      case 'tick':
        return session.tick(now)
      default:
        throw new Error(`no step is called ${step.do}`)
    }
  }
}
