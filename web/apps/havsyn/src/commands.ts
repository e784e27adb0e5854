/** All that can be done in Havsyn, each with its key: what the keyboard, the palette and the help are made of. */

import type { Command } from '../../shared/commands.js'
import { COLOURS } from '../../shared/linked.js'
import { DENSITIES, SIDES, THEMES, next } from '../../shared/theme.js'
import type { Actions } from './actions.js'
import { GROUPS, MERGES, WINDOWS } from './state.js'

/** Where a text size may go. */
const TEXTS = [100, 110, 125, 150] as const

/** The list, as it is now: pairs come with the connection. */
export function commands(actions: Actions): Command[] {
  const { layout, passing } = actions
  const command = (group: string, label: string, keys: readonly string[], run: () => void, id = label): Command => ({
    id: id.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'),
    group,
    label,
    keys,
    run,
  })
  const toggle = (group: string, label: string, keys: readonly string[], on: { value: boolean }) =>
    command(group, label, keys, () => void (on.value = !on.value))

  return [
    command('Page', 'Command palette', ['Mod+k'], () => actions.open('all')),
    command('Page', 'Choose a pair', ['/'], () => actions.open('pairs')),
    command('Page', 'Keys and help', ['?'], () => actions.open('help')),
    command('Page', 'Close what is open', ['Escape'], () => actions.escape()),
    command('Page', 'Integrity inspector', ['i'], () => actions.inspect()),
    command('Page', 'Snapshot as PNG', ['s'], () => actions.snapshot()),
    command('Page', 'Export the incident', ['e'], () => actions.exportIncident()),
    command('Page', 'Link with other pages: one pair for all of them', ['k'], () => {
      layout.link.value = next(COLOURS, layout.link.value)
    }),
    command('Page', 'Copy a link to this layout', ['Shift+l'], () => actions.copyLink()),
    command('Page', 'Default layout', [], () => actions.reset()),

    command('Book', 'Finer rows', ['-', '_'], () => actions.group(-1)),
    command('Book', 'Coarser rows', ['+', '='], () => actions.group(1)),
    command('Book', 'Centre on the market', ['c'], () => actions.centre()),
    command('Book', 'Price cursor up', ['ArrowUp'], () => actions.cursor(1)),
    command('Book', 'Price cursor down', ['ArrowDown'], () => actions.cursor(-1)),
    command('Book', 'Price cursor up 10 rows', ['Shift+ArrowUp'], () => actions.cursor(10)),
    command('Book', 'Price cursor down 10 rows', ['Shift+ArrowDown'], () => actions.cursor(-10)),
    command('Book', 'Measure from the cursor', ['m'], () => actions.measure()),
    command('Book', 'Alert at the cursor', ['a'], () => actions.alert()),
    command('Book', 'Remove all alerts', ['Shift+a'], () => void (passing.alerts.value = [])),
    command('Book', 'Pulling and stacking: 5, 30 or 120 seconds', ['w'], () => {
      layout.window.value = next(WINDOWS, layout.window.value)
    }),

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

    toggle('Show', 'Heat', ['h'], layout.heat),
    toggle('Show', 'Trade bubbles', ['b'], layout.bubbles),
    toggle('Show', 'Volume profile', ['p'], layout.profile),
    toggle('Show', 'Table of the ladder', ['t'], layout.table),
    toggle('Show', 'Pane: liquidity', ['Shift+1'], layout.map),
    toggle('Show', 'Pane: trades', ['Shift+2'], layout.trades),
    toggle('Show', 'Pane: walls', ['Shift+3'], layout.walls),
    command('Show', 'Trades on a phone: pull up', ['Shift+t'], () => void (passing.sheet.value = !passing.sheet.value)),
    command('Show', 'Merge trades: none, 50 or 250 ms', ['g'], () => {
      layout.merge.value = next(MERGES, layout.merge.value)
    }),

    command('Look', 'Density', ['d'], () => void (layout.density.value = next(DENSITIES, layout.density.value))),
    command('Look', 'Text size', ['z'], () => {
      layout.text.value = TEXTS.find((size) => size > layout.text.value) ?? TEXTS[0]
    }),
    command('Look', 'Dark, light', ['n'], () => void (layout.theme.value = next(THEMES, layout.theme.value))),
    command('Look', 'Colours of the sides: normal, colour-blind, mono', ['v'], () => {
      layout.sides.value = next(SIDES, layout.sides.value)
    }),

    ...actions.symbols().map((symbol, place) =>
      command('Pairs', symbol, place < 9 ? [`${place + 1}`] : [], () => actions.pair(symbol), `pair ${symbol}`),
    ),
    ...GROUPS.map((rows) =>
      command('Rows', `Group by ${actions.rowText(rows)}`, [], () => void (layout.group.value = rows), `rows ${rows}`),
    ),
    ...(actions.source.canFault
      ? actions.faults.map((fault) => command('Simulator', `Inject: ${fault}`, [], () => actions.inject(fault)))
      : []),
  ]
}
