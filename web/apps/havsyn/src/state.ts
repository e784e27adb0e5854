/** Havsyn's state: the layout, which lives in the address, and what passes with the page. */

import { signal } from '@preact/signals'
import type { Ticks } from '@havklo/kraken-wasm'

import type { Note, Palette } from '../../shared/doings.js'
import { COLOURS } from '../../shared/linked.js'
import { choice, flag, settings, within, words } from '../../shared/settings.js'
import { APPEARANCE } from '../../shared/theme.js'
import type { Wall } from './walls.js'

export const GROUPS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000] as const
export const WINDOWS = [5, 30, 120] as const
export const MERGES = [0, 50, 250] as const

/** Everything that a link to a layout holds. */
export const LAYOUT = {
  ...APPEARANCE,
  /** The colour of the pages that look at the same pair. */
  link: choice(COLOURS, 'none'),
  pair: words(''),
  group: choice(GROUPS, 1),
  window: choice(WINDOWS, 30),
  merge: choice(MERGES, 50),
  /** The smallest print shown, the smallest emphasised, and the quantity of a wall: exact decimals; empty: chosen from what is there. */
  least: words(''),
  large: words(''),
  wall: words(''),
  low: within(0, 99, 50),
  high: within(1, 100, 99.5),
  heat: flag(true),
  bubbles: flag(true),
  profile: flag(true),
  /** Panes. */
  map: flag(true),
  trades: flag(true),
  walls: flag(true),
  /** Widths in pixels of the ladder and of the right column. */
  ladder: within(320, 900, 400),
  right: within(240, 700, 288),
  table: flag(false),
}

export type Layout = ReturnType<typeof layout>

export function layout() {
  return settings('havsyn', LAYOUT)
}

/** A price that someone wants to be told of. */
export interface Alert {
  readonly symbol: string
  readonly price: Ticks
  /** Whether the market was below it when it was set. */
  readonly isAbove: boolean
}

/** What is gone with the page. */
export function passing() {
  return {
    centre: signal<Ticks | null>(null),
    /** Grows when somebody wants the market in the middle. */
    recentred: signal(0),
    hover: signal<Ticks | null>(null),
    /** Where a measure begins. */
    anchor: signal<Ticks | null>(null),
    alerts: signal<readonly Alert[]>([]),
    notes: signal<readonly Note[]>([]),
    walls: signal<readonly Wall[]>([]),
    /** Whether the tape is pulled up on a phone. */
    sheet: signal(false),
    inspector: signal(false),
    palette: signal<Palette>('closed'),
  }
}

export type Passing = ReturnType<typeof passing>
