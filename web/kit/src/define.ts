/** The widgets as elements: `<hav-ladder>` and the others, whose `model` is what they show. */

import { Footer } from './dom/footer.js'
import { Header } from './dom/header.js'
import { Inspector } from './dom/inspector.js'
import { Mirror } from './dom/mirror.js'
import { Palette } from './dom/palette.js'
import { Heatmap } from './heat/heatmap.js'
import { Ladder } from './ladder/ladder.js'
import { MiniDepth } from './mini_depth.js'
import type { Hit } from './model.js'
import { Sparkline } from './sparkline.js'
import { Tape } from './tape/tape.js'
import { Timeline } from './timeline/timeline.js'

/** What the options of a widget call is told by an element as an event of this name, with it as `detail`. */
const told = (element: HTMLElement, name: string) => (detail?: unknown) =>
  void element.dispatchEvent(new CustomEvent(`hav-${name}`, { detail, bubbles: true }))

interface Shown<M> {
  mount(host: HTMLElement): void
  frame(model: M): void
  hit(x: number, y: number): Hit | null
  dispose(): void
}

/** An element of the kit. */
export interface WidgetElement<M> extends HTMLElement {
  model: M | null
  hit(x: number, y: number): Hit | null
}

/** Makes the elements known, in pages; once. Only here a window is touched. */
export function define(): void {
  name('hav-ladder', () => new Ladder())
  name('hav-tape', () => new Tape())
  name('hav-sparkline', () => new Sparkline())
  name('hav-mini-depth', () => new MiniDepth())
  name('hav-mirror', () => new Mirror())
  name('hav-heatmap', (element) => new Heatmap({ onScale: told(element, 'scale') }))
  name('hav-timeline', (element) => new Timeline({ onSeek: told(element, 'seek') }))
  name('hav-footer', (element) => new Footer({ onOpen: told(element, 'open') }))
  name('hav-header', (element) => {
    const [onPair, onGroup] = [told(element, 'pair'), told(element, 'group')]
    return new Header({ onPair, onGroup, onLive: told(element, 'live'), onPalette: told(element, 'palette') })
  })
  name('hav-inspector', (element) => {
    return new Inspector({ onExport: told(element, 'export'), onClose: told(element, 'close') })
  })
  name('hav-palette', (element) => {
    const [onRun, onPair] = [told(element, 'run'), told(element, 'pair')]
    return new Palette({ onRun, onPair, onClose: told(element, 'close') })
  })
}

function name<M extends object>(tag: string, make: (element: HTMLElement) => Shown<M>): void {
  if (customElements.get(tag) !== undefined) return
  class Element extends HTMLElement implements WidgetElement<M> {
    readonly #widget = make(this)
    #model: M | null = null

    connectedCallback(): void {
      this.#widget.mount(this)
      this.#show()
    }

    disconnectedCallback(): void {
      this.#widget.dispose()
    }

    get model(): M | null {
      return this.#model
    }

    set model(model: M | null) {
      this.#model = model
      this.#show()
    }

    hit(x: number, y: number): Hit | null {
      return this.#widget.hit(x, y)
    }

    #show(): void {
      if (this.#model !== null && this.isConnected) this.#widget.frame(this.#model)
    }
  }
  customElements.define(tag, Element)
}
