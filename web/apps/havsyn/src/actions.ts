/** What commands and the mouse do: changes of the layout, of what is looked at, and requests to the desk. */

import type { Desk } from '@havklo/desk'
import { plain, ticks } from '@havklo/kraken-wasm'
import type { Ticks } from '@havklo/kraken-wasm'

import { picture, save, stamp } from '../../shared/picture.js'
import { link, reset } from '../../shared/settings.js'
import type { Source } from '../../shared/source.js'
import { stepped } from './measure.js'
import { GROUPS } from './state.js'
import type { Layout, Note, Passing } from './state.js'

const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4, 8, 16] as const
const NOTE_MS = 5000

/** One page's doings. */
export class Actions {
  readonly faults = ['drop', 'corrupt', 'disconnect'] as const
  #notes = 0

  constructor(
    readonly desk: Desk,
    readonly source: Source,
    readonly layout: Layout,
    readonly passing: Passing,
  ) {}

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

  get view() {
    return this.desk.view(this.symbol)
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

  // -- time -----------------------------------------------------------------------------------

  pause(): void {
    if (this.view.timeline.mode === 'paused') this.desk.play()
    else this.desk.pause()
  }

  live(): void {
    this.desk.live()
  }

  step(frames: number): void {
    if (this.view.timeline.mode !== 'paused') this.desk.pause()
    this.desk.step(frames)
  }

  seek(ms: number): void {
    this.desk.seek(ms)
  }

  /** Jumps to the event before or after where playback stands. */
  event(by: 1 | -1): void {
    const { at, events } = this.view.timeline
    const times = events.map(({ time }) => time).sort((a, b) => a - b)
    const time = by > 0 ? times.find((each) => each > at) : times.findLast((each) => each < at)
    if (time === undefined) return this.note(by > 0 ? 'No event after this' : 'No event before this')
    if (this.view.timeline.mode !== 'paused') this.desk.pause()
    this.desk.seek(time)
  }

  speed(by: 1 | -1): void {
    const now = this.view.timeline.speed
    const place = SPEEDS.findIndex((speed) => speed >= now) + by
    const speed = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, place))] ?? 1
    this.desk.speed(speed)
    this.note(`Speed ${speed}×`)
  }

  // -- the page -------------------------------------------------------------------------------

  open(what: 'all' | 'pairs' | 'help'): void {
    this.passing.palette.value = what
  }

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

  inject(fault: string): void {
    void this.#attempt(async () => {
      const refused = await this.desk.inject(this.symbol, fault)
      if (refused !== null) throw new Error(refused)
      return `The simulator was asked: ${fault}`
    })
  }

  snapshot(): void {
    void this.#attempt(async () => {
      save(await picture(document.body), `${this.#file()}.png`)
      return 'Snapshot saved'
    })
  }

  exportIncident(): void {
    void this.#attempt(async () => {
      save(await this.desk.export(this.symbol), `${this.#file()}.jsonl`)
      return 'Incident saved: havklo verify reads it'
    })
  }

  copyLink(): void {
    void this.#attempt(async () => {
      await navigator.clipboard.writeText(link())
      return 'Link copied'
    })
  }

  reset(): void {
    reset('havsyn')
  }

  note(text: string, tone: Note['tone'] = 'info'): void {
    const { notes } = this.passing
    const id = (this.#notes += 1)
    notes.value = [...notes.value.slice(-2), { id, text, tone }]
    setTimeout(() => void (notes.value = notes.value.filter((note) => note.id !== id)), NOTE_MS)
  }

  async #attempt(work: () => Promise<string>): Promise<void> {
    try {
      this.note(await work())
    } catch (error) {
      this.note(error instanceof Error ? error.message : String(error), 'warn')
    }
  }

  #file(): string {
    return `havsyn-${this.symbol.replaceAll('/', '-')}-${stamp(this.desk.clock())}`
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
