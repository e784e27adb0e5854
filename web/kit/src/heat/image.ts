/** The sizes of a stretch of time as pixels: a ring, a column a bucket, of which only what is new is coloured. */

import type { HeatColumn } from '../model.js'
import type { Scale } from './scale.js'

/** What the rows of the image are. */
export interface Grid {
  /** The lowest price of the first row, and ticks a row. */
  readonly top: bigint
  readonly step: bigint
  readonly rows: number
}

/** A ring of columns, one pixel each. */
export class HeatImage {
  readonly canvas: HTMLCanvasElement
  readonly #context: CanvasRenderingContext2D | null
  #image: ImageData | null = null
  #words = new Uint32Array(0)
  #drawn: (HeatColumn | null)[] = []
  #grid: Grid = { top: 0n, step: 1n, rows: 0 }

  constructor(document: Document) {
    this.canvas = document.createElement('canvas')
    this.#context = this.canvas.getContext('2d', { alpha: false })
  }

  /** Makes room; tells nothing if there is the same already. */
  fit(columns: number, grid: Grid): void {
    const { top, step, rows } = this.#grid
    const isSame = this.#drawn.length === columns && rows === grid.rows
    if (!isSame) {
      this.canvas.width = columns
      this.canvas.height = grid.rows
      this.#image = this.#context?.createImageData(columns, grid.rows) ?? null
      this.#words = new Uint32Array(this.#image?.data.buffer ?? new ArrayBuffer(0))
      this.#drawn = new Array<HeatColumn | null>(columns).fill(null)
    }
    this.#grid = grid
    if (isSame && (top !== grid.top || step !== grid.step)) this.clear()
  }

  /** All columns are coloured anew the next time. */
  clear(): void {
    this.#drawn.fill(null)
  }

  /** The place of a time in the ring. */
  slot(time: number, bucketMs: number): number {
    const { length } = this.#drawn
    return length === 0 ? 0 : ((Math.floor(time / bucketMs) % length) + length) % length
  }

  /** Colours the columns from `from` on that are not there yet. The last one is still growing. */
  paint(columns: readonly HeatColumn[], from: number, bucketMs: number, scale: Scale, colours: Uint32Array): void {
    if (this.#image === null || this.#context === null) return
    let [first, last] = [Infinity, -1]
    for (let at = from; at < columns.length; at += 1) {
      const column = columns[at]
      if (column === undefined) continue
      const slot = this.slot(column.time, bucketMs)
      if (this.#drawn[slot] === column && at < columns.length - 1) continue
      this.#drawn[slot] = column
      this.#colour(column, slot, scale, colours)
      first = Math.min(first, slot)
      last = Math.max(last, slot)
    }
    if (last >= 0) this.#context.putImageData(this.#image, 0, 0, first, 0, last - first + 1, this.#grid.rows)
  }

  #colour({ low, step, sizes }: HeatColumn, slot: number, scale: Scale, colours: Uint32Array): void {
    const { top, step: height, rows } = this.#grid
    const width = this.#drawn.length
    const [begin, ratio] = [Number(top - low) / Number(step), Number(height) / Number(step)]
    for (let row = 0; row < rows; row += 1) {
      // Where several share a row the largest is seen: a wall must not fade because little stands beside it.
      const least = Math.floor(begin - row * ratio)
      let size = sizes[least] ?? 0
      for (let at = least + 1; at < begin - (row - 1) * ratio; at += 1) size = Math.max(size, sizes[at] ?? 0)
      this.#words[row * width + slot] = colours[scale.shade(size)] ?? 0
    }
  }
}
