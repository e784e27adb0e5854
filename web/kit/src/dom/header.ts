/** The strip at the top: the market, its price, and what the book says about it. */

import { plain } from '@havklo/kraken-wasm'

import { basisPointsText, microText, middleText } from '../ladder/spread.js'
import type { HeaderModel } from '../model.js'
import { untrusted } from '../notice.js'
import { ageText, signed } from '../text.js'
import { Kept } from '../trust.js'
import { button, make, mark, Panel, say } from './panel.js'

export interface HeaderOptions {
  readonly onPair?: (symbol: string) => void
  /** One step to finer (-1) or coarser (1) rows. */
  readonly onGroup?: (by: 1 | -1) => void
  readonly onLive?: () => void
  readonly onPalette?: () => void
}

const MODES: Readonly<Record<HeaderModel['mode'], string>> = { live: 'Live', paused: 'Paused', replay: 'Replay' }
/** Within so many basis points of the middle bids and asks are weighed against each other. */
const NEAR_BP = 10n

/** What bids have more than asks within 10 basis points of the middle, in hundredths of both; null without any. */
export function imbalance(kept: Kept): bigint | null {
  const [bid, ask] = [kept.best('bid'), kept.best('ask')]
  if (bid === null || ask === null) return null
  const twice = bid + ask
  const near = (price: bigint) => {
    const apart = 2n * price > twice ? 2n * price - twice : twice - 2n * price
    return apart * 10_000n <= twice * NEAR_BP
  }
  const sum = ({ prices, quantities, count }: Kept['bid']): bigint => {
    let all = 0n
    for (let rank = 0; rank < count && near(prices[rank] ?? 0n); rank += 1) all += quantities[rank] ?? 0n
    return all
  }
  const [bids, asks] = [sum(kept.bid), sum(kept.ask)]
  return bids + asks === 0n ? null : ((bids - asks) * 100n) / (bids + asks)
}

/** Shows a market in one line. */
export class Header extends Panel<HeaderModel> {
  readonly #kept = new Kept()
  readonly #options: HeaderOptions
  #pairs: HTMLSelectElement | null = null
  #price: HTMLElement | null = null
  #facts: Readonly<Record<'spread' | 'micro' | 'imbalance' | 'change' | 'group', HTMLElement>> | null = null
  #live: HTMLButtonElement | null = null

  constructor(options: HeaderOptions = {}) {
    super()
    this.#options = options
  }

  protected build(): HTMLElement {
    const { onPair, onGroup, onLive, onPalette } = this.#options
    const select = make('select', { 'aria-label': 'Pair' })
    select.addEventListener('change', () => onPair?.(select.value))
    const price = make('output', { class: 'hav-price', 'aria-label': 'Middle price' })
    this.#price = price
    this.#pairs = select
    const fact = () => make('b', { class: 'hav-mono' })
    this.#facts = { spread: fact(), micro: fact(), imbalance: fact(), change: fact(), group: fact() }
    this.#live = button('', 'Go live', () => onLive?.())
    const told = (label: string, value: HTMLElement) => make('span', {}, `${label} `, value)
    return make(
      'div',
      { class: 'hav-header' },
      select,
      price,
      this.#facts.change,
      told('Spread', this.#facts.spread),
      told('Micro', this.#facts.micro),
      told('Imb ±10 bp', this.#facts.imbalance),
      make('span', { class: 'hav-space' }),
      button('\u2212', 'Finer rows', () => onGroup?.(-1)),
      this.#facts.group,
      button('+', 'Coarser rows', () => onGroup?.(1)),
      this.#live,
      button('Ctrl K', 'All commands', () => onPalette?.()),
    )
  }

  protected show({ book, symbols, group, mode, changePct, lastSide }: HeaderModel): void {
    const kept = this.#kept
    kept.take(book)
    const [select, price, facts, live] = [this.#pairs, this.#price, this.#facts, this.#live]
    if (select === null || price === null || facts === null || live === null) return
    if (select.options.length !== symbols.length || symbols.some((symbol, at) => select.options[at]?.value !== symbol))
      select.replaceChildren(...symbols.map((symbol) => make('option', { value: symbol }, symbol)))
    select.value = book.symbol
    const [bid, ask] = [kept.best('bid'), kept.best('ask')]
    const { price: decimals } = kept.decimals
    const isKnown = bid !== null && ask !== null
    say(price, isKnown ? middleText(bid, ask, decimals) : '')
    mark(price, 'data-side', kept.isLive && lastSide !== null ? (lastSide === 'buy' ? 'bid' : 'ask') : null)
    say(facts.spread, isKnown ? `${plain(ask - bid, decimals)} · ${basisPointsText(bid, ask)} bp` : '')
    const [bidQty, askQty] = [kept.bid.quantities[0] ?? 0n, kept.ask.quantities[0] ?? 0n]
    say(facts.micro, isKnown ? microText(bid, bidQty, ask, askQty, decimals) : '')
    const weight = imbalance(kept)
    say(facts.imbalance, weight === null ? '' : signed(weight, 2))
    const heavier = weight === null || weight === 0n ? null : weight > 0n ? 'bid' : 'ask'
    mark(facts.imbalance, 'data-side', kept.isLive ? heavier : null)
    say(facts.change, changePct === null ? '' : `${changePct} %`)
    say(facts.group, plain(group * book.tick, decimals))
    say(live, kept.isLive ? MODES[mode] : `${untrusted(book.standing)} ${ageText(book.ageMs)}`)
    mark(live, 'data-standing', kept.isLive ? mode : 'stale')
  }
}
