/** What commands and the mouse do: changes of the layout, of what is looked at, and requests to the desk. */

import { plain, ticks } from '@havklo/kraken-wasm'
import type { Ticks } from '@havklo/kraken-wasm'

import { Doings } from '../../shared/doings.js'
import { stepped } from './measure.js'
import { GROUPS } from './state.js'
import type { Layout, Passing } from './state.js'

/** One page's doings. */
export class Actions extends Doings<Layout, Passing> {
  protected readonly app = 'havsyn'

  // -- what is looked at ----------------------------------------------------------------------

  symbols(): readonly string[] {
    return this.desk.symbols
  }

  /** The pair that is shown: the layout's, if it is traded here. */
  get symbol(): string {
    const wanted = this.layout.pair.value
    const known = this.symbols()
    return known.includes(wanted) ? wanted : (known[0] ?? wanted)
  }

  pair(symbol: string): void {
    const { centre, hover, anchor } = this.passing
    centre.value = hover.value = anchor.value = null
    this.layout.pair.value = symbol
    this.layout.group.value = 1
  }

  // -- the book -------------------------------------------------------------------------------

  group(by: 1 | -1): void {
    const { group } = this.layout
    const place = GROUPS.findIndex((rows) => rows >= group.value) + by
    group.value = GROUPS[Math.min(GROUPS.length - 1, Math.max(0, place))] ?? 1
  }

  /** What a row is wide in price, for people. */
  rowText(rows: number): string {
    const { frame, tick } = this.view.book
    return frame === null ? `${rows}` : plain(BigInt(rows) * tick, frame.decimals.price)
  }

  centre(): void {
    this.passing.centre.value = null
    this.passing.recentred.value += 1
  }

  /** Moves the price under the cursor by rows; the first time to the best bid or ask. */
  cursor(rows: number): void {
    const { hover } = this.passing
    const { frame, tick } = this.view.book
    const best = frame?.level(rows > 0 ? 'ask' : 'bid', 0)?.price ?? null
    const group = BigInt(this.layout.group.value)
    hover.value = hover.value === null ? best : stepped(hover.value, rows, group, tick)
  }

  measure(): void {
    const { anchor, hover } = this.passing
    anchor.value = anchor.value === null ? hover.value : null
    if (anchor.value === null && hover.value === null) this.note('Point at a price first, or press ↑ or ↓')
  }

  alert(): void {
    const price = this.passing.hover.value
    const bid = this.view.book.frame?.level('bid', 0)?.price
    if (price === null || bid === undefined) return this.note('Point at a price first, or press ↑ or ↓')
    const alert = { symbol: this.symbol, price, isAbove: price > bid }
    this.passing.alerts.value = [...this.passing.alerts.value, alert]
    this.note(`Alert set: ${this.symbol} ${alert.isAbove ? 'up' : 'down'} to ${this.priceText(price)}`)
  }

  priceText(price: Ticks): string {
    const { frame } = this.view.book
    return frame === null ? '' : plain(price, frame.decimals.price)
  }

  // -- the page -------------------------------------------------------------------------------

  inspect(): void {
    this.passing.inspector.value = !this.passing.inspector.value
  }

  /** Closes what lies on top, one thing at a time. */
  escape(): void {
    const { palette, inspector, sheet, anchor, hover } = this.passing
    if (palette.value !== 'closed') palette.value = 'closed'
    else if (inspector.value) inspector.value = false
    else if (sheet.value) sheet.value = false
    else if (anchor.value !== null) anchor.value = null
    else hover.value = null
  }
}

/** An exact decimal that somebody wrote, as an integer of so many decimals; null if it is none. */
export function exactly(text: string, decimals: number): bigint | null {
  const [, whole = '', fraction = ''] = /^(\d*)(?:\.(\d*))?$/.exec(text.trim()) ?? []
  if (whole + fraction === '' || fraction.length > decimals) return null
  return BigInt(whole + fraction.padEnd(decimals, '0'))
}

/** The row that a price is in, by its lowest price. */
export function rowOf(price: Ticks, width: bigint): Ticks {
  return ticks((price / width) * width)
}
