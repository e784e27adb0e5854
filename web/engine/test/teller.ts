/** One engine that answers as the vectors do: by symbols, and with texts for numbers. */

import { Engine, Frame, load, loadLevel3, plain } from '@havklo/kraken-wasm'
import type { Book, Channel, LevelChange, OrderChange, Outcome, Result, Side, Wasm } from '@havklo/kraken-wasm'

import type { Expected, Pair, Read, Story, Tracked } from './vectors.js'

/** The value of what has not failed. */
export function value<T, E>(result: Result<T, E>): T {
  if (result.ok) return result.value
  throw new Error(`failed: ${JSON.stringify(result.error)}`)
}

/** The module for each channel, the small one wherever it can do. */
export const modules: Readonly<Record<Channel, Wasm>> = {
  book: value(await load()),
  level3: value(await loadLevel3()),
}

export class Teller {
  readonly engine: Engine
  readonly books = new Map<string, Book>()

  constructor(
    story: Pick<Story, 'rules' | 'track'>,
    readonly channel: Channel,
  ) {
    this.engine = new Engine(modules[channel], story.rules === undefined ? {} : { rules: story.rules })
    for (const tracked of story.track) this.track(tracked)
  }

  track({ symbol, depth, precision }: Tracked): void {
    const decimals = precision === undefined ? {} : { precision: { price: precision[0], qty: precision[1] } }
    this.books.set(symbol, value(this.engine.track(symbol, { depth, channel: this.channel, ...decimals })))
  }

  book(symbol: string): Book {
    const book = this.books.get(symbol)
    if (book === undefined) throw new Error(`${symbol} was not tracked`)
    return book
  }

  frame(book: Book): Frame {
    const buffer = book.frame()
    if (buffer === null) throw new Error(`${book.symbol} is closed`)
    return new Frame(buffer)
  }

  receive(text: string): Expected {
    const outcome = this.engine.applyAndGet(text, 0xffff)
    if (outcome.kind === 'ignored') return 'none'
    if (outcome.kind === 'malformed') return 'malformed'
    if (outcome.kind === 'desync') {
      return { desync: { symbols: outcome.books.map(({ symbol }) => symbol), ...outcome.fault } }
    }
    if (outcome.frame === null) throw new Error('a proven message without its book')
    return { update: this.#update(outcome, outcome.frame) }
  }

  read(symbol: string): Read {
    const book = this.book(symbol)
    const { state } = book
    if (state !== 'live') {
      const nothing = { symbol, state, bids: null, asks: null }
      return this.channel === 'book' ? nothing : { ...nothing, places: null }
    }
    const frame = this.frame(book)
    const ladders = { symbol, state, bids: pairs(frame, 'bid'), asks: pairs(frame, 'ask') }
    return this.channel === 'book' ? ladders : { ...ladders, places: this.#places(book, frame) }
  }

  priority(symbol: string): Record<string, string> | null {
    const oracle = this.book(symbol).oracle()
    if (oracle === null) return null
    const { qty_down, qty_up, price } = oracle
    return { symbol, qty_down: qty_down.verdict, qty_up: qty_up.verdict, price: price.verdict }
  }

  #update({ book, snapshot }: Extract<Outcome, { kind: 'update' }>, frame: Frame): object {
    const { checksum, crossed, timestamp } = frame
    const head = { symbol: book.symbol, type: snapshot ? 'snapshot' : 'update', checksum, crossed, timestamp }
    if (this.channel === 'book') return { ...head, bids: pairs(frame, 'bid'), asks: pairs(frame, 'ask') }
    return {
      ...head,
      bids: this.#orders(book, frame, 'bid'),
      asks: this.#orders(book, frame, 'ask'),
      changes: this.engine.changes().map((change) => told(change, frame)),
      pushed_out: this.engine.pushedOut().sort(),
    }
  }

  #orders(book: Book, frame: Frame, side: Side): string[][] {
    const { price, qty } = frame.decimals
    return frame.levels(side).flatMap((level, rank) => {
      const orders = book.orders(side, rank)
      if (orders.length !== level.orders) throw new Error(`${orders.length} orders, not ${level.orders}`)
      return orders.map((order) => [plain(level.price, price), plain(order.qty, qty), order.orderId])
    })
  }

  #places(book: Book, frame: Frame): NonNullable<Read['places']> {
    const { qty } = frame.decimals
    const ids = (['bid', 'ask'] as const).flatMap((side) =>
      frame.levels(side).flatMap((_, rank) => book.orders(side, rank).map(({ orderId }) => orderId)),
    )
    return Object.fromEntries(
      ids.map((id) => {
        const place = book.place(id)
        if (place === null) throw new Error(`${id} has no place`)
        const { level, ordersAhead, qtyAhead, qtyLevel, proven } = place
        const texts = [plain(qtyAhead, qty), plain(qtyLevel, qty), proven ? 'exact' : 'bounded'] as const
        return [id, [level, ordersAhead, ...texts]]
      }),
    )
  }
}

export function pairs(frame: Frame, side: Side): Pair[] {
  return frame.levels(side).map((_, rank) => frame.text(side, rank) ?? ['', ''])
}

/** A time as the vectors hold it: those that a double can't are texts there. */
const time = (ns: bigint) => (BigInt(Number.MAX_SAFE_INTEGER) < ns ? `${ns}` : Number(ns))

function told(change: LevelChange | OrderChange, frame: Frame): (string | number)[] {
  if (change.kind === 'level') throw new Error('a level-3 message changes orders')
  const { price, qty } = frame.decimals
  const { side, event, orderId, cause, timestamp, entered, level, ordersAhead } = change
  return [
    ...[side, event, orderId, cause, plain(change.price, price), plain(change.qty, qty), plain(change.before, qty)],
    ...[time(timestamp), time(entered), level, ordersAhead, plain(change.qtyAhead, qty)],
  ]
}
