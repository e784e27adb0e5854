/** All that can be done in Havnet, each with its key: what the keyboard, the palette and the help are made of. */

import { command, toggle } from '../../shared/commands.js'
import type { Command } from '../../shared/commands.js'
import { next } from '../../shared/theme.js'
import { lookCommands, pageCommands, timeCommands } from '../../shared/usual.js'
import type { Actions } from './actions.js'
import { SORTS, SORT_WORDS } from './order.js'

/** The list, as it is now: pairs come with the connection. */
export function commands(actions: Actions): Command[] {
  const { layout } = actions
  const { symbol } = actions

  return [
    ...pageCommands(actions, 'Find a pair', () => ''),
    command('Page', 'Close what is open', ['Escape'], () => actions.escape()),

    command('Card', 'Next card', ['ArrowDown'], () => actions.move(1)),
    command('Card', 'Previous card', ['ArrowUp'], () => actions.move(-1)),
    command('Card', `Open ${symbol}`, ['Enter', 'o'], () => actions.open(symbol), 'open'),
    command('Card', `Pin ${symbol}`, ['p'], () => actions.pin(symbol), 'pin'),
    command('Card', `Integrity of ${symbol}`, ['i'], () => actions.inspect(symbol), 'inspect'),
    command('Card', `Kill or restart the engine of ${symbol}`, ['x'], () => actions.toggleEngine(symbol), 'engine'),
    command('Card', `Export the incident of ${symbol}`, ['e'], () => actions.exportIncident(symbol), 'export'),

    ...timeCommands(actions),

    toggle('Show', 'Table or cards', ['t'], layout.table),
    toggle('Show', 'Who moves first', ['m'], layout.matrix),
    command('Show', 'Next order', ['g'], () => void (layout.sort.value = next(SORTS, layout.sort.value))),
    ...SORTS.map((sort) =>
      command('Order', `Cards ${SORT_WORDS[sort]}`, [], () => void (layout.sort.value = sort), `sort ${sort}`),
    ),

    ...lookCommands(layout),

    ...actions.desk.symbols.map((each, place) =>
      command('Pairs', each, place < 9 ? [`${place + 1}`] : [], () => actions.choose(each), `pair ${each}`),
    ),
    ...(actions.source.canFault
      ? actions.faults.map((fault) =>
          command('Simulator', `Inject into ${symbol}: ${fault}`, [], () => actions.inject(fault, symbol), `inject ${fault}`),
        )
      : []),
  ]
}
