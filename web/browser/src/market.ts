/** A made-up market whose messages are as exact as Kraken's: refills, truncation, checksums and all. */

import { crc32 } from 'node:zlib'

/** One level, in units of the last decimals. */
interface Level {
  readonly price: number
  qty: number
}

/** What a market says next. */
export interface Said {
  readonly channel: 'book' | 'trade'
  readonly text: string
  /** After a book message: its sum and the best prices, as they are shown. */
  readonly sum: number
  readonly bid: string
  readonly ask: string
}

export interface Pair {
  readonly symbol: string
  readonly price: number
  readonly decimals: { readonly price: number; readonly qty: number }
}

type Side = 'bids' | 'asks'

const BEYOND = 60
const SUMMED = 10

/** Numbers in [0, 1), equal for equal seeds. */
export function chance(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** One pair's market at one depth. */
export class Market {
  readonly #random: () => number
  readonly #levels: Record<Side, Level[]> = { bids: [], asks: [] }
  #trades = 0
  /** Which way the market leans, from -1 to 1: it decides who is in a hurry. */
  #lean = 0

  constructor(
    readonly pair: Pair,
    readonly depth: number,
    seed: number,
  ) {
    this.#random = chance(seed)
    const step = 10 ** pair.decimals.price
    const middle = Math.round(pair.price * step)
    this.#levels.bids.push({ price: middle - 1, qty: this.#size(0) })
    this.#levels.asks.push({ price: middle + 1, qty: this.#size(0) })
    this.#deepen('bids')
    this.#deepen('asks')
  }

  /** A snapshot of the book as it is. */
  snapshot(time: string): Said {
    const rows = (side: Side) => this.#levels[side].slice(0, this.depth).map(({ price, qty }) => this.#row(price, qty))
    return this.#said('snapshot', rows('bids'), rows('asks'), time)
  }

  /** Trades that happened before, none. */
  trades(): string {
    return '{"channel":"trade","type":"snapshot","data":[]}'
  }

  /** The next messages: one of the book, and before it a trade if one has made it. */
  next(time: string): Said[] {
    this.#lean = Math.max(-1, Math.min(1, this.#lean * 0.999 + (this.#random() - 0.5) * 0.06))
    const side: Side = this.#random() < 0.5 ? 'bids' : 'asks'
    const levels = this.#levels[side]
    const rank = Math.min(this.depth - 1, Math.floor(-Math.log(1 - this.#random()) * 5))
    const lot = this.#random()
    const level = levels[rank]
    if (level === undefined) throw new Error('the market is empty')
    const spread = (this.#levels.asks[0]?.price ?? 0) - (this.#levels.bids[0]?.price ?? 0)
    // Where there is room, somebody improves the price; where it is tight, hardly anybody leaves.
    if (spread > 2 && lot < 0.1 * spread) return [this.#insert(side, 0, time)]
    if (lot < 0.62) return [this.#update(side, [this.#change(level, rank)], time)]
    if (lot < 0.73) return [this.#update(side, this.#remove(side, rank), time)]
    if (lot < 0.92) return [this.#insert(side, rank, time)]
    return this.#trade(this.#random() < 0.5 + this.#lean * 0.4 ? 'asks' : 'bids', time)
  }

  /** A message that brings the best prices onto each other, with the sum that such a book would have. */
  crossed(time: string): Said {
    const [ask] = this.#levels.asks
    if (ask === undefined) throw new Error('the market is empty')
    const bids = [{ price: ask.price, qty: this.#size(0) }, ...this.#levels.bids]
    const row = this.#row(ask.price, bids[0]?.qty ?? 0)
    return { ...this.#said('update', [row], [], time), text: this.#text('update', [row], [], time, this.#sum(bids, this.#levels.asks)) }
  }

  // -- what happens ---------------------------------------------------------------------------

  #change(level: Level, rank: number): string {
    const before = level.qty
    while (level.qty === before) level.qty = this.#size(rank)
    return this.#row(level.price, level.qty)
  }

  /** A removal, and what enters from outside of what is shown. */
  #remove(side: Side, rank: number): string[] {
    const levels = this.#levels[side]
    const [gone] = levels.splice(rank, 1)
    this.#deepen(side)
    const entering = levels[this.depth - 1]
    if (gone === undefined || entering === undefined) throw new Error('the market is empty')
    return [this.#row(gone.price, 0), this.#row(entering.price, entering.qty)]
  }

  #insert(side: Side, rank: number, time: string): Said {
    const levels = this.#levels[side]
    const away = side === 'bids' ? -1 : 1
    const [across] = this.#levels[side === 'bids' ? 'asks' : 'bids']
    const [best] = levels
    if (best === undefined || across === undefined) throw new Error('the market is empty')
    // Into the spread if there is room; otherwise behind the best price, where there may be a hole.
    const isBetter = rank === 0 && Math.abs(across.price - best.price) > 2
    const price = isBetter ? best.price - away : best.price + away * (1 + rank)
    const known = levels.findIndex((level) => level.price === price)
    const level = levels[known]
    if (level !== undefined) {
      const isShown = known < this.depth
      return this.#update(side, isShown ? [this.#change(level, known)] : this.#remove(side, 0), time)
    }
    const place = levels.findIndex((level) => (side === 'bids' ? level.price < price : level.price > price))
    const added = { price, qty: this.#size(rank) }
    levels.splice(place, 0, added)
    levels.length = Math.min(levels.length, this.depth + 3 * BEYOND)
    if (place >= this.depth) return this.#update(side, this.#remove(side, 0), time)
    return this.#update(side, [this.#row(price, added.qty)], time)
  }

  #trade(side: Side, time: string): Said[] {
    const [best] = this.#levels[side]
    if (best === undefined) throw new Error('the market is empty')
    const isWhole = this.#random() < 0.4
    const qty = isWhole ? best.qty : Math.max(1, Math.floor(best.qty * this.#random()))
    const isGone = qty >= best.qty
    best.qty -= qty
    const rows = isGone ? this.#remove(side, 0) : [this.#row(best.price, best.qty)]
    this.#trades += 1
    const { symbol } = this.pair
    const { price, qty: size } = this.#numbers(best.price, qty)
    const maker = side === 'asks' ? 'buy' : 'sell'
    const text = `{"channel":"trade","type":"update","data":[{"symbol":"${symbol}","side":"${maker}","price":${price},"qty":${size},"ord_type":"market","trade_id":${this.#trades},"timestamp":"${time}"}]}`
    const update = this.#update(side, rows, time)
    return [{ ...update, channel: 'trade', text }, update]
  }

  #deepen(side: Side): void {
    const levels = this.#levels[side]
    const away = side === 'bids' ? -1 : 1
    while (levels.length < this.depth + BEYOND) {
      const last = levels.at(-1)?.price ?? 0
      levels.push({ price: last + away * (1 + Math.floor(this.#random() ** 3 * 5)), qty: this.#size(levels.length) })
    }
  }

  /** Small at the best price, larger behind it, and now and then a wall. */
  #size(rank: number): number {
    const whole = (0.05 + this.#random() ** 3 * (1 + Math.min(rank, 40) / 10)) * (this.#random() < 0.01 ? 12 : 1)
    return Math.max(1, Math.round(whole * 10 ** this.pair.decimals.qty))
  }

  // -- how it is told -------------------------------------------------------------------------

  #update(side: Side, rows: readonly string[], time: string): Said {
    return this.#said('update', side === 'bids' ? rows : [], side === 'asks' ? rows : [], time)
  }

  #said(type: 'snapshot' | 'update', bids: readonly string[], asks: readonly string[], time: string): Said {
    const sum = this.#sum(this.#levels.bids, this.#levels.asks)
    const best = (side: Side) => this.#numbers(this.#levels[side][0]?.price ?? 0, 0).price
    return { channel: 'book', text: this.#text(type, bids, asks, time, sum), sum, bid: best('bids'), ask: best('asks') }
  }

  #text(type: string, bids: readonly string[], asks: readonly string[], time: string, sum: number): string {
    return `{"channel":"book","type":"${type}","data":[{"symbol":"${this.pair.symbol}","bids":[${bids.join()}],"asks":[${asks.join()}],"checksum":${sum},"timestamp":"${time}"}]}`
  }

  #sum(bids: readonly Level[], asks: readonly Level[]): number {
    let text = ''
    for (const side of [asks, bids])
      for (let rank = 0; rank < SUMMED; rank += 1) {
        const level = side[rank]
        if (level !== undefined) text += `${level.price}${level.qty}`
      }
    return crc32(text)
  }

  #row(price: number, qty: number): string {
    const numbers = this.#numbers(price, qty)
    return `{"price":${numbers.price},"qty":${numbers.qty}}`
  }

  #numbers(price: number, qty: number): { readonly price: string; readonly qty: string } {
    const { decimals } = this.pair
    return { price: exact(price, decimals.price), qty: exact(qty, decimals.qty) }
  }
}

/** Kraken's text of an integer with so many decimals. */
export function exact(value: number, decimals: number): string {
  const digits = String(value).padStart(decimals + 1, '0')
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}
