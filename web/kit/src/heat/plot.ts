/** Where prices and times are in the picture of liquidity. */

import { ticks } from '@havklo/kraken-wasm'
import type { Ticks } from '@havklo/kraken-wasm'

import { floor } from '../group.js'
import type { HeatModel } from '../model.js'
import type { Pen } from '../widget.js'

export const AXIS_WIDTH = 66
export const TIME_HEIGHT = 18
/** Pixels a column and a row may have. */
const COLUMN_WIDTHS = [6, 4, 3, 2, 1] as const
const [LEAST_ROW, MOST_ROW] = [2, 12]
/** Rows stay as they are while they fit and fill this part of the height: or the picture would jump with the book. */
const FULL = 0.5
/** The market may wander through this part of the height before it is centred again. */
const [UPPER, LOWER] = [0.25, 0.75]

/** The geometry of one picture; it moves only when the market has left the middle. */
export class Plot {
  width = 0
  height = 0
  /** Pixels a column, and a row of prices. */
  column = 1
  row = 4
  rows = 0
  /** The lowest price of the first row, ticks a row, and how many rows of a column share it. */
  top: Ticks = ticks(0n)
  step = 1n
  shared = 1
  /** The index of the first column in view, and the bucket that the right edge ends. */
  from = 0
  end = 0
  bucketMs = 1
  #symbol = ''

  /** Fits a model into what there is to draw on. */
  fit({ columns, bucketMs, now, book }: HeatModel, { width, height, ratio }: Pen): void {
    this.width = Math.max(1, Math.floor(width - AXIS_WIDTH))
    this.height = Math.max(1, Math.floor(height - TIME_HEIGHT))
    this.bucketMs = bucketMs
    this.end = Math.floor(now / bucketMs) + 1
    const first = columns[0]
    const buckets = first === undefined ? 0 : this.end - Math.floor(first.time / bucketMs)
    // Never narrower than a pixel of the screen: columns that share one would flicker as they move.
    const least = 1 / Math.floor(Math.max(1, ratio))
    this.column = COLUMN_WIDTHS.find((pixels) => buckets * pixels <= this.width) ?? least
    this.from = firstAfter(columns, (this.end - this.capacity) * bucketMs)
    const last = columns.at(-1)
    if (last !== undefined) this.#place(last, book.symbol)
  }

  /** How many columns the width holds. */
  get capacity(): number {
    return Math.ceil(this.width / this.column)
  }

  /** The left edge of the column that a time is in. */
  x(time: number): number {
    return this.width - (this.end - Math.floor(time / this.bucketMs)) * this.column
  }

  /** Where within its column a moment is. */
  moment(time: number): number {
    return this.width - (this.end - time / this.bucketMs) * this.column
  }

  /** The middle of the row that a price is in; for prices between rows, between them. */
  y(price: bigint): number {
    return (Number(this.top - price) / Number(this.step) + 0.5) * this.row
  }

  price(y: number): Ticks {
    return ticks(this.top - BigInt(Math.floor(y / this.row)) * this.step)
  }

  time(x: number): number {
    return (this.end - (this.width - x) / this.column) * this.bucketMs
  }

  #place(last: HeatModel['columns'][number], symbol: string): void {
    const { sizes, bid, ask } = last
    const [shared, row] = this.#fitting(sizes.length, symbol)
    const step = BigInt(shared) * last.step
    const rows = Math.ceil(this.height / row)
    const middle = floor((bid + ask) / 2n, step)
    const at = Number((this.top - middle) / step) / rows
    const isOther = row !== this.row || rows !== this.rows || step !== this.step || symbol !== this.#symbol
    if (isOther || at < UPPER || at > LOWER) this.top = ticks(middle + BigInt(Math.floor(rows / 2)) * step)
    ;[this.row, this.rows, this.step, this.#symbol, this.shared] = [row, rows, step, symbol, shared]
  }

  /** How many of a column's rows share one, a power of two, and its pixels. */
  #fitting(count: number, symbol: string): readonly [shared: number, row: number] {
    const high = (count / this.shared) * this.row
    if (symbol === this.#symbol && high <= this.height && high > FULL * this.height) return [this.shared, this.row]
    const shared = 2 ** Math.max(0, Math.ceil(Math.log2((LEAST_ROW * count) / this.height)))
    const row = Math.floor((shared * this.height) / Math.max(1, count))
    return [shared, Math.min(MOST_ROW, Math.max(LEAST_ROW, row))]
  }
}

/** The index of the first of them at or after a time. */
export function firstAfter(items: readonly { readonly time: number }[], time: number): number {
  let [low, high] = [0, items.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((items[middle]?.time ?? 0) < time) low = middle + 1
    else high = middle
  }
  return low
}
