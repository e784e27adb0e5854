/** A small mirrored depth: cumulative bids to the left of the middle, asks to the right. */

import type { Side } from '@havklo/kraken-wasm'

import type { Hit, MiniDepthModel } from './model.js'
import { Kept } from './trust.js'
import { Widget } from './widget.js'
import type { Pen } from './widget.js'

/** Draws the best levels of a book. */
export class MiniDepth extends Widget<MiniDepthModel> {
  readonly #kept = new Kept()

  constructor() {
    super('Depth of the book')
  }

  hit(): Hit | null {
    return null
  }

  protected draw(pen: Pen, { book, levels }: MiniDepthModel): void {
    const { context, theme, width, height } = pen
    const kept = this.#kept
    kept.take(book)
    context.fillStyle = theme.bg2
    context.fillRect(0, 0, width, height)
    const most = Math.max(this.#total('bid', levels), this.#total('ask', levels))
    if (!kept.hasBook || most === 0) return
    for (const side of ['bid', 'ask'] as const) {
      context.fillStyle = !kept.isLive ? theme.text3 : theme[side]
      this.#side(pen, side, levels, most)
    }
  }

  #total(side: Side, levels: number): number {
    const { quantities, count } = this.#kept.side(side)
    let sum = 0
    for (let rank = 0; rank < Math.min(levels, count); rank += 1) sum += Number(quantities[rank] ?? 0n)
    return sum
  }

  #side({ context, width, height }: Pen, side: Side, levels: number, most: number): void {
    const { quantities, count } = this.#kept.side(side)
    const step = width / 2 / Math.max(1, levels)
    context.globalAlpha = 0.55
    let sum = 0
    for (let rank = 0; rank < Math.min(levels, count); rank += 1) {
      sum += Number(quantities[rank] ?? 0n)
      const high = Math.max(1, (sum / most) * height)
      const left = side === 'bid' ? width / 2 - (rank + 1) * step : width / 2 + rank * step
      context.fillRect(left, height - high, Math.max(1, step - 0.5), high)
    }
    context.globalAlpha = 1
  }
}
