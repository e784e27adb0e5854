/** The commands that every page has: those of the page itself, of time, and of looks. */

import type { Signal } from '@preact/signals'

import type { Command } from './commands.js'
import { command } from './commands.js'
import type { Doings, Fleeting } from './doings.js'
import { COLOURS } from './linked.js'
import { DENSITIES, SIDES, THEMES, next } from './theme.js'
import type { Looks } from './theme.js'

/** Where a text size may go. */
const TEXTS = [100, 110, 125, 150] as const

interface Linked {
  readonly link: Signal<(typeof COLOURS)[number]>
}

type Actions<Layout = unknown> = Doings<Layout, Fleeting>

/** What concerns the page: `find` is what looking for a pair is called there, `of` what a picture of it shows. */
export function pageCommands(actions: Actions<Linked>, find: string, of: () => string): Command[] {
  const { layout } = actions
  return [
    command('Page', 'Command palette', ['Mod+k'], () => actions.find('all')),
    command('Page', find, ['/'], () => actions.find('pairs')),
    command('Page', 'Keys and help', ['?'], () => actions.find('help')),
    command('Page', 'Snapshot as PNG', ['s'], () => actions.snapshot(of())),
    command('Page', 'Link with other pages: one pair for all of them', ['k'], () => {
      layout.link.value = next(COLOURS, layout.link.value)
    }),
    command('Page', 'Copy a link to this layout', ['Shift+l'], () => actions.copyLink()),
    command('Page', 'Default layout', [], () => actions.reset()),
  ]
}

export function timeCommands(actions: Actions): Command[] {
  return [
    command('Time', 'Pause, play', [' '], () => actions.pause()),
    command('Time', 'Live', ['l'], () => actions.live()),
    command('Time', 'Back one frame', ['ArrowLeft'], () => actions.step(-1)),
    command('Time', 'Forward one frame', ['ArrowRight'], () => actions.step(1)),
    command('Time', 'Back 10 frames', ['Shift+ArrowLeft'], () => actions.step(-10)),
    command('Time', 'Forward 10 frames', ['Shift+ArrowRight'], () => actions.step(10)),
    command('Time', 'Previous event', ['['], () => actions.event(-1)),
    command('Time', 'Next event', [']'], () => actions.event(1)),
    command('Time', 'Slower', [','], () => actions.speed(-1)),
    command('Time', 'Faster', ['.'], () => actions.speed(1)),
  ]
}

export function lookCommands(looks: Looks): Command[] {
  return [
    command('Look', 'Density', ['d'], () => void (looks.density.value = next(DENSITIES, looks.density.value))),
    command('Look', 'Text size', ['z'], () => {
      looks.text.value = TEXTS.find((size) => size > looks.text.value) ?? TEXTS[0]
    }),
    command('Look', 'Dark, light', ['n'], () => void (looks.theme.value = next(THEMES, looks.theme.value))),
    command('Look', 'Colours of the sides: normal, colour-blind, mono', ['v'], () => {
      looks.sides.value = next(SIDES, looks.sides.value)
    }),
  ]
}
