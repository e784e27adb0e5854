/** What a connection does, without a connection: bytes, time and chance go in, actions and events come out. */

export type { Action } from './actions.js'
export { Admission, Budget } from './admission.js'
export type { TokenError } from './admission.js'
export { Breaker, Gate } from './breaker.js'
export type {
  Asset,
  Candle,
  Exact,
  Instruments,
  MarketEvent,
  MessageType,
  Pair,
  Row,
  SessionEvent,
  SubscriptionError,
  Ticker,
  Trade,
  TradeGap,
} from './events.js'
export { Window } from './limits.js'
export { exact } from './json.js'
export { decode } from './messages.js'
export type { Activity, Lost, Message, Proven, Refusal, Rows } from './messages.js'
export { adopt, release } from './moving.js'
export type { ClockOffset } from './pings.js'
export { readCandles, readInstruments, readTickers, readTrades } from './rows.js'
export type { ReadRows, Readers } from './rows.js'
export { Session } from './session.js'
export type { Link, SessionOptions } from './session.js'
export { TIMINGS } from './timings.js'
export type { Timings } from './timings.js'
export { isBook, key, same } from './topic.js'
export type { ChannelName, Topic } from './topic.js'
export type { Admitter } from './wants.js'
