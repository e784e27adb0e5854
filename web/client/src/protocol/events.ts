/** What a user hears: market data of the channels without checksums, and what becomes of connections. */

/** A number as exact plain text, such as `0.00001`; it never was a float. */
export type Exact = string

/** One trade. */
export interface Trade {
  readonly kind: 'trade'
  readonly symbol: string
  /** The taker's side: "buy" or "sell". */
  readonly side: string
  readonly price: Exact
  readonly qty: Exact
  /** The taker's order: "limit" or "market". */
  readonly ordType: string
  /** Kraken's number for it; each pair has its own sequence. */
  readonly tradeId: number
  /** When it happened, as Kraken says it (RFC 3339). */
  readonly timestamp: string
  /** When its message came, in milliseconds since 1970. */
  readonly recvMs: number
  /** `snapshot`: it happened before the subscription; `repair`: it was missed, and is taken from a later snapshot. */
  readonly source: 'live' | 'snapshot' | 'repair'
}

/** Trades that are missing, and that no snapshot can bring back. */
export interface TradeGap {
  readonly kind: 'trade_gap'
  readonly symbol: string
  /** The first missing number; 1 if nobody can tell, for no trade was told before. */
  readonly first: number
  /** The last one; null if Kraken has begun to number anew. */
  readonly last: number | null
  /** How many they are; null if nobody can tell. */
  readonly count: number | null
  readonly reason: 'beyond the snapshot' | 'no snapshot came' | 'too many held back' | 'numbered anew'
  readonly recvMs: number
}

/** The figures of 24 hours, and the best bid and ask. */
export interface Ticker {
  readonly kind: 'ticker'
  readonly type: MessageType
  readonly symbol: string
  readonly bid: Exact
  readonly bidQty: Exact
  readonly ask: Exact
  readonly askQty: Exact
  readonly last: Exact
  readonly volume: Exact
  readonly vwap: Exact
  readonly low: Exact
  readonly high: Exact
  readonly change: Exact
  readonly changePct: Exact
  readonly trades: number | null
  readonly timestamp: string | null
  readonly recvMs: number
}

/** One candle; the one that still forms comes again with each change. */
export interface Candle {
  readonly kind: 'ohlc'
  readonly type: MessageType
  readonly symbol: string
  readonly open: Exact
  readonly high: Exact
  readonly low: Exact
  readonly close: Exact
  readonly vwap: Exact
  readonly trades: number
  readonly volume: Exact
  /** When it began (RFC 3339). */
  readonly intervalBegin: string
  /** How many minutes it covers. */
  readonly interval: number
  readonly timestamp: string | null
  readonly recvMs: number
}

/** One asset of the instrument channel. */
export interface Asset {
  readonly id: string
  readonly status: string | null
  readonly precision: number | null
  readonly precisionDisplay: number | null
}

/** One pair of the instrument channel. */
export interface Pair {
  readonly symbol: string
  readonly base: string
  readonly quote: string
  readonly status: string | null
  /** Decimals of a price. */
  readonly pricePrecision: number
  /** Decimals of a quantity. */
  readonly qtyPrecision: number
  readonly priceIncrement: Exact | null
  readonly qtyIncrement: Exact | null
  readonly qtyMin: Exact | null
  readonly costPrecision: number | null
  readonly costMin: Exact | null
}

/** Assets and pairs: all of them in a snapshot, those that have changed in an update. */
export interface Instruments {
  readonly kind: 'instrument'
  readonly type: MessageType
  readonly assets: readonly Asset[]
  readonly pairs: readonly Pair[]
  readonly recvMs: number
}

export type MessageType = 'snapshot' | 'update'

/** What a message of a channel without checksums is made of. */
export type Row = Trade | Ticker | Candle | Instruments

/** What a topic tells that no engine keeps. */
export type MarketEvent = Row | TradeGap

/** Why a subscription is not, or no longer. */
export interface SubscriptionError {
  /** `subscribe_timeout`: it did not become live in time; `subscription_error`: Kraken has refused it. */
  readonly kind: 'subscribe_timeout' | 'subscription_error'
  readonly symbol: string
  readonly channel: string
  /** Kraken's own words, or what stood in the way. */
  readonly error: string
}

/** What a session tells about itself and its subscriptions. */
export type SessionEvent =
  | { readonly kind: 'heartbeat'; readonly connection: number; readonly recvMs: number }
  /** A connection is open; `again`: it replaces one that was lost. */
  | { readonly kind: 'connected'; readonly connection: number; readonly attempts: number; readonly again: boolean }
  /** It has ended or could not be made; its topics are no longer live. */
  | {
      readonly kind: 'connection_lost'
      readonly connection: number
      readonly reason: string
      readonly retryInMs: number
      readonly code: number | null
    }
  /** It is silent, without even a heartbeat; its topics are no longer live. */
  | { readonly kind: 'stalled'; readonly connection: number; readonly silentMs: number }
  /** A subscription is unusually silent while its connection speaks; it is subscribed anew, to be sure of it. */
  | { readonly kind: 'silent'; readonly symbol: string; readonly channel: string; readonly silentMs: number }
  /** After failures in a row nobody connects for a while, then one, then all. */
  | {
      readonly kind: 'breaker_changed'
      readonly role: string
      readonly state: 'closed' | 'open' | 'half_open'
      readonly failures: number
      readonly retryInMs: number
    }
  /** A subscription that was broken is live again. */
  | {
      readonly kind: 'resync'
      readonly symbol: string
      readonly reason: string
      readonly attempts: number
      readonly tookMs: number
      readonly channel: string
    }
  /** A fresh snapshot is verified and yet crossed: this is what Kraken says. */
  | { readonly kind: 'crossed_book'; readonly symbol: string }
  /** A frame could not be read. */
  | { readonly kind: 'malformed'; readonly connection: number; readonly detail: string }
  /** Kraken's own account of itself. */
  | {
      readonly kind: 'status'
      readonly system: string
      readonly connectionId: number | string | null
      readonly version: string
      readonly apiVersion: string
      /** Kraken's own words of what is announced, every number as text. */
      readonly upcomingMaintenance: readonly unknown[]
      readonly emergency: readonly unknown[]
    }
  /** Kraken refused something that no waiting request accounts for. */
  | { readonly kind: 'refused'; readonly error: string; readonly method: string | null; readonly symbol: string | null }
  /** A subscription that had been live has ended for good. */
  | {
      readonly kind: 'subscription_lost'
      readonly symbol: string
      readonly channel: string
      readonly error: SubscriptionError
    }
