/** All that can be done in Havsyn, each with its key: what the keyboard, the palette and the help are made of. */

import { command, toggle } from '../../shared/commands.js'
import type { Command } from '../../shared/commands.js'
import { next } from '../../shared/theme.js'
import { lookCommands, pageCommands, timeCommands } from '../../shared/usual.js'
import type { Actions } from './actions.js'
import { GROUPS, MERGES, WINDOWS } from './state.js'

/** The list, as it is now: pairs come with the connection. */
export function commands(actions: Actions): Command[] {
  const { layout, passing } = actions

  return [
    ...pageCommands(actions, 'Choose a pair', () => actions.symbol),
    command('Page', 'Close what is open', ['Escape'], () => actions.escape()),
    command('Page', 'Integrity inspector', ['i'], () => actions.inspect()),
    command('Page', 'Export the incident', ['e'], () => actions.exportIncident()),

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

    ...timeCommands(actions),

    toggle('Show', 'Heat', ['h'], layout.heat),
    toggle('Show', 'Trade bubbles', ['b'], layout.bubbles),
    toggle('Show', 'Volume profile', ['p'], layout.profile),
    toggle('Show', 'Table of the ladder', ['t'], layout.table),
    toggle('Show', 'Pane: liquidity', ['Shift+1'], layout.map),
    toggle('Show', 'Pane: trades', ['Shift+2'], layout.trades),
    toggle('Show', 'Pane: walls', ['Shift+3'], layout.walls),
    toggle('Show', 'Trades on a phone: pull up', ['Shift+t'], passing.sheet),
    command('Show', 'Merge trades: none, 50 or 250 ms', ['g'], () => {
      layout.merge.value = next(MERGES, layout.merge.value)
    }),

    ...lookCommands(layout),

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
