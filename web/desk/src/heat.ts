/** Columns of a heatmap: what rested where at the end of each bucket of time. */

import type { HeatColumn } from '@havklo/kit'
import { ticks } from '@havklo/kraken-wasm'
import type { Decimals, Ticks } from '@havklo/kraken-wasm'

import type { Levels } from './levels.js'

/** A column has no more rows than this; a wide book gets rows of several price increments. */
const MOST_ROWS = 320n
/** And rows are made finer again only when there are fewer than this, so that they do not flicker. */
const FEW_ROWS = 60n
const STEPS = [1n, 2n, 5n] as const

/** Chooses how many price increments make a row, and remembers it. */
export class Scale {
  #increments = 1n

  /** The width of a row for a book that spans so many units. */
  step(span: bigint, tick: bigint): bigint {
    const rows = span / (this.#increments * tick)
    if (rows > MOST_ROWS || (rows < FEW_ROWS && this.#increments > 1n)) this.#increments = fitting(span / tick)
    return this.#increments * tick
  }
}

/** The smallest round number of increments with which a span has at most so many rows. */
function fitting(increments: bigint): bigint {
  for (let ten = 1n; ; ten *= 10n)
    for (const step of STEPS) if (increments / (step * ten) <= MOST_ROWS) return step * ten
}

export interface ColumnOptions {
  readonly time: number
  readonly decimals: Decimals
  readonly tick: bigint
  readonly proven: boolean
}

/** The column of a book; null of one with an empty side. */
export function column(levels: Levels, scale: Scale, { time, decimals, tick, proven }: ColumnOptions): HeatColumn | null {
  const [bid, ask] = [levels.bid.best, levels.ask.best]
  const [lowest, highest] = [levels.bid.worst, levels.ask.worst]
  if (bid === null || ask === null || lowest === null || highest === null) return null
  const step = scale.step(highest - lowest, tick)
  const low = ticks((lowest / step) * step)
  const sizes = new Float32Array(Number((highest - low) / step) + 1)
  const unit = 10 ** decimals.qty
  const fill = (price: Ticks, size: number): void => {
    const row = Number((price - low) / step)
    sizes[row] = (sizes[row] ?? 0) + size
  }
  for (const half of [levels.bid, levels.ask]) for (const price of half.prices) fill(price, Number(half.at(price)) / unit)
  return { time, low, step, sizes, bid, ask, proven }
}
