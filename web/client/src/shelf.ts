/** The books of a client: the engine that keeps them, and the feeds that show them. */

import { Engine, Frame } from '@havklo/kraken-wasm'
import type { BadSettings, Book, LevelChange, LoadError, OrderChange, Outcome, Result, Wasm } from '@havklo/kraken-wasm'

import type { BookFeed } from './feed.js'
import type { Activity, Topic } from './protocol/index.js'

export class Shelf {
  readonly #load: () => Promise<Result<Wasm, LoadError>>
  readonly #feeds = new Map<Book, BookFeed>()
  #loading: Promise<LoadError | null> | null = null
  #engine: Engine | null = null

  constructor(load: () => Promise<Result<Wasm, LoadError>>) {
    this.#load = load
  }

  /** Sees to it that there is an engine; gives the error if there is none. Whoever asks again may have more luck. */
  ready(): Promise<LoadError | null> {
    this.#loading ??= this.#load().then((loaded) => {
      if (!loaded.ok) {
        this.#loading = null
        return loaded.error
      }
      this.#engine = new Engine(loaded.value)
      return null
    })
    return this.#loading
  }

  /** Takes a message in; without an engine it is no book's. */
  apply(text: string, recvMs: number): Outcome {
    return this.#engine?.apply(text, recvMs) ?? { kind: 'ignored' }
  }

  /** What the last message changed. */
  changes(): LevelChange[] | OrderChange[] {
    return this.#engine?.changes() ?? []
  }

  feed(book: Book): BookFeed | undefined {
    return this.#feeds.get(book)
  }

  /** Keeps a feed's book; gives the error if that can't be. */
  track(feed: BookFeed): BadSettings | null {
    const { channel, symbol, depth = 10 } = feed.topic
    const tracked = this.#engine?.track(symbol, { depth, channel: channel === 'level3' ? channel : 'book' })
    if (tracked === undefined) return null
    if (!tracked.ok) return tracked.error
    feed.keep(tracked.value)
    this.#feeds.set(tracked.value, feed)
    return null
  }

  untrack({ channel, symbol }: Topic): void {
    for (const book of this.#feeds.keys()) {
      if (book.symbol !== symbol || book.channel !== channel) continue
      this.#feeds.delete(book)
      this.#engine?.untrack(book)
    }
  }

  /** Has the books of these symbols, or all, await a snapshot. */
  suspend(symbols: readonly string[] | null): void {
    for (const book of this.#feeds.keys()) {
      if (symbols === null || symbols.includes(book.symbol)) this.#engine?.suspend(book)
    }
  }

  /** How lively the books of these symbols are. */
  activity(channel: Activity['channel'], symbols: readonly string[], now: number): Activity {
    const asked = [...this.#feeds.values()].filter(
      ({ topic }) => topic.channel === channel && symbols.includes(topic.symbol),
    )
    const told = asked.map(({ topic, messages, heardAt }) => [topic.symbol, { messages, age: now - heardAt }] as const)
    return { kind: 'activity', channel, books: new Map(told) }
  }
}

/** Whether a fresh snapshot, too, is crossed: then the exchange says so. */
export function isCrossed(book: Book): boolean {
  const best = book.frame(1)
  return best !== null && new Frame(best).crossed
}
