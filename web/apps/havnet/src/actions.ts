/** What commands and the mouse do: changes of the layout, of what is looked at, and requests to the desk. */

import { Doings } from '../../shared/doings.js'
import { figures } from './figures.js'
import type { Figures } from './figures.js'
import { ordered, pinned } from './order.js'
import type { Layout, Passing } from './state.js'

/** One page's doings. */
export class Actions extends Doings<Layout, Passing> {
  protected readonly app = 'havnet'

  // -- what is looked at ----------------------------------------------------------------------

  get pins(): readonly string[] {
    return this.layout.pins.value.split(',').filter(Boolean)
  }

  /** All cards that are asked for, in their order. */
  rows(): Figures[] {
    const { sort, filter } = this.layout
    const all = this.desk.symbols.map((symbol) => figures(this.desk.view(symbol)))
    return ordered(all, sort.value, filter.value, this.pins)
  }

  /** The symbol that keys are about: the one chosen, or the first there is. */
  get symbol(): string {
    const { chosen } = this.passing
    const { symbols } = this.desk
    return symbols.includes(chosen.value) ? chosen.value : (symbols[0] ?? '')
  }

  choose(symbol: string): void {
    this.passing.chosen.value = symbol
    const card = document.querySelector<HTMLElement>(`[data-symbol="${CSS.escape(symbol)}"]`)
    card?.scrollIntoView({ block: 'nearest' })
    card?.querySelector<HTMLElement>('.name')?.focus()
  }

  /** The card so many places further. */
  move(by: number): void {
    const shown = this.rows().map(({ symbol }) => symbol)
    const { value } = this.passing.chosen
    const place = shown.indexOf(value)
    const next = shown[place < 0 ? 0 : Math.min(shown.length - 1, Math.max(0, place + by))]
    if (next !== undefined) this.choose(next)
  }

  open(symbol: string): void {
    this.passing.chosen.value = symbol
    this.layout.open.value = symbol
  }

  close(): void {
    const before = this.layout.open.value
    this.layout.open.value = ''
    if (before !== '') this.choose(before)
  }

  pin(symbol: string): void {
    this.layout.pins.value = pinned(this.pins, symbol).join(',')
  }

  // -- engines --------------------------------------------------------------------------------

  isKilled(symbol: string): boolean {
    return this.passing.killed.value.has(symbol)
  }

  /** Ends one engine, or starts it again: the others do not notice. */
  toggleEngine(symbol: string): void {
    const { killed } = this.passing
    const wasKilled = this.isKilled(symbol)
    if (wasKilled) this.desk.restart(symbol)
    else this.desk.kill(symbol)
    const others = [...killed.value].filter((each) => each !== symbol)
    killed.value = new Set(wasKilled ? others : [...others, symbol])
    this.note(`The engine of ${symbol} was ${wasKilled ? 'started again' : 'killed'}`)
  }

  inspect(symbol: string): void {
    const { inspected } = this.passing
    inspected.value = inspected.value === symbol ? '' : symbol
  }

  // -- the page -------------------------------------------------------------------------------

  /** Closes what lies on top, one thing at a time. */
  escape(): void {
    const { palette, inspected, chosen } = this.passing
    if (palette.value !== 'closed') palette.value = 'closed'
    else if (inspected.value !== '') inspected.value = ''
    else if (this.layout.open.value !== '') this.close()
    else if (this.layout.filter.value !== '') this.layout.filter.value = ''
    else chosen.value = ''
  }
}
