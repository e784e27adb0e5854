/** Havnet's state: the layout, which lives in the address, and what passes with the page. */

import { signal } from '@preact/signals'

import type { Note, Palette } from '../../shared/doings.js'
import { COLOURS } from '../../shared/linked.js'
import { choice, flag, settings, words } from '../../shared/settings.js'
import { APPEARANCE } from '../../shared/theme.js'
import { SORTS } from './order.js'

/** Everything that a link to a layout holds. */
export const LAYOUT = {
  ...APPEARANCE,
  /** The colour of the pages that look at the same pair. */
  link: choice(COLOURS, 'none'),
  sort: choice(SORTS, 'listed'),
  filter: words(''),
  /** Symbols between commas, the first pin first. */
  pins: words(''),
  /** The table instead of the cards. */
  table: flag(false),
  matrix: flag(true),
  /** The symbol that is shown large; empty: none. */
  open: words(''),
}

export type Layout = ReturnType<typeof layout>

export function layout() {
  return settings('havnet', LAYOUT)
}

/** What is gone with the page. */
export function passing() {
  return {
    notes: signal<readonly Note[]>([]),
    palette: signal<Palette>('closed'),
    /** The card that keys go to. */
    chosen: signal(''),
    /** Whose inspector is open; empty: none. */
    inspected: signal(''),
    /** Those that are killed and not yet started again. */
    killed: signal<ReadonlySet<string>>(new Set()),
  }
}

export type Passing = ReturnType<typeof passing>
