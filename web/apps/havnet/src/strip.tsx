/** The top strip: what all engines do together, and which market moves before which. */

import { inThrees } from '@havklo/kit'

import type { Actions } from './actions.js'
import { workersFor } from './desks.js'
import { isTrusted } from './figures.js'
import { lacking, lead, returns } from './lead.js'
import type { Parts } from './view.js'

/** How many markets are compared, and by how many seconds one may be ahead. */
const COMPARED = 5
const AHEAD = 5

/** Chromium tells how much memory a page's scripts have; others do not. */
interface Memory {
  readonly memory?: { readonly usedJSHeapSize: number }
}

export function Totals({ actions, scene }: Parts) {
  const rows = scene.rows.value
  const { perSecond, us, busy } = load(actions)
  const bytes = actions.desk.engines.reduce((sum, { memory }) => sum + memory, 0)
  const heap = (performance as Memory).memory?.usedJSHeapSize
  return (
    <dl class="totals">
      <Total label="Engines" value={`${rows.length}`} />
      <Total label="Workers" value={`${workersFor(rows.length)}`} />
      <Total label="Messages a second" value={`${Math.round(perSecond)}`} />
      <Total label="Work a message" value={us === null ? '\u2013' : `${us.toFixed(1)} µs`} />
      <Total label="Work a second" value={`${busy.toFixed(1)} ms`} />
      <Total label="Engines' memory" value={megabytes(bytes)} />
      {heap !== undefined && <Total label="Page's heap" value={megabytes(heap)} />}
    </dl>
  )
}

/** Whether all is well, and how the page keeps up. */
export function Health({ actions, scene }: Parts) {
  const rows = scene.rows.value
  const live = rows.filter(isTrusted).length
  let [verified, faults] = [0, 0]
  for (const { symbol } of rows) {
    const { integrity } = actions.desk.view(symbol)
    verified += integrity.verified
    faults += integrity.checksumFaults
  }
  const { fps, drawMs } = scene.loop.pace()
  return (
    <>
      <span class="state" data-standing={live === rows.length ? 'live' : 'stale'}>
        <i class="dot" /> {live} of {rows.length} live
      </span>
      <span>
        CRC {inThrees(`${verified}`)} ok, {faults} bad
      </span>
      <span class="wide">
        {Math.round(fps)} fps · {drawMs.toFixed(1)} ms
      </span>
    </>
  )
}

function Total({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd class="mono">{value}</dd>
    </div>
  )
}

/** What the engines have to do: messages a second, microseconds each, and milliseconds of every second. */
function load({ desk }: Actions): { readonly perSecond: number; readonly us: number | null; readonly busy: number } {
  let [perSecond, busy] = [0, 0]
  for (const symbol of desk.symbols) {
    const { integrity } = desk.view(symbol)
    perSecond += integrity.perSecond
    busy += (integrity.perSecond * (integrity.verifyUs?.average ?? 0)) / 1000
  }
  return { perSecond, busy, us: perSecond === 0 || busy === 0 ? null : (1000 * busy) / perSecond }
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`
}

/** For each pair of the first few markets: how closely they move together, and which one first. */
export function Matrix({ actions, scene }: Parts) {
  const symbols = scene.rows.value.slice(0, COMPARED).map(({ symbol }) => symbol)
  const series = symbols.map((symbol) => {
    const { mids, count } = actions.desk.view(symbol).card
    return returns(mids, count)
  })
  const seconds = lacking(series)
  return (
    <table class="matrix mono">
      <caption>
        Moves together{seconds > 0 ? `: known in ${seconds} s at the earliest` : '; → 2: the row is 2 s ahead, ← 2: behind'}
      </caption>
      <thead>
        <tr>
          <td />
          {symbols.map((symbol) => (
            <th key={symbol} scope="col">
              {base(symbol)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {symbols.map((symbol, row) => (
          <tr key={symbol}>
            <th scope="row">{base(symbol)}</th>
            {series.map((other, column) => (
              <Cell key={column} of={row === column ? null : lead(series[row] ?? other, other, AHEAD)} isSame={row === column} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Cell({ of, isSame }: { readonly of: ReturnType<typeof lead>; readonly isSame: boolean }) {
  if (of === null) return <td>{isSame ? '' : '\u2013'}</td>
  const { correlation, shift, isClear } = of
  const text = correlation.toFixed(2).replace('-', '\u2212')
  // Among so many shifts one always looks best: only what is more than that has a colour, and a leader.
  if (!isClear) return <td class="unclear">{text}</td>
  const arrow = shift === 0 ? '' : shift > 0 ? ` → ${shift}` : ` ← ${-shift}`
  return (
    <td data-side={correlation < 0 ? 'ask' : 'bid'} style={{ '--heat': String(Math.round(30 * Math.abs(correlation))) }}>
      {text}
      {arrow}
    </td>
  )
}

function base(symbol: string): string {
  return symbol.split('/')[0] ?? symbol
}
