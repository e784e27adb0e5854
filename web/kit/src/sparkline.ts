/** A line of the last minute, small. */

import type { Hit, SparklineModel } from './model.js'
import { isTrusted } from './trust.js'
import { Widget } from './widget.js'
import type { Pen } from './widget.js'

const EDGE = 2

/** Draws values without axes. */
export class Sparkline extends Widget<SparklineModel> {
  constructor() {
    super('Price of the last minute')
  }

  hit(): Hit | null {
    return null
  }

  protected draw({ context, theme, width, height }: Pen, { values, count, standing }: SparklineModel): void {
    context.fillStyle = theme.bg2
    context.fillRect(0, 0, width, height)
    let [low, high, first, last] = [Infinity, -Infinity, NaN, NaN]
    for (let at = 0; at < count; at += 1) {
      const value = values[at] ?? NaN
      if (Number.isNaN(value)) continue
      if (Number.isNaN(first)) first = value
      last = value
      low = Math.min(low, value)
      high = Math.max(high, value)
    }
    if (count < 2 || !(high >= low)) return
    const span = high - low || 1
    const y = (value: number) => EDGE + (1 - (value - low) / span) * (height - 2 * EDGE)
    context.beginPath()
    let isDown = false
    for (let at = 0; at < count; at += 1) {
      const value = values[at] ?? NaN
      const x = (at / (count - 1)) * width
      // A hole stays one: nothing is known there.
      if (Number.isNaN(value)) isDown = false
      else if (isDown) context.lineTo(x, y(value))
      else {
        context.moveTo(x, y(value))
        isDown = true
      }
    }
    context.strokeStyle = !isTrusted(standing) ? theme.text3 : last >= first ? theme.bid : theme.ask
    context.lineWidth = 1.25
    context.lineJoin = 'round'
    context.stroke()
  }
}
