/** A subscription: a store to look at, events to hear, and an end. */

import { Frame } from '@havklo/kraken-wasm'
import type { BadSettings, Book, LevelChange, LoadError, OrderChange, Result } from '@havklo/kraken-wasm'

import type { MessageType, SubscriptionError, Topic } from './protocol/index.js'
import { key } from './protocol/index.js'
import { call } from './view.js'
import type { View } from './view.js'

/** Why a subscription has ended. */
export type FeedError =
  | SubscriptionError
  | LoadError
  | BadSettings
  /** The client has this channel of the symbol with other options already; another client can have it with these. */
  | { readonly kind: 'conflict'; readonly symbol: string; readonly channel: string }
  /** It, or the whole client, was closed. */
  | { readonly kind: 'closed'; readonly symbol: string; readonly channel: string }

/** A proven message of a book. */
export interface BookEvent {
  readonly kind: 'book' | 'level3'
  readonly type: MessageType
  readonly symbol: string
  /** What it changed, in its order; of a book of single orders `OrderChange`s. */
  readonly changes: readonly LevelChange[] | readonly OrderChange[]
  readonly recvMs: number
}

/** What a feed needs of its client. */
export interface Owner {
  start(feed: AnyFeed): void
  end(feed: AnyFeed): void
}

/** What a client needs of its feeds, whatever they are of. */
export interface AnyFeed {
  readonly topic: Topic
  readonly key: string
  readonly state: View<unknown, FeedError>['state']
  readonly isStarted: boolean
  readonly messages: number
  readonly heardAt: number
  users: number
  hear(now: number, recvMs: number): void
  change(): void
  stand(standing: Standing): void
  finish(error: FeedError | null): void
}

/** Whether a feed can be relied on now, and if not, why not. */
export type Standing =
  | { readonly state: 'live' | 'connecting'; readonly reason: '' }
  | { readonly state: 'stale' | 'resync'; readonly reason: string }

/**
 * One channel of one symbol. It goes out to the exchange when somebody first listens, by `subscribe`, `on` or `ready`,
 * and ends with `close`.
 *
 * It keeps to the contract of React's `useSyncExternalStore`: `getSnapshot` gives the same object until something has
 * changed, and then the listeners have been called. What is shown is made when it is looked at.
 */
export class Feed<T, E> implements AnyFeed {
  readonly #owner: Owner
  readonly #value: () => T | null
  readonly #handlers = new Set<(event: E) => void>()
  readonly #listeners = new Set<() => void>()
  #standing: Standing = { state: 'connecting', reason: '' }
  #closed: { readonly error: FeedError | null } | null = null
  #started = false
  #last: T | null = null
  #shown: View<T, FeedError> | null = null

  /** How often the client has handed it out and not taken back. */
  users = 1
  /** When the latest message came: by the monotonic clock, and in milliseconds since 1970. */
  heardAt = 0
  recvMs = 0
  /** How many messages there were. */
  messages = 0
  /** The session's name for it. */
  readonly key: string

  constructor(
    owner: Owner,
    readonly topic: Topic,
    value: () => T | null,
  ) {
    this.#owner = owner
    this.#value = value
    this.key = key(topic.channel, topic.symbol)
  }

  /** Calls `listener` whenever something has changed; gives what takes that back. Needs no `this`. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#start()
    // Of its own, so that one function may listen twice.
    const own = (): void => listener()
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  /** What is to be shown now. Needs no `this`. */
  readonly getSnapshot = (): View<T, FeedError> => (this.#shown ??= this.#view())

  /** Calls `handler` with each event, in order; gives what takes that back. */
  on(handler: (event: E) => void): () => void {
    this.#start()
    const own = (event: E): void => handler(event)
    this.#handlers.add(own)
    return () => void this.#handlers.delete(own)
  }

  /** Waits until it is live, or has ended. */
  ready(): Promise<Result<void, FeedError>> {
    return new Promise((resolve) => {
      const { symbol, channel } = this.topic
      const look = (): void => {
        if (this.state === 'live') resolve({ ok: true, value: undefined })
        else if (this.#closed !== null)
          resolve({ ok: false, error: this.#closed.error ?? { kind: 'closed', symbol, channel } })
        else return
        stop()
      }
      const stop = this.subscribe(look)
      look()
    })
  }

  /** Ends it, once as often as the client was asked for it. */
  close(): void {
    if (this.#closed === null && --this.users === 0) {
      this.#owner.end(this)
      this.finish(null)
    }
  }

  // -- for its client -------------------------------------------------------------------------

  get isListened(): boolean {
    return this.#handlers.size > 0
  }

  get isStarted(): boolean {
    return this.#started
  }

  /** Tells an event, if somebody listens. */
  tell(event: E): void {
    call(this.#handlers, event)
  }

  /** Notes a message. */
  hear(now: number, recvMs: number): void {
    this.heardAt = now
    this.recvMs = recvMs
    this.messages += 1
  }

  /** Says that its value has changed. */
  change(): void {
    this.#shown = null
    call(this.#listeners, undefined)
  }

  /** Takes note of where it stands; a stale one gets older. */
  stand(standing: Standing): void {
    if (this.#closed !== null) return
    const before = this.#standing
    this.#standing = standing
    if (before.state !== standing.state || before.reason !== standing.reason) this.change()
  }

  /** It has ended: by the user, or for an error. */
  finish(error: FeedError | null): void {
    if (this.#closed !== null) return
    this.#closed = { error }
    this.change()
    this.#handlers.clear()
  }

  get state(): View<T, FeedError>['state'] {
    return this.#closed === null ? this.#standing.state : 'closed'
  }

  // -- its own --------------------------------------------------------------------------------

  #start(): void {
    if (this.#started || this.#closed !== null) return
    this.#started = true
    this.#owner.start(this)
  }

  #view(): View<T, FeedError> {
    const value = this.#value()
    const last = value ?? this.#last
    this.#last = last
    if (this.#closed !== null) return { state: 'closed', last, error: this.#closed.error }
    const { state, reason } = this.#standing
    if (state === 'stale') return { state, last, ageMs: Math.max(0, performance.now() - this.heardAt), reason }
    if (state === 'live' && value !== null) return { state, value, recvMs: this.recvMs }
    // A live one without a value: between the loss of a book and the session's word on it.
    return state === 'connecting' ? { state } : { state: 'resync', last, reason }
  }
}

/** A feed of a verified book: its value is the book as of the latest message, or as of when it was last looked at. */
export class BookFeed extends Feed<Frame, BookEvent> {
  readonly #held: { book: Book | null }

  constructor(owner: Owner, topic: Topic, levels: number | undefined) {
    const held: { book: Book | null } = { book: null }
    super(owner, topic, () => {
      const buffer = held.book?.state === 'live' ? held.book.frame(levels) : null
      return buffer === null ? null : new Frame(buffer)
    })
    this.#held = held
  }

  /** The engine's book, for what a frame does not hold: `orders`, `place`, `oracle`. Null while there is none. */
  get book(): Book | null {
    return this.#held.book
  }

  /** For its client: the engine keeps another book for it now. */
  keep(book: Book): void {
    this.#held.book = book
  }
}
