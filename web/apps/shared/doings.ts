/** What every page does, whatever it shows: moves in time, tells notes, saves files, asks the simulator for faults. */

import type { Signal } from '@preact/signals'
import type { Desk, SymbolView } from '@havklo/desk'

import { picture, save, stamp } from './picture.js'
import { link, reset } from './settings.js'
import type { Source } from './source.js'

const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4, 8, 16] as const
const NOTE_MS = 5000

/** Something told in a corner of the page for a while. */
export interface Note {
  readonly id: number
  readonly text: string
  readonly tone: 'info' | 'warn'
}

/** What the palette is open for. */
export type Palette = 'closed' | 'all' | 'pairs' | 'help'

/** What is gone with the page, of every page. */
export interface Fleeting {
  readonly notes: Signal<readonly Note[]>
  readonly palette: Signal<Palette>
}

/** One page's doings. */
export abstract class Doings<Layout, Passing extends Fleeting> {
  readonly faults = ['drop', 'corrupt', 'disconnect'] as const
  /** The app's name, in its files and what it remembers. */
  protected abstract readonly app: string
  #notes = 0

  constructor(
    readonly desk: Desk,
    readonly source: Source,
    readonly layout: Layout,
    readonly passing: Passing,
  ) {}

  /** The symbol that is meant where none is named. */
  abstract get symbol(): string

  get view(): SymbolView {
    return this.desk.view(this.symbol)
  }

  find(what: Palette): void {
    this.passing.palette.value = what
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
    this.desk.step(frames, this.symbol)
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

  inject(fault: string, symbol = this.symbol): void {
    void this.#attempt(async () => {
      const refused = await this.desk.inject(symbol, fault)
      if (refused !== null) throw new Error(refused)
      return `The simulator was asked: ${fault} for ${symbol}`
    })
  }

  /** Saves the page as it is; `of` is what its name says that it shows. */
  snapshot(of = ''): void {
    void this.#attempt(async () => {
      save(await picture(document.body), `${this.#file(of)}.png`)
      return 'Snapshot saved'
    })
  }

  exportIncident(symbol = this.symbol): void {
    void this.#attempt(async () => {
      save(await this.desk.export(symbol), `${this.#file(symbol)}.jsonl`)
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
    reset(this.app)
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

  #file(of: string): string {
    return [this.app, of.replaceAll('/', '-'), stamp(this.desk.clock())].filter(Boolean).join('-')
  }
}
