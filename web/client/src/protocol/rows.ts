/** What the channels without checksums say: one reader each, so that a page carries those that it uses. */

import type { Asset, Candle, Instruments, MessageType, Pair, Row, Ticker, Trade } from './events.js'
import { decimal, fields, or, text, whole } from './json.js'
import type { Reader } from './json.js'

/** Reads a message's data. Throws `Unreadable`. */
export type ReadRows = (data: unknown, type: MessageType, recvMs: number) => readonly Row[]

/** The readers of the channels that are in use, by their names. */
export type Readers = ReadonlyMap<string, ReadRows>

/** What is wrong with a message's data; `decode` makes a message of it. */
export class Unreadable extends Error {}

type Shape<T> = { readonly [K in keyof T]: Reader<T[K]> }

type TradeRow = Omit<Trade, 'kind' | 'recvMs' | 'source'>
type TickerRow = Omit<Ticker, 'kind' | 'recvMs' | 'type'>
type CandleRow = Omit<Candle, 'kind' | 'recvMs' | 'type'>

const TRADE: Shape<TradeRow> = {
  symbol: text,
  side: text,
  price: decimal,
  qty: decimal,
  ordType: text,
  tradeId: whole,
  timestamp: text,
}
const TICKER: Shape<TickerRow> = {
  symbol: text,
  bid: decimal,
  bidQty: decimal,
  ask: decimal,
  askQty: decimal,
  last: decimal,
  volume: decimal,
  vwap: decimal,
  low: decimal,
  high: decimal,
  change: decimal,
  changePct: decimal,
  trades: or(whole),
  timestamp: or(text),
}
const CANDLE: Shape<CandleRow> = {
  symbol: text,
  open: decimal,
  high: decimal,
  low: decimal,
  close: decimal,
  vwap: decimal,
  trades: whole,
  volume: decimal,
  intervalBegin: text,
  interval: whole,
  timestamp: or(text),
}
const ASSET: Shape<Asset> = { id: text, status: or(text), precision: or(whole), precisionDisplay: or(whole) }
const PAIR: Shape<Pair> = {
  symbol: text,
  base: text,
  quote: text,
  status: or(text),
  pricePrecision: whole,
  qtyPrecision: whole,
  priceIncrement: or(decimal),
  qtyIncrement: or(decimal),
  qtyMin: or(decimal),
  costPrecision: or(whole),
  costMin: or(decimal),
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new Unreadable('a list was expected')
}

/** Reads what a shape names; the wire has `trade_id` for `tradeId`. */
function shaped<T>(shape: Shape<T>, value: unknown): T {
  const found = fields(value)
  const read: Partial<T> = {}
  for (const name in shape) {
    const wire = name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`)
    const field = shape[name](found[wire])
    if (field === undefined) throw new Unreadable(`${wire} is missing or not what it should be`)
    read[name] = field
  }
  // Each of its names was read.
  return read as T
}

export const readTrades: ReadRows = (data, _, recvMs) =>
  list(data).map((row): Trade => ({ kind: 'trade', ...shaped(TRADE, row), recvMs, source: 'live' }))

export const readTickers: ReadRows = (data, type, recvMs) =>
  list(data).map((row): Ticker => ({ kind: 'ticker', type, ...shaped(TICKER, row), recvMs }))

export const readCandles: ReadRows = (data, type, recvMs) =>
  list(data).map((row): Candle => ({ kind: 'ohlc', type, ...shaped(CANDLE, row), recvMs }))

export const readInstruments: ReadRows = (data, type, recvMs) => {
  const { assets = [], pairs = [] } = fields(data)
  const listing: Instruments = {
    kind: 'instrument',
    type,
    assets: list(assets).map((asset) => shaped(ASSET, asset)),
    pairs: list(pairs).map((pair) => shaped(PAIR, pair)),
    recvMs,
  }
  return [listing]
}
