/** One symbol looked at closely: a ladder, its liquidity and its trades, with a full desk of their own. */

import { effect, signal } from '@preact/signals'
import type { Desk } from '@havklo/desk'
import { Heatmap, Ladder, Tape } from '@havklo/kit'
import type { OwnOrder } from '@havklo/kit'
import type { Ticks } from '@havklo/kraken-wasm'

import { place } from '../../shared/place.js'
import type { Mount } from '../../shared/place.js'
import { follow } from '../../shared/pointer.js'
import type { Target } from '../../shared/pointer.js'
import type { Actions } from './actions.js'
import { begin } from './desks.js'

const NO_ORDERS: readonly OwnOrder[] = []

/** Draws the open card. */
export class Closeup {
  /** The desk of the symbol that is open; null while none is. */
  readonly desk = signal<Desk | null>(null)
  readonly ladder: Mount = place(() => new Ladder(), (widget) => (this.#ladder = widget), (...there) => this.#attach(...there))
  readonly heatmap: Mount = place(() => new Heatmap(), (widget) => (this.#heatmap = widget), (...there) => this.#attach(...there))
  readonly tape: Mount = place(() => new Tape(), (widget) => (this.#tape = widget), (...there) => this.#attach(...there))
  #ladder: Ladder | null = null
  #heatmap: Heatmap | null = null
  #tape: Tape | null = null
  #hover: Ticks | null = null
  #symbol = ''
  #version = -1
  #isDirty = true

  constructor(readonly actions: Actions) {
    effect(() => this.#follow(actions.layout.open.value))
  }

  get view() {
    return this.desk.value?.view(this.#symbol) ?? null
  }

  dirty(): void {
    this.#isDirty = true
  }

  draw(): void {
    const { view } = this
    if (view === null || (view.version === this.#version && !this.#isDirty)) return
    this.#version = view.version
    this.#isDirty = false
    const hover = this.#hover
    const { book, facts, heat, tape } = view
    this.#ladder?.frame({ book, facts, own: NO_ORDERS, group: 1n, centre: null, hover })
    this.#heatmap?.frame({ ...heat, hover })
    this.#tape?.frame({ ...tape, hover })
  }

  /** The symbols come with the connection: one that is open in the address may be known only later. */
  beat(): void {
    this.#follow(this.actions.layout.open.peek())
  }

  #follow(symbol: string): void {
    const wanted = this.actions.desk.symbols.includes(symbol) ? symbol : ''
    if (wanted === this.#symbol) return
    this.desk.peek()?.close()
    this.#symbol = wanted
    this.#version = -1
    this.#hover = null
    this.desk.value = wanted === '' ? null : begin(this.actions.source, [wanted], 'full')
    this.dirty()
  }

  /** Draws what comes to its place; a price under the pointer is lit in all three. */
  #attach(element: HTMLElement, widget: Target): () => void {
    this.dirty()
    return follow(element, widget, { over: (hit) => this.#light(hit?.price ?? null) })
  }

  #light(price: Ticks | null): void {
    if (price === this.#hover) return
    this.#hover = price
    this.dirty()
  }
}
