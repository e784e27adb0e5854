/** A page without a browser: canvases that write down what is drawn on them. */

import { vi } from 'vitest'

/** A text or an area, and its colour. */
export interface Mark {
  readonly kind: 'text' | 'area' | 'stroke' | 'fill' | 'image'
  readonly colour: string
  readonly text: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly mode: string
  readonly alpha: number
}

const DIGIT = 7

/** What a context does of which nothing needs to be known. */
const SILENT = [
  ...['setTransform', 'beginPath', 'moveTo', 'lineTo', 'arc', 'rect', 'roundRect'],
  ...['clip', 'save', 'restore', 'putImageData'],
]

export class FakeContext {
  readonly marks: Mark[] = []
  /** Those that nothing lies over. */
  shown: Mark[] = []
  fillStyle = ''
  strokeStyle = ''
  font = ''
  globalCompositeOperation = 'source-over'
  globalAlpha = 1

  constructor(readonly size: { readonly clientWidth: number } = { clientWidth: Infinity }) {
    for (const name of SILENT) Object.assign(this, { [name]: () => undefined })
  }

  measureText(text: string): { width: number } {
    return { width: text.length * DIGIT }
  }

  fillText(text: string, x: number, y: number): void {
    this.#mark('text', this.fillStyle, text, x, y)
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    const isOver = this.globalAlpha === 1 && this.globalCompositeOperation === 'source-over'
    if (isOver && x <= 0 && width >= this.size.clientWidth)
      this.shown = this.shown.filter((mark) => mark.y < y || mark.y >= y + height)
    this.#mark('area', this.fillStyle, '', x, y, width, height)
  }

  createLinearGradient(): { addColorStop(): void } {
    return { addColorStop: () => undefined }
  }

  fill(): void {
    this.#mark('fill', this.fillStyle)
  }

  stroke(): void {
    this.#mark('stroke', this.strokeStyle)
  }

  drawImage(_image: unknown, from: number, _top: number, length: number): void {
    this.#mark('image', '', `${from} ${length}`)
  }

  createImageData(width: number, height: number): { data: Uint8ClampedArray } {
    return { data: new Uint8ClampedArray(4 * width * height) }
  }

  #mark(kind: Mark['kind'], colour: string, text = '', x = 0, y = 0, width = 0, height = 0): void {
    const [mode, alpha] = [this.globalCompositeOperation, this.globalAlpha]
    const mark = { kind, colour, text, x, y, width, height, mode, alpha }
    this.marks.push(mark)
    this.shown.push(mark)
  }
}

/** Where widgets are mounted, of a size. */
export interface Page {
  readonly host: HTMLElement
  readonly context: FakeContext
  /** What has been drawn since it was last asked. */
  drawn(): readonly Mark[]
  /** What can be seen. */
  shown(): readonly Mark[]
  resize(width: number, height: number): void
}

/** Puts a page around a test, on which colours are the names of their properties; `vi.unstubAllGlobals()` takes it away. */
export function page(width = 400, height = 378): Page {
  const size = { clientWidth: width, clientHeight: height }
  const context = new FakeContext(size)
  const resized: (() => void)[] = []
  const make = (isVisible: boolean) => ({
    get clientWidth() {
      return size.clientWidth
    },
    get clientHeight() {
      return size.clientHeight
    },
    style: {},
    setAttribute: () => undefined,
    addEventListener: () => undefined,
    remove: () => undefined,
    getContext: () => (isVisible ? context : new FakeContext()),
  })
  const document = { createElement: () => make(false), documentElement: {}, fonts: null }
  const host = { ownerDocument: { createElement: () => make(true) }, append: () => undefined }
  vi.stubGlobal('document', document)
  vi.stubGlobal('devicePixelRatio', 2)
  vi.stubGlobal('getComputedStyle', () => ({
    getPropertyValue: (name: string) => (name === '--row' ? '18px' : name.startsWith('--bg') ? `#0b0d1${name.at(-1)}` : name),
  }))
  const watching = class {
    constructor(readonly heard: () => void) {}
    observe(): void {
      resized.push(this.heard)
    }
    disconnect(): void {}
  }
  vi.stubGlobal('ResizeObserver', watching)
  vi.stubGlobal('MutationObserver', class extends watching {
    override observe(): void {}
  })
  return {
    // Only what widgets use of a host is there.
    host: host as unknown as HTMLElement,
    context,
    drawn: () => context.marks.splice(0),
    shown: () => context.shown,
    resize: (wide, high) => {
      Object.assign(size, { clientWidth: wide, clientHeight: high })
      for (const heard of resized) heard()
    },
  }
}

/** All texts of one line of the picture, from left to right, put together. */
export function line(marks: readonly Mark[], y: number): string {
  const texts = marks.filter((mark) => mark.kind === 'text' && mark.y === y)
  return texts.toSorted((a, b) => a.x - b.x).map(({ text }) => text).join('')
}

/** The colours in which there is a mark. */
export function colours(marks: readonly Mark[]): ReadonlySet<string> {
  return new Set(marks.filter(({ mode }) => mode === 'source-over').map(({ colour }) => colour))
}
