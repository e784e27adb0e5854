/** Trades over the heat: larger ones as larger circles, with a halo that holds them apart from it. */

import type { HeatModel, Print } from '../model.js'
import type { Pen } from '../widget.js'
import { firstAfter } from './plot.js'
import type { Plot } from './plot.js'

/** At most about so many are shown where nobody has set a threshold. */
const MOST = 60
const [LEAST_RADIUS, MOST_RADIUS] = [2.5, 15]
const HALO = 3

/** Trades large enough to be shown, with the size of the largest in view. */
export class Bubbles {
  #prints: readonly Print[] | null = null
  #threshold = 0
  #most = 1
  #from = 0
  #measured = ''
  #sizes = new Float64Array(256)

  draw({ context, theme }: Pen, { prints, bubble }: HeatModel, plot: Plot, isLive: boolean): void {
    this.#measure(prints, bubble, plot)
    for (let at = this.#from; at < prints.length; at += 1) {
      const print = prints[at]
      if (print === undefined || Number(print.qty) < this.#threshold) continue
      const [x, y, radius] = [plot.moment(print.time), plot.y(print.price), this.#radius(print)]
      if (y < 0 || y > plot.height || x > plot.width + radius) continue
      const colour = !isLive ? theme.text3 : print.side === 'buy' ? theme.bid : theme.ask
      context.beginPath()
      context.arc(x, y, radius, 0, 2 * Math.PI)
      context.strokeStyle = theme.halo
      context.lineWidth = HALO
      context.stroke()
      context.fillStyle = colour
      context.globalAlpha = 0.35
      context.fill()
      context.globalAlpha = 1
      context.strokeStyle = colour
      context.lineWidth = 1.25
      context.stroke()
    }
  }

  /** The topmost trade at a point; null if there is none. */
  hit(x: number, y: number, plot: Plot): Print | null {
    const prints = this.#prints ?? []
    for (let at = prints.length - 1; at >= this.#from; at -= 1) {
      const print = prints[at]
      if (print === undefined || Number(print.qty) < this.#threshold) continue
      if (Math.hypot(plot.moment(print.time) - x, plot.y(print.price) - y) <= this.#radius(print) + 2) return print
    }
    return null
  }

  #radius({ qty }: Print): number {
    return Math.max(LEAST_RADIUS, Math.min(1, Math.sqrt(Number(qty) / this.#most)) * MOST_RADIUS)
  }

  /** Once a column, by the trades before it: how large circles are does not depend on when in it one looks. */
  #measure(prints: readonly Print[], bubble: HeatModel['bubble'], plot: Plot): void {
    this.#from = firstAfter(prints, (plot.end - plot.capacity) * plot.bucketMs)
    this.#prints = prints
    const before = firstAfter(prints, (plot.end - 1) * plot.bucketMs)
    const until = before > this.#from ? before : prints.length
    const measured = `${prints[this.#from]?.id} ${prints[until - 1]?.id} ${until - this.#from} ${bubble}`
    if (measured === this.#measured) return
    this.#measured = measured
    const count = until - this.#from
    if (this.#sizes.length < count) this.#sizes = new Float64Array(2 * count)
    const sizes = this.#sizes.subarray(0, count)
    for (let at = 0; at < count; at += 1) sizes[at] = Number(prints[this.#from + at]?.qty ?? 0n)
    sizes.sort()
    this.#most = sizes.at(-1) ?? 1
    this.#threshold = bubble === null ? (sizes.at(-MOST) ?? 0) : Number(bubble)
  }
}
