/** Kraken market data that proves itself. Importing this opens no connection and fetches nothing. */

export { book, instrument, ohlc, ticker, trade } from './channels.js'
export type { BookOptions, Channel } from './channels.js'
export { Client } from './client.js'
export type { Health } from './client.js'
export { BookFeed, Feed } from './feed.js'
export type { BookEvent, FeedError } from './feed.js'
export { exact, scaled } from './numbers.js'
export type { ClientOptions, Level3 } from './options.js'
export type {
  Asset,
  Candle,
  Exact,
  Instruments,
  MessageType,
  Pair,
  SessionEvent,
  SubscriptionError,
  Ticker,
  Trade,
  TradeGap,
} from './protocol/index.js'
export type { Socket, SocketClass, SocketEvent } from './socket.js'
export type { View } from './view.js'
export type { Listing, Trades } from './values.js'
