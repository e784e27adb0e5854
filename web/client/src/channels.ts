/** What can be subscribed to: each function describes a channel, `Client.subscribe` makes it live. */

import { BookFeed, Feed } from './feed.js'
import type { AnyFeed, Owner } from './feed.js'
import { readCandles, readInstruments, readTickers, readTrades } from './protocol/index.js'
import type { Candle, Instruments, MarketEvent, ReadRows, Ticker, Topic, Trade, TradeGap } from './protocol/index.js'
import { latestCandles, latestTicker, latestTrades, listing } from './values.js'
import type { Gatherer, Listing, Trades } from './values.js'

/** A feed, and where its events go. */
export interface Part<F extends AnyFeed> {
  readonly feed: F
  readonly take: (event: MarketEvent) => void
}

/** A description of something to subscribe to; its type says what `Client.subscribe` gives back. */
export interface Channel<F extends AnyFeed> {
  readonly topic: Topic
  /** Reads its messages; null for those that the engine reads. */
  readonly read: ReadRows | null
  readonly open: (owner: Owner) => Part<F>
}

export interface BookOptions<D extends number> {
  /** Levels a side, as subscribed; 10 unless told otherwise. */
  readonly depth?: D
  /** How many levels a side are shown; all unless told otherwise. */
  readonly levels?: number
}

/** The verified book of a symbol, such as `BTC/USD`. */
export function book(symbol: string, options: BookOptions<10 | 25 | 100 | 500 | 1000> = {}): Channel<BookFeed> {
  return kept({ channel: 'book', symbol, depth: options.depth ?? 10 }, options.levels)
}

/** Its trades, without holes: what is missing and can't be repaired is a `trade_gap`. The latest `keep` are shown. */
export function trade(
  symbol: string,
  { keep = 100 }: { readonly keep?: number } = {},
): Channel<Feed<Trades, Trade | TradeGap>> {
  return gathered({ channel: 'trade', symbol }, readTrades, () => latestTrades(keep))
}

/** Its ticker, at each trade or with `bbo` at each change of the best bid and ask. */
export function ticker(
  symbol: string,
  { trigger = 'trades' }: { readonly trigger?: 'trades' | 'bbo' } = {},
): Channel<Feed<Ticker, Ticker>> {
  return gathered({ channel: 'ticker', symbol, eventTrigger: trigger }, readTickers, latestTicker)
}

/** Its candles of so many minutes; the latest `keep` are shown, oldest first. */
export function ohlc(
  symbol: string,
  options: { readonly interval?: 1 | 5 | 15 | 30 | 60 | 240 | 1440 | 10080 | 21600; readonly keep?: number } = {},
): Channel<Feed<readonly Candle[], Candle>> {
  const { interval = 1, keep = 720 } = options
  return gathered({ channel: 'ohlc', symbol, interval }, readCandles, () => latestCandles(keep))
}

/** All assets and pairs, with their decimals. */
export function instrument(): Channel<Feed<Listing, Instruments>> {
  return gathered({ channel: 'instrument', symbol: '' }, readInstruments, listing)
}

/** A channel of books. */
export function kept(topic: Topic, levels: number | undefined): Channel<BookFeed> {
  return { topic, read: null, open: (owner) => ({ feed: new BookFeed(owner, topic, levels), take: () => undefined }) }
}

function gathered<T, E extends MarketEvent>(
  topic: Topic,
  read: ReadRows,
  gatherer: () => Gatherer<T, E>,
): Channel<Feed<T, E>> {
  const open = (owner: Owner): Part<Feed<T, E>> => {
    const { take, value } = gatherer()
    const feed: Feed<T, E> = new Feed(owner, topic, value)
    const both = (event: E): void => {
      take(event)
      feed.tell(event)
    }
    // To a topic come only events of its own channel.
    return { feed, take: both as (event: MarketEvent) => void }
  }
  return { topic, read, open }
}
