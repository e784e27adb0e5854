/** What commands and the mouse do: changes of the layout, of what is looked at, and requests to the desk. */

import type { Desk } from '@havklo/desk'

import { picture, save, stamp } from '../../shared/picture.js'
import { link, reset } from '../../shared/settings.js'
import type { Source } from '../../shared/source.js'
import { figures } from './figures.js'
import type { Figures } from './figures.js'
import { ordered, pinned } from './order.js'
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

  get view() {
    return this.desk.view(this.symbol)
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

  inject(symbol: string, fault: string): void {
    void this.desk.inject(symbol, fault).then((refusal) => {
      if (refusal === null) this.note(`The simulator was asked: ${fault} for ${symbol}`)
      else this.note(refusal, 'warn')
    })
  }

  inspect(symbol: string): void {
    const { inspected } = this.passing
    inspected.value = inspected.value === symbol ? '' : symbol
  }

  // -- time -----------------------------------------------------------------------------------

  pause(): void {
    if (this.view.timeline.mode === 'paused') this.desk.play()
    else this.desk.pause()
  }

  step(frames: number): void {
    if (this.view.timeline.mode !== 'paused') this.desk.pause()
    this.desk.step(frames, this.symbol)
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
    this.desk.speed(SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, place))] ?? 1)
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

  snapshot(): void {
    void this.#attempt(async () => {
      save(await picture(document.body), `havnet-${stamp(this.desk.clock())}.png`)
      return 'Snapshot saved'
    })
  }

  exportIncident(symbol: string): void {
    void this.#attempt(async () => {
      const name = `havnet-${symbol.replaceAll('/', '-')}-${stamp(this.desk.clock())}.jsonl`
      save(await this.desk.export(symbol), name)
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
    reset('havnet')
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
}
