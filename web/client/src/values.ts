/** What the values of subscriptions are made of: each channel gathers its events in its own way. */

import type { Asset, Candle, Instruments, Pair, Ticker, Trade, TradeGap } from './protocol/index.js'

/** Takes a channel's events in, and makes the value to be shown of them. */
export interface Gatherer<T, E> {
  take(event: E): void
  /** A new object after each change; null before there is anything. */
  value(): T | null
}

/** The latest trades and gaps, newest last. */
export type Trades = readonly (Trade | TradeGap)[]

/** All assets and pairs by their names. */
export interface Listing {
  readonly assets: ReadonlyMap<string, Asset>
  readonly pairs: ReadonlyMap<string, Pair>
}

export function latestTrades(keep: number): Gatherer<Trades, Trade | TradeGap> {
  let trades: Trades = []
  return {
    take(event) {
      trades = [...trades, event].slice(-keep)
    },
    value: () => trades,
  }
}

export function latestTicker(): Gatherer<Ticker, Ticker> {
  let ticker: Ticker | null = null
  return {
    take(event) {
      ticker = event
    },
    value: () => ticker,
  }
}

/** Candles by their beginning, oldest first; the last one still forms. */
export function latestCandles(keep: number): Gatherer<readonly Candle[], Candle> {
  let candles: Candle[] = []
  return {
    take(event) {
      const place = candles.findLastIndex((candle) => candle.intervalBegin <= event.intervalBegin)
      const known = candles[place]?.intervalBegin === event.intervalBegin
      candles = candles.toSpliced(known ? place : place + 1, known ? 1 : 0, event).slice(-keep)
    },
    value: () => candles,
  }
}

export function listing(): Gatherer<Listing, Instruments> {
  let [assets, pairs] = [new Map<string, Asset>(), new Map<string, Pair>()]
  return {
    take(event) {
      // A snapshot lists all there are; an update those that have changed.
      if (event.type === 'snapshot') [assets, pairs] = [new Map(), new Map()]
      assets = new Map([...assets, ...event.assets.map((asset) => [asset.id, asset] as const)])
      pairs = new Map([...pairs, ...event.pairs.map((pair) => [pair.symbol, pair] as const)])
    },
    value: () => ({ assets, pairs }),
  }
}
