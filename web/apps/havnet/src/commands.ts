/** All that can be done in Havnet, each with its key: what the keyboard, the palette and the help are made of. */

import type { Command } from '../../shared/commands.js'
import { COLOURS } from '../../shared/linked.js'
import { DENSITIES, SIDES, THEMES, next } from '../../shared/theme.js'
import type { Actions } from './actions.js'
import { SORTS, SORT_WORDS } from './order.js'

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
  const { symbol } = actions

  return [
    command('Page', 'Command palette', ['Mod+k'], () => void (passing.palette.value = 'all')),
    command('Page', 'Find a pair', ['/'], () => void (passing.palette.value = 'pairs')),
    command('Page', 'Keys and help', ['?'], () => void (passing.palette.value = 'help')),
    command('Page', 'Close what is open', ['Escape'], () => actions.escape()),
    command('Page', 'Snapshot as PNG', ['s'], () => actions.snapshot()),
    command('Page', 'Link with other pages: one pair for all of them', ['k'], () => {
      layout.link.value = next(COLOURS, layout.link.value)
    }),
    command('Page', 'Copy a link to this layout', ['Shift+l'], () => actions.copyLink()),
    command('Page', 'Default layout', [], () => actions.reset()),

    command('Card', 'Next card', ['ArrowDown'], () => actions.move(1)),
    command('Card', 'Previous card', ['ArrowUp'], () => actions.move(-1)),
    command('Card', `Open ${symbol}`, ['Enter', 'o'], () => actions.open(symbol), 'open'),
    command('Card', `Pin ${symbol}`, ['p'], () => actions.pin(symbol), 'pin'),
    command('Card', `Integrity of ${symbol}`, ['i'], () => actions.inspect(symbol), 'inspect'),
    command('Card', `Kill or restart the engine of ${symbol}`, ['x'], () => actions.toggleEngine(symbol), 'engine'),
    command('Card', `Export the incident of ${symbol}`, ['e'], () => actions.exportIncident(symbol), 'export'),

    command('Time', 'Pause, play', [' '], () => actions.pause()),
    command('Time', 'Live', ['l'], () => actions.desk.live()),
    command('Time', 'Back one frame', ['ArrowLeft'], () => actions.step(-1)),
    command('Time', 'Forward one frame', ['ArrowRight'], () => actions.step(1)),
    command('Time', 'Back 10 frames', ['Shift+ArrowLeft'], () => actions.step(-10)),
    command('Time', 'Forward 10 frames', ['Shift+ArrowRight'], () => actions.step(10)),
    command('Time', 'Previous event', ['['], () => actions.event(-1)),
    command('Time', 'Next event', [']'], () => actions.event(1)),
    command('Time', 'Slower', [','], () => actions.speed(-1)),
    command('Time', 'Faster', ['.'], () => actions.speed(1)),

    command('Show', 'Table or cards', ['t'], () => void (layout.table.value = !layout.table.value)),
    command('Show', 'Who moves first', ['m'], () => void (layout.matrix.value = !layout.matrix.value)),
    command('Show', 'Next order', ['g'], () => void (layout.sort.value = next(SORTS, layout.sort.value))),
    ...SORTS.map((sort) =>
      command('Order', `Cards ${SORT_WORDS[sort]}`, [], () => void (layout.sort.value = sort), `sort ${sort}`),
    ),

    command('Look', 'Density', ['d'], () => void (layout.density.value = next(DENSITIES, layout.density.value))),
    command('Look', 'Text size', ['z'], () => {
      layout.text.value = TEXTS.find((size) => size > layout.text.value) ?? TEXTS[0]
    }),
    command('Look', 'Dark, light', ['n'], () => void (layout.theme.value = next(THEMES, layout.theme.value))),
    command('Look', 'Colours of the sides: normal, colour-blind, mono', ['v'], () => {
      layout.sides.value = next(SIDES, layout.sides.value)
    }),

    ...actions.desk.symbols.map((each, place) =>
      command('Pairs', each, place < 9 ? [`${place + 1}`] : [], () => actions.choose(each), `pair ${each}`),
    ),
    ...(actions.source.canFault
      ? actions.faults.map((fault) =>
          command('Simulator', `Inject into ${symbol}: ${fault}`, [], () => actions.inject(symbol, fault), `inject ${fault}`),
        )
      : []),
  ]
}
