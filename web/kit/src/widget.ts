/** What all canvas widgets share: a canvas in its host, sharp at any resolution, drawn when something has changed. */

import type { Hit } from './model.js'
import type { Tones } from './text.js'
import { currentTheme, onTheme } from './theme.js'
import type { Theme } from './theme.js'

/** What a widget draws with: sizes are in CSS pixels. */
export interface Pen {
  readonly context: CanvasRenderingContext2D
  readonly theme: Theme
  readonly width: number
  readonly height: number
  readonly ratio: number
  /** How wide a digit is in the numbers' font. */
  readonly digit: number
}

/** The fonts of a theme. */
export function monoFont({ mono, scale }: Theme, px = 12, weight = 400): string {
  return `${weight} ${px * scale}px ${mono}`
}

export function uiFont({ ui, scale }: Theme, px = 11, weight = 400): string {
  return `${weight} ${px * scale}px ${ui}`
}

/** A canvas that shows a model. */
export abstract class Widget<M extends object> {
  #canvas: HTMLCanvasElement | null = null
  #context: CanvasRenderingContext2D | null = null
  #observer: ResizeObserver | null = null
  #pen: Pen | null = null
  #model: M | null = null
  #drawn: M | null = null
  #stop: () => void = () => undefined

  /** `label` is what screen readers are told. */
  protected constructor(readonly label: string) {}

  /** Puts a canvas into `host`, over its whole area. */
  mount(host: HTMLElement): void {
    this.dispose()
    const canvas = host.ownerDocument.createElement('canvas')
    canvas.setAttribute('role', 'img')
    canvas.setAttribute('aria-label', this.label)
    Object.assign(canvas.style, { position: 'absolute', inset: '0', width: '100%', height: '100%', display: 'block' })
    host.append(canvas)
    this.#canvas = canvas
    this.#context = canvas.getContext('2d', { alpha: false })
    this.#observer = new ResizeObserver(() => this.#resized())
    this.#observer.observe(canvas)
    this.#stop = onTheme(() => this.#resized())
    this.#resized()
  }

  /** Draws a model, at once, unless it is the one that is there already. */
  frame(model: M): void {
    this.#model = model
    if (model !== this.#drawn) this.#paint()
  }

  /** What is at a point, in CSS pixels from the top left of the canvas. */
  abstract hit(x: number, y: number): Hit | null

  dispose(): void {
    this.#stop()
    this.#observer?.disconnect()
    this.#canvas?.remove()
    this.#canvas = this.#context = this.#observer = this.#pen = this.#drawn = null
  }

  protected abstract draw(pen: Pen, model: M): void

  /** The canvas, for what has to be known of it besides. */
  protected get canvas(): HTMLCanvasElement | null {
    return this.#canvas
  }

  /** Draws once more: something inside has changed. */
  protected redraw(): void {
    this.#paint()
  }

  #resized(): void {
    this.#pen = null
    this.#paint()
  }

  #paint(): void {
    const model = this.#model
    if (model === null || this.#canvas === null) return
    this.#pen ??= this.#ready()
    if (this.#pen === null) return
    this.#drawn = model
    this.draw(this.#pen, model)
  }

  #ready(): Pen | null {
    const [canvas, context] = [this.#canvas, this.#context]
    if (canvas === null || context === null) return null
    const { clientWidth: width, clientHeight: height } = canvas
    if (width === 0 || height === 0) return null
    const ratio = globalThis.devicePixelRatio || 1
    canvas.width = Math.round(width * ratio)
    canvas.height = Math.round(height * ratio)
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.textBaseline = 'middle'
    const theme = currentTheme()
    context.font = monoFont(theme)
    const digit = context.measureText('0').width
    return { context, theme, width, height, ratio, digit }
  }
}

/** A filled triangle: the letters of the fonts have none. */
export function triangle(context: CanvasRenderingContext2D, x: number, y: number, size: number, isUp: boolean): void {
  const tip = isUp ? -size / 2 : size / 2
  context.beginPath()
  context.moveTo(x, y + tip)
  context.lineTo(x - size / 2, y - tip)
  context.lineTo(x + size / 2, y - tip)
  context.fill()
}

/** Takes the colours out of what has been drawn there. */
export function drain(context: CanvasRenderingContext2D, x: number, y: number, width: number, height: number): void {
  context.globalCompositeOperation = 'saturation'
  context.fillStyle = 'rgb(128 128 128)'
  context.fillRect(x, y, width, height)
  context.globalCompositeOperation = 'source-over'
}

/** Writes a number in its tones, from left to right. */
export function write(
  context: CanvasRenderingContext2D,
  text: Tones,
  left: number,
  y: number,
  digit: number,
  dim: string,
  bright: string,
): void {
  let x = left
  context.fillStyle = dim
  if (text.shared !== '') context.fillText(text.shared, x, y)
  x += text.shared.length * digit
  if (text.zeros !== '') context.fillText(text.zeros, x + text.live.length * digit, y)
  if (text.live === '') return
  context.fillStyle = bright
  context.fillText(text.live, x, y)
}
