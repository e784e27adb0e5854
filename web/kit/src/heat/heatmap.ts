/** The heatmap: what rested at each price through time, the best prices, and the trades between them. */

import { nothing, notice, untrusted } from '../notice.js'
import { Kept } from '../trust.js'
import { drain, Widget } from '../widget.js'
import type { Pen } from '../widget.js'
import type { Hit, HeatModel } from '../model.js'
import { Bubbles } from './bubbles.js'
import { shades } from './colours.js'
import { HeatImage } from './image.js'
import { handle, legend, moved } from './legend.js'
import { axes, best, profile, tag, unproven } from './lines.js'
import { Plot } from './plot.js'
import { Scale } from './scale.js'

export interface HeatmapOptions {
  /** Somebody has moved a handle of the legend: the percentiles that the next model should have. */
  readonly onScale?: (scale: readonly [low: number, high: number]) => void
}

/** The legend needs so much room; strips on phones have none. */
const [LEGEND_WIDTH, LEGEND_HEIGHT] = [260, 160]

/** Draws liquidity over time. */
export class Heatmap extends Widget<HeatModel> {
  readonly #kept = new Kept()
  readonly #plot = new Plot()
  readonly #scale = new Scale()
  readonly #bubbles = new Bubbles()
  readonly #onScale: HeatmapOptions['onScale']
  #image: HeatImage | null = null
  #colours = shades(false)
  #theme: Pen['theme'] | null = null
  #measured = ''
  #legend: readonly [number, number] = [50, 99.5]
  #hasLegend = false
  #ending: AbortController | null = null

  constructor({ onScale }: HeatmapOptions = {}) {
    super('Liquidity over time')
    this.#onScale = onScale
  }

  override mount(host: HTMLElement): void {
    super.mount(host)
    if (this.canvas !== null) this.#drag(this.canvas)
  }

  override dispose(): void {
    this.#ending?.abort()
    super.dispose()
  }

  /** How far back the picture reaches, in milliseconds. */
  get spanMs(): number {
    return this.#plot.capacity * this.#plot.bucketMs
  }

  hit(x: number, y: number): Hit | null {
    const plot = this.#plot
    if (!this.#kept.hasBook || y < 0 || y >= plot.height || x < 0) return null
    if (this.#hasLegend && handle(x, y, this.#legend) !== null) return null
    const bubble = x < plot.width ? this.#bubbles.hit(x, y, plot) : null
    if (bubble !== null) return { price: bubble.price, side: null, id: `${bubble.id}`, time: bubble.time }
    return { price: plot.price(y), side: null, id: null, time: x < plot.width ? plot.time(x) : null }
  }

  protected draw(pen: Pen, model: HeatModel): void {
    const { context, theme, width, height } = pen
    const { book, columns, show, hover } = model
    const [kept, plot] = [this.#kept, this.#plot]
    kept.take(book)
    context.fillStyle = theme.bg1
    context.fillRect(0, 0, width, height)
    if (!kept.hasBook || columns.length === 0) {
      nothing(pen, kept.isLive ? 'The first column is on its way' : `${untrusted(book.standing)}: no proven book yet`)
      return
    }
    plot.fit(model, pen)
    this.#prepare(pen, model)
    context.save()
    context.beginPath()
    context.rect(0, 0, plot.width, plot.height)
    context.clip()
    if (show.heat) this.#heat(pen, model)
    unproven(pen, model, plot)
    if (show.profile) profile(pen, model, plot, kept.isLive)
    best(pen, model, plot, kept.isLive)
    if (show.bubbles) this.#bubbles.draw(pen, model, plot, kept.isLive)
    if (hover !== null) {
      context.fillStyle = theme.text3
      context.fillRect(0, Math.round(plot.y(hover)), plot.width, 1)
    }
    context.restore()
    axes(pen, model, plot, kept)
    this.#tags(pen, model)
    this.#hasLegend = show.heat && width >= LEGEND_WIDTH && height >= LEGEND_HEIGHT
    if (this.#hasLegend) legend(pen, this.#colours, this.#scale, model.scale, kept.isLive)
    if (!kept.isLive) notice(pen, book.standing, book.reason, book.ageMs)
  }

  #prepare({ theme }: Pen, { columns, scale, bucketMs }: HeatModel): void {
    const plot = this.#plot
    this.#image ??= new HeatImage(document)
    if (theme !== this.#theme) {
      this.#theme = theme
      this.#colours = shades(isBright(theme.bg1))
      this.#image.clear()
    }
    this.#image.fit(plot.capacity, { top: plot.top, step: plot.step, rows: plot.rows })
    this.#legend = scale
    const measured = `${columns.at(-1)?.time} ${plot.from} ${bucketMs} ${scale[0]} ${scale[1]} ${plot.column}`
    if (measured === this.#measured) return
    this.#measured = measured
    if (this.#scale.measure(columns, plot.from, scale[0], scale[1])) this.#image.clear()
  }

  /** Copies the ring into the picture, one run of columns that follow each other at a time. */
  #heat({ context }: Pen, { columns, bucketMs }: HeatModel): void {
    const [plot, image] = [this.#plot, this.#image]
    if (image === null) return
    image.paint(columns, plot.from, bucketMs, this.#scale, this.#colours)
    context.imageSmoothingEnabled = false
    const high = plot.rows * plot.row
    for (let at = plot.from; at < columns.length; ) {
      const time = columns[at]?.time ?? 0
      const slot = image.slot(time, bucketMs)
      let length = 1
      while (
        at + length < columns.length &&
        slot + length < plot.capacity &&
        image.slot(columns[at + length]?.time ?? 0, bucketMs) === slot + length
      )
        length += 1
      context.drawImage(image.canvas, slot, 0, length, plot.rows, plot.x(time), 0, length * plot.column, high)
      at += length
    }
    if (!this.#kept.isLive) drain(context, 0, 0, plot.width, plot.height)
  }

  #tags(pen: Pen, { hover, prints }: HeatModel): void {
    const { theme } = pen
    const last = prints.at(-1)
    if (last !== undefined) {
      const ground = !this.#kept.isLive ? theme.line2 : last.side === 'buy' ? theme.bid : theme.ask
      tag(pen, this.#plot, last.price, ground, this.#kept.isLive ? theme.bg1 : theme.text1)
    }
    if (hover !== null) tag(pen, this.#plot, hover, theme.bg3, theme.text1)
  }

  #drag(canvas: HTMLCanvasElement): void {
    const onScale = this.#onScale
    if (onScale === undefined) return
    this.#ending = new AbortController()
    const { signal } = this.#ending
    let held: 'low' | 'high' | null = null
    const begin = (event: PointerEvent) => {
      held = this.#hasLegend ? handle(event.offsetX, event.offsetY, this.#legend) : null
      if (held === null) return
      event.preventDefault()
      canvas.setPointerCapture(event.pointerId)
      onScale(moved(held, event.offsetX, this.#legend))
    }
    canvas.addEventListener('pointerdown', begin, { signal })
    const move = (event: PointerEvent) => held !== null && onScale(moved(held, event.offsetX, this.#legend))
    canvas.addEventListener('pointermove', move, { signal })
    canvas.addEventListener('lostpointercapture', () => (held = null), { signal })
  }
}

/** Whether a `#rgb` or `#rrggbb` ground is nearer to white than to black. */
function isBright(colour: string): boolean {
  const digits = colour.replace('#', '')
  const first = digits.length < 6 ? digits[1] : digits[2]
  return Number.parseInt(first ?? '0', 16) > 7
}
