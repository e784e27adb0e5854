/** The integrity inspector: what was expected, what was computed, and the levels that made it. */

import type { IntegrityModel, ProofFault, ProofLevel } from '../model.js'
import { ageText, clockText, inThrees } from '../text.js'
import { isTrusted } from '../trust.js'
import { button, make, mark, Panel, say } from './panel.js'

export interface InspectorOptions {
  /** Asks the simulator for a fault; without it nothing can be asked for. */
  readonly onFault?: (fault: string) => void
  readonly faults?: readonly string[]
  readonly onExport?: () => void
  readonly onClose?: () => void
}

/** Faults that are listed; the export has all. */
const MOST_FAULTS = 20

/** A sum as people compare it. */
export function sumText(sum: number | null): string {
  return sum === null ? 'none' : `${sum}`.padStart(10, ' ')
}

/** Shows how the book is proven, and every time that it was not. */
export class Inspector extends Panel<IntegrityModel> {
  readonly #options: InspectorOptions
  #title: HTMLElement | null = null
  #counts: HTMLElement | null = null
  #faults: HTMLElement | null = null
  #levels: HTMLElement | null = null
  #known: readonly ProofFault[] | null = null
  #proof: readonly ProofLevel[] | null = null

  constructor(options: InspectorOptions = {}) {
    super()
    this.#options = options
  }

  protected build(): HTMLElement {
    const { faults = [], onFault, onExport, onClose } = this.#options
    this.#known = this.#proof = null
    this.#title = make('h2', {})
    this.#counts = make('dl', { class: 'hav-mono' })
    this.#levels = make('div', {})
    this.#faults = make('div', {})
    const ask = (name: string) => button(name, `Inject: ${name}`, () => onFault?.(name))
    const asks = onFault === undefined ? [] : faults.map(ask)
    const bar = make('div', { class: 'hav-bar' }, this.#title, make('span', { class: 'hav-space' }), ...asks)
    if (onExport !== undefined) bar.append(button('Export incident', 'Export incident', onExport))
    if (onClose !== undefined) bar.append(button('Close', 'Close', onClose))
    const parts = [bar, this.#counts, this.#faults, this.#levels]
    return make('section', { class: 'hav-inspector', 'aria-label': 'Integrity' }, ...parts)
  }

  protected show(model: IntegrityModel): void {
    const [title, counts, faults, levels] = [this.#title, this.#counts, this.#faults, this.#levels]
    if (title === null || counts === null || faults === null || levels === null) return
    say(title, `${model.symbol} is ${model.standing}`)
    mark(title, 'data-trusted', isTrusted(model.standing) ? '1' : '0')
    const told = facts(model)
    if (counts.children.length !== 2 * told.length)
      counts.replaceChildren(...told.flatMap(([name]) => [make('dt', {}, name), make('dd', {})]))
    for (const [at, [, value]] of told.entries()) {
      const cell = counts.children[2 * at + 1]
      if (cell !== undefined) say(cell, value)
    }
    if (model.faults !== this.#known) {
      this.#known = model.faults
      faults.replaceChildren(...model.faults.slice(0, MOST_FAULTS).map(fault))
    }
    if (model.levels !== this.#proof) {
      this.#proof = model.levels
      levels.replaceChildren(make('h3', {}, 'Levels of the last proven sum'), table(model.levels))
    }
  }
}

function facts(model: IntegrityModel): readonly (readonly [name: string, value: string])[] {
  const { verifyUs, rttMs } = model
  const spans = verifyUs === null ? [] : [verifyUs.last, verifyUs.average, verifyUs.p95]
  const times = spans.length === 0 ? 'none' : spans.map((us) => us.toFixed(1)).join(' / ')
  return [
    ['Sum', sumText(model.checksum)],
    ['Messages', inThrees(`${model.messages}`)],
    ['Verified', inThrees(`${model.verified}`)],
    ['Wrong sums', `${model.checksumFaults}`],
    ['Desyncs', `${model.desyncs}`],
    ['Resyncs', `${model.resyncs}`],
    ['Gaps', `${model.gaps}`],
    ['Reconnects', `${model.reconnects}`],
    ['µs last/avg/p95', times],
    ['Round trip', rttMs === null ? 'none' : `${Math.round(rttMs)} ms`],
    ['Rate', `${Math.round(model.perSecond)} msg/s`],
  ]
}

function fault({ time, reason, expected, computed, levels, healedMs }: ProofFault): HTMLElement {
  const healed = healedMs === null ? 'not healed yet' : `healed after ${ageText(healedMs)}`
  const head = make('summary', {}, `${clockText(time)} ${reason.replaceAll('_', ' ')}, ${healed}`)
  const sums = make('table', { class: 'hav-mono' })
  for (const [name, sum] of [['Expected', expected], ['Computed', computed]] as const)
    sums.append(make('tr', {}, make('th', { scope: 'row' }, name), make('td', { class: 'hav-sum' }, sumText(sum))))
  if (expected !== computed) mark(sums, 'data-bad', '1')
  return make('details', { open: '' }, head, sums, ...(levels.length === 0 ? [] : [table(levels)]))
}

/** Asks and bids beside each other, best first. */
function table(levels: readonly ProofLevel[]): HTMLElement {
  const [asks, bids] = [levels.filter(({ side }) => side === 'ask'), levels.filter(({ side }) => side === 'bid')]
  const head = ['', 'Bid size', 'Bid', 'Ask', 'Ask size'].map((name) => make('th', { scope: 'col' }, name))
  const body = make('tbody', {})
  for (let rank = 0; rank < Math.max(asks.length, bids.length); rank += 1) {
    const [bid, ask] = [bids[rank], asks[rank]]
    const cell = (text = '') => make('td', {}, text)
    const price = (side: 'bid' | 'ask', text = '') => make('td', { 'data-side': side }, text)
    const [below, above] = [price('bid', bid?.price), price('ask', ask?.price)]
    body.append(make('tr', {}, cell(`${rank + 1}`), cell(bid?.qty), below, above, cell(ask?.qty)))
  }
  return make('table', { class: 'hav-mono' }, make('thead', {}, make('tr', {}, ...head)), body)
}
