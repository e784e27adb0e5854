/** The timeline: what can be reached, what happened when, and where playback stands. */

import { clockText } from '../text.js'
import { monoFont, Widget } from '../widget.js'
import type { Pen } from '../widget.js'
import type { EventMark, Hit, TimelineModel } from '../model.js'

export interface TimelineOptions {
  /** Somebody has clicked or dragged to a time. */
  readonly onSeek?: (time: number) => void
}

const EDGE = 12
const CLOCK = 116
const NEAR = 5
const HEIGHTS: Readonly<Record<EventMark['severity'], number>> = { 1: 6, 2: 10, 3: 14 }

/** Draws a scrubber with marks. */
export class Timeline extends Widget<TimelineModel> {
  readonly #onSeek: TimelineOptions['onSeek']
  #model: TimelineModel | null = null
  #width = 1
  #ending: AbortController | null = null

  constructor({ onSeek }: TimelineOptions = {}) {
    super('Timeline')
    this.#onSeek = onSeek
  }

  override mount(host: HTMLElement): void {
    super.mount(host)
    const [canvas, onSeek] = [this.canvas, this.#onSeek]
    if (canvas === null || onSeek === undefined) return
    this.#ending = new AbortController()
    const { signal } = this.#ending
    let isHeld = false
    const seek = ({ offsetX, offsetY }: PointerEvent) => {
      const time = this.hit(offsetX, offsetY)?.time
      if (time != null) onSeek(time)
    }
    const begin = (event: PointerEvent) => {
      isHeld = true
      canvas.setPointerCapture(event.pointerId)
      seek(event)
    }
    canvas.addEventListener('pointerdown', begin, { signal })
    canvas.addEventListener('pointermove', (event) => isHeld && seek(event), { signal })
    canvas.addEventListener('lostpointercapture', () => (isHeld = false), { signal })
  }

  override dispose(): void {
    this.#ending?.abort()
    super.dispose()
  }

  /** The time at a point; over a mark it is the mark's, whose number among the events is the id. */
  hit(x: number, _y: number): Hit | null {
    const model = this.#model
    if (model === null) return null
    const { from, to, events } = model
    let [nearest, distance] = [-1, NEAR]
    for (const [index, { time }] of events.entries()) {
      const apart = Math.abs(this.#x(time) - x)
      if (apart <= distance) [nearest, distance] = [index, apart]
    }
    const mark = events[nearest]
    if (mark !== undefined) return { price: null, side: null, id: `${nearest}`, time: mark.time }
    const part = Math.max(0, Math.min(1, (x - EDGE) / Math.max(1, this.#width - 2 * EDGE - CLOCK)))
    return { price: null, side: null, id: null, time: from + part * (to - from) }
  }

  #x(time: number): number {
    const { from, to } = this.#model ?? { from: 0, to: 1 }
    const part = to > from ? (time - from) / (to - from) : 1
    return EDGE + Math.max(0, Math.min(1, part)) * (this.#width - 2 * EDGE - CLOCK)
  }

  protected draw(pen: Pen, model: TimelineModel): void {
    const { context, theme, width, height } = pen
    this.#model = model
    this.#width = width
    const { from, to, at, mode, speed, events } = model
    const middle = height / 2
    context.fillStyle = theme.bg1
    context.fillRect(0, 0, width, height)
    const [left, right, now] = [this.#x(from), this.#x(to), this.#x(at)]
    context.fillStyle = theme.line2
    context.fillRect(left, middle - 1, right - left, 2)
    const colour = mode === 'live' ? theme.text2 : theme.accent
    context.fillStyle = colour
    context.fillRect(left, middle - 1, now - left, 2)
    for (const { time, severity, kind } of events) {
      context.fillStyle = severity === 3 ? theme.ask : severity === 2 ? theme.warn : theme.info
      const high = HEIGHTS[severity]
      const x = Math.round(this.#x(time))
      context.fillRect(x - 1, middle - high / 2, 2, high)
      // Faults of the feed have a head, so that they are told from the market's events without colours.
      if (/sync|connect|gap/.test(kind)) context.fillRect(x - 2.5, middle - high / 2 - 2, 5, 4)
    }
    context.fillStyle = colour
    context.beginPath()
    context.arc(now, middle, 5, 0, 2 * Math.PI)
    context.fill()
    context.strokeStyle = theme.bg1
    context.lineWidth = 2
    context.stroke()
    context.font = monoFont(theme, 11)
    context.textAlign = 'right'
    const words = mode === 'live' ? clockText(at).slice(0, 8) : `${clockText(at).slice(0, 10)} ${speed}×`
    context.fillText(words, width - EDGE, middle)
    context.textAlign = 'left'
  }
}
