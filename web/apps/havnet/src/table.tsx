/** The cards as a table: a row a symbol, each column shaded by how much of it there is. */

import { Name } from './card.js'
import { age, imbalanceText, isTrusted, moved, spreadText } from './figures.js'
import type { Figures } from './figures.js'
import type { Sort } from './order.js'
import type { Parts } from './view.js'

interface Column {
  readonly label: string
  readonly sort: Sort
  readonly text: (figures: Figures) => string
  /** How much: the largest of the column is shaded most. */
  readonly heat: (figures: Figures) => number
  readonly side?: (figures: Figures) => 'bid' | 'ask'
}

const COLUMNS: readonly Column[] = [
  {
    label: 'Change',
    sort: 'move',
    text: ({ change }) => (change === null ? '\u2013' : `${change} %`),
    heat: (figures) => Math.abs(moved(figures)),
    side: (figures) => (moved(figures) < 0 ? 'ask' : 'bid'),
  },
  { label: 'Spread', sort: 'spread', text: spreadText, heat: ({ spread }) => Number(spread ?? 0n) },
  {
    label: 'Balance ±10 bp',
    sort: 'imbalance',
    text: imbalanceText,
    heat: ({ imbalance }) => Math.abs(Number(imbalance ?? 0n)),
    side: ({ imbalance }) => ((imbalance ?? 0n) < 0n ? 'ask' : 'bid'),
  },
  { label: 'msg/s', sort: 'rate', text: ({ perSecond }) => `${Math.round(perSecond)}`, heat: ({ perSecond }) => perSecond },
  { label: 'Wrong sums', sort: 'trouble', text: ({ faults }) => `${faults}`, heat: ({ faults }) => faults },
]

export function Table({ actions, scene }: Parts) {
  const rows = scene.rows.value
  const most = COLUMNS.map(({ heat }) => Math.max(0, ...rows.map(heat)))
  const { sort } = actions.layout
  return (
    <div class="table" tabIndex={0} role="group" aria-label="Table of all books">
      <table class="mono">
        <thead>
          <tr>
            <th scope="col">Pair</th>
            <th scope="col">Price</th>
            {COLUMNS.map((column) => (
              <th key={column.label} scope="col" aria-sort={sort.value === column.sort ? 'descending' : 'none'}>
                <button class="button" onClick={() => void (sort.value = sort.value === column.sort ? 'listed' : column.sort)}>
                  {column.label}
                </button>
              </th>
            ))}
            <th scope="col">Age</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr
              key={row.symbol}
              data-symbol={row.symbol}
              data-standing={row.standing}
              data-trusted={isTrusted(row) ? '1' : '0'}
              data-chosen={row.symbol === actions.passing.chosen.value ? '1' : '0'}
            >
              <th scope="row">
                <Name actions={actions} symbol={row.symbol} />
              </th>
              <td>{row.price === '' ? '\u2013' : row.price}</td>
              {COLUMNS.map(({ label, text, heat, side }, place) => (
                <td key={label} data-side={side?.(row) ?? 'none'} style={{ '--heat': String(shade(heat(row), most[place] ?? 0)) }}>
                  {text(row)}
                </td>
              ))}
              <td>{age(row.ageMs)}</td>
              <td>
                <i class="dot" /> {actions.isKilled(row.symbol) ? 'killed' : row.standing}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** The largest is shaded as much as text can stand. */
function shade(value: number, most: number): number {
  return most === 0 ? 0 : Math.round((30 * value) / most)
}
