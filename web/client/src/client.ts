/** The client: one connection to Kraken, the engine that proves its books, and the feeds of what is wanted. */

import { load } from '@havklo/kraken-wasm'
import type { Book } from '@havklo/kraken-wasm'

import type { Channel, Part } from './channels.js'
import { BookFeed } from './feed.js'
import type { AnyFeed, FeedError, Owner, Standing } from './feed.js'
import type { ClientOptions, Tokens } from './options.js'
import { Session, decode, isBook, key, same } from './protocol/index.js'
import type { Action, Link, MarketEvent, Message, ReadRows, SessionEvent, Topic } from './protocol/index.js'
import { Shelf, isCrossed } from './shelf.js'
import { dial } from './socket.js'
import type { Line, SocketClass } from './socket.js'
import { call } from './view.js'

/** How a connection is. */
export interface Health {
  readonly link: Link
  readonly isStalled: boolean
  /** How long ago anything came; null without a connection. */
  readonly ageMs: number | null
  /** How long the best of the latest pings took; null before the first pong. */
  readonly roundTripMs: number | null
  /** How many subscriptions were made live again. */
  readonly resyncs: number
}

const KRAKEN = 'wss://ws.kraken.com/v2'
const OLDER_EVERY = 1000

/** Kraken's market data over one connection, which is made when it is needed and healed when it breaks. */
export class Client {
  readonly #options: ClientOptions
  readonly #session: Session
  readonly #tokens: Tokens | undefined
  readonly #feeds = new Map<string, Part<AnyFeed>>()
  readonly #readers = new Map<string, ReadRows>()
  readonly #shelf: Shelf
  readonly #handlers = new Set<(event: SessionEvent) => void>()
  readonly #owner: Owner = { start: (feed) => this.#start(feed), end: (feed) => this.#end(feed) }
  #line: Line | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #timerAt = Infinity
  #aging: ReturnType<typeof setInterval> | undefined
  #queue: Action[] = []
  #isBusy = false
  #discarded = false
  #heardAt: number | null = null
  #isClosed = false

  constructor(options: ClientOptions = {}) {
    this.#options = options
    const { random = Math.random, timings = {}, level3, wasm } = options
    this.#tokens = level3?.begin(random)
    this.#shelf = new Shelf(() => (level3?.load ?? load)(wasm))
    this.#session = new Session({ random, timings, ...this.#tokens })
  }

  /**
   * Gives the feed of a channel, which goes out when somebody listens. Who asks for the same channel again gets the
   * same feed, as it was first described; with other options it is a `conflict`: a connection carries each only once.
   */
  subscribe<F extends AnyFeed>(channel: Channel<F>): F {
    const { topic, read, open } = channel
    const known = this.#feed(topic)?.feed
    if (known !== undefined && same(known.topic, topic)) {
      known.users += 1
      // Of one topic there are only feeds of its own kind.
      return known as F
    }
    const part = open(this.#owner)
    const { symbol, channel: name } = topic
    if (known !== undefined) part.feed.finish({ kind: 'conflict', symbol, channel: name })
    else if (this.#isClosed) part.feed.finish({ kind: 'closed', symbol, channel: name })
    else this.#feeds.set(part.feed.key, part)
    if (read !== null) this.#readers.set(name, read)
    return part.feed
  }

  // -- the connection -------------------------------------------------------------------------

  /** Calls `handler` with what becomes of the connection and its subscriptions; gives what takes that back. */
  on(handler: (event: SessionEvent) => void): () => void {
    const own = (event: SessionEvent): void => handler(event)
    this.#handlers.add(own)
    return () => void this.#handlers.delete(own)
  }

  /** Takes a fresh snapshot of a book. */
  resync(feed: BookFeed): void {
    const { symbol, channel } = feed.topic
    this.#perform(this.#session.resync([symbol], performance.now(), channel))
  }

  health(): Health {
    const { link, isStalled, resyncs, clock } = this.#session
    const ageMs = link === 'open' && this.#heardAt !== null ? performance.now() - this.#heardAt : null
    return { link, isStalled, resyncs, ageMs, roundTripMs: clock === null ? null : Number(clock.roundTripNs) / 1e6 }
  }

  /** Ends the connection and all feeds, for good. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#drop()
    clearTimeout(this.#timer)
    clearInterval(this.#aging)
    for (const { feed } of [...this.#feeds.values()]) {
      this.#forget(feed)
      feed.finish(null)
    }
  }

  // -- feeds ----------------------------------------------------------------------------------

  #start(feed: AnyFeed): void {
    if (!isBook(feed.topic)) this.#want(feed)
    else void this.#loaded(feed)
  }

  /** The engine first: a book's frames can't be taken in without it. */
  async #loaded(feed: AnyFeed): Promise<void> {
    const error = await this.#shelf.ready()
    if (error === null) this.#want(feed)
    else this.#fail(feed, error)
  }

  #want(feed: AnyFeed): void {
    if (feed.state !== 'closed') this.#perform(this.#session.subscribe([feed.topic], performance.now()))
  }

  #end(feed: AnyFeed): void {
    this.#forget(feed)
    if (feed.isStarted) this.#perform(this.#session.unsubscribe([feed.topic], performance.now()))
  }

  #fail(feed: AnyFeed, error: FeedError): void {
    this.#forget(feed)
    feed.finish(error)
  }

  #forget(feed: AnyFeed): void {
    if (this.#feeds.get(feed.key)?.feed === feed) this.#feeds.delete(feed.key)
  }

  #feed({ channel, symbol }: Topic): Part<AnyFeed> | undefined {
    return this.#feeds.get(key(channel, symbol))
  }

  // -- what comes in --------------------------------------------------------------------------

  #message(text: string | null): void {
    const [now, recvMs] = [performance.now(), Date.now()]
    this.#heardAt = now
    if (text === null) {
      this.#hear({ kind: 'malformed', detail: 'no text' }, now)
      return
    }
    const outcome = this.#shelf.apply(text, recvMs)
    switch (outcome.kind) {
      case 'update':
        this.#proven(outcome.book, outcome.snapshot, now, recvMs)
        break
      case 'desync': {
        const { books, fault } = outcome
        const symbols = books.map((book) => book.symbol)
        const channel = books[0]?.channel ?? 'book'
        this.#hear({ kind: 'lost', channel, symbols, reason: fault.reason, resync: true }, now)
        break
      }
      case 'malformed':
        this.#hear({ kind: 'malformed', detail: `${outcome.expected} expected` }, now)
        break
      case 'ignored':
        this.#hear(decode(text, recvMs, this.#readers), now)
        break
    }
  }

  #hear(message: Message, now: number): void {
    this.#perform(this.#session.receive(message, now))
  }

  #proven(book: Book, snapshot: boolean, now: number, recvMs: number): void {
    const feed = this.#shelf.feed(book)
    const { channel, symbol } = book
    feed?.hear(now, recvMs)
    if (this.#session.attention.has(feed?.key ?? key(channel, symbol))) {
      const crossed = snapshot && isCrossed(book)
      this.#discarded = false
      this.#hear({ kind: 'proven', channel, symbol, snapshot, crossed }, now)
      if (this.#discarded) return
    }
    if (feed === undefined) return
    if (feed.isListened) {
      const changes = this.#shelf.changes()
      feed.tell({ kind: channel, type: snapshot ? 'snapshot' : 'update', symbol, changes, recvMs })
    }
    feed.change()
  }

  // -- what goes out --------------------------------------------------------------------------

  /** Carries actions out in order; what they lead to comes after them. */
  #perform(actions: readonly Action[]): void {
    this.#queue.push(...actions)
    if (this.#isBusy) return
    this.#isBusy = true
    try {
      for (let action = this.#queue.shift(); action !== undefined; action = this.#queue.shift()) this.#carryOut(action)
    } finally {
      this.#isBusy = false
    }
    if (this.#isClosed) return
    this.#look()
    this.#arm()
  }

  #carryOut(action: Action): void {
    // What a handler has closed says nothing more.
    if (this.#isClosed) return
    switch (action.do) {
      case 'connect':
        this.#connect()
        break
      case 'close':
        this.#drop()
        break
      case 'send':
        this.#line?.send(action.text)
        break
      case 'need_token':
        void this.#token(action.refused)
        break
      case 'drop_token':
        break // nothing here keeps one
      case 'track':
        this.#track(action.topic)
        break
      case 'untrack':
        this.#shelf.untrack(action.topic)
        break
      case 'suspend':
        this.#shelf.suspend(action.symbols)
        break
      case 'fail': {
        const part = this.#feed(action.topic)
        if (part !== undefined) this.#fail(part.feed, action.error)
        break
      }
      case 'emit':
        call(this.#handlers, action.event)
        break
      case 'deliver':
        this.#deliver(action.topic, action.events)
        break
      case 'check': {
        const now = performance.now()
        this.#hear(this.#shelf.activity(action.channel, action.symbols, now), now)
        break
      }
      case 'discard':
        this.#discarded = true
        break
      case 'complete':
        break // `#look` finds out
    }
  }

  #deliver(topic: Topic, events: readonly MarketEvent[]): void {
    const part = this.#feed(topic)
    if (part === undefined) return
    part.feed.hear(performance.now(), Date.now())
    for (const event of events) part.take(event)
    part.feed.change()
  }

  #track(topic: Topic): void {
    const feed = this.#feed(topic)?.feed
    const error = feed instanceof BookFeed ? this.#shelf.track(feed) : null
    if (feed === undefined || error === null) return
    this.#fail(feed, error)
    this.#perform(this.#session.unsubscribe([topic], performance.now()))
  }

  async #token(refused: string | null): Promise<void> {
    const answer = await this.#tokens?.answer(refused)
    if (answer !== undefined) this.#perform(answer(this.#session, performance.now()))
  }

  #connect(): void {
    const { url = KRAKEN, WebSocket: make = platformSocket() } = this.#options
    this.#line = dial(make, url, {
      opened: () => {
        this.#heardAt = performance.now()
        this.#perform(this.#session.connected(this.#heardAt))
      },
      message: (text) => this.#message(text),
      ended: (reason, code) => {
        this.#line = null
        this.#perform(this.#session.disconnected(reason, performance.now(), code))
      },
    })
  }

  #drop(): void {
    this.#line?.drop()
    this.#line = null
  }

  // -- time -----------------------------------------------------------------------------------

  /** Sees to it that a tick comes at the session's deadline; one that has moved back is found out when it comes. */
  #arm(): void {
    const deadline = this.#session.nextDeadline
    if (deadline === null || deadline >= this.#timerAt) return
    clearTimeout(this.#timer)
    this.#timerAt = deadline
    // A platform's timers may fire a little early, and take no more than 31 bits.
    const wait = Math.min(Math.max(0, Math.ceil(deadline - performance.now())), 2 ** 31 - 1)
    this.#timer = setTimeout(() => this.#tick(), wait)
  }

  #tick(): void {
    this.#timerAt = Infinity
    if (this.#heardAt !== null && this.#line !== null) this.#perform(this.#session.heard(this.#heardAt))
    this.#perform(this.#session.tick(performance.now()))
  }

  /** Looks where each subscription stands now. */
  #look(): void {
    let isStale = false
    for (const { feed } of [...this.#feeds.values()]) {
      feed.stand(this.#standing(feed))
      isStale ||= feed.state === 'stale'
    }
    if (isStale) {
      this.#aging ??= setInterval(() => this.#age(), OLDER_EVERY)
    } else {
      clearInterval(this.#aging)
      this.#aging = undefined
    }
  }

  #standing({ topic, state }: AnyFeed): Standing {
    if (this.#session.isLive(topic)) return { state: 'live', reason: '' }
    if (state === 'connecting') return { state: 'connecting', reason: '' }
    const isDown = this.#session.link !== 'open' || this.#session.isStalled
    return { state: isDown ? 'stale' : 'resync', reason: this.#session.reason(topic) }
  }

  #age(): void {
    for (const { feed } of [...this.#feeds.values()]) if (feed.state === 'stale') feed.change()
  }
}

/** The platform's WebSocket; older versions of node have none. It is looked for only when it is needed. */
function platformSocket(): SocketClass | undefined {
  return (globalThis as { readonly WebSocket?: SocketClass }).WebSocket
}
