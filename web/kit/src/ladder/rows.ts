/** Which price is in which row of a ladder, and what stands there. */

import { lots, ticks } from '@havklo/kraken-wasm'
import type { Lots, Side, Ticks } from '@havklo/kraken-wasm'

import { ceil, floor, gather, row } from '../group.js'
import type { LadderModel, PriceFacts } from '../model.js'
import type { Kept } from '../trust.js'

/** The market may wander through this part of the ladder before it is centred again. */
const [UPPER, LOWER] = [0.2, 0.8]

/** A window of rows, highest price first, with one row for the spread between the sides. */
export class Rows {
  /** Price of the first row, and how much a row is wide. */
  top = ticks(0n)
  width = 1n
  /** Rows with prices, and before which of them the spread has its row; outside of 0 to `count` it is not in view. */
  count = 0
  middle = -1
  readonly bids: bigint[] = []
  readonly asks: bigint[] = []
  readonly bought: bigint[] = []
  readonly sold: bigint[] = []
  /** Quantity that came or went without trades. */
  readonly bidMoves: bigint[] = []
  readonly askMoves: bigint[] = []
  /** Rows from the first to the last that the book that is subscribed to reaches. */
  firstKnown = 0
  lastKnown = -1
  #symbol = ''
  /** Half-way between the best prices, cut down: what is at or below is a bid's, whatever its row. */
  #middle: bigint | null = null
  #centre: Ticks | null = null
  #asked = false

  /** Centres the market with the next `place`, wherever the pointer is. */
  recentre(): void {
    this.#asked = true
  }

  /** Fits the model into `lines` rows. */
  place(model: LadderModel, kept: Kept, lines: number): void {
    const count = Math.max(1, lines - 1)
    const width = (model.book.tick > 0n ? model.book.tick : 1n) * (model.group > 0n ? model.group : 1n)
    const market = boundary(kept, width)
    this.#middle = between(kept)
    const isOther =
      this.#asked ||
      width !== this.width ||
      count !== this.count ||
      kept.symbol !== this.#symbol ||
      model.centre !== this.#centre
    this.#asked = false
    this.#symbol = kept.symbol
    this.#centre = model.centre
    ;[this.width, this.count] = [width, count]
    const wanted = model.centre === null ? market : floor(model.centre, width)
    if (isOther || (model.centre === null && model.hover === null && this.#hasWandered(market))) {
      this.top = ticks((wanted ?? this.top) + BigInt(Math.floor(count / 2)) * width)
    }
    this.middle = market === null ? -1 : Number((this.top - market) / width)
    if (this.middle > count) this.middle = -1
    this.#fill(kept)
    this.#facts(model.facts)
  }

  price(at: number): Ticks {
    return ticks(this.top - BigInt(at) * this.width)
  }

  /** The row of a price that somebody points at: that of the side it is on. */
  rowOf(price: Ticks): number {
    const at = row(this.#middle === null || price <= this.#middle ? 'bid' : 'ask', price, this.width)
    return Number((this.top - at) / this.width)
  }

  side(at: number): Side {
    return at < this.middle ? 'ask' : this.middle >= 0 || (this.bids[at] ?? 0n) > 0n ? 'bid' : 'ask'
  }

  size(at: number): Lots {
    return lots((this.bids[at] ?? 0n) + (this.asks[at] ?? 0n))
  }

  #hasWandered(market: Ticks | null): boolean {
    if (market === null) return false
    const at = Number((this.top - market) / this.width)
    return at < this.count * UPPER || at > this.count * LOWER
  }

  #fill({ bid, ask }: Kept): void {
    const { bids, asks, bought, sold, bidMoves, askMoves, count } = this
    for (const sums of [bids, asks, bought, sold, bidMoves, askMoves]) {
      sums.length = count
      sums.fill(0n)
    }
    gather('bid', bid.prices, bid.quantities, bid.count, this.top, this.width, bids)
    gather('ask', ask.prices, ask.quantities, ask.count, this.top, this.width, asks)
    const [highest, lowest] = [ask.prices[ask.count - 1], bid.prices[bid.count - 1]]
    const known = (price: bigint) => Number((this.top - price) / this.width)
    this.firstKnown = ask.count === 0 || highest === undefined ? this.middle : known(ceil(highest, this.width))
    this.lastKnown = bid.count === 0 || lowest === undefined ? this.middle - 1 : known(floor(lowest, this.width))
  }

  #facts(facts: PriceFacts | null): void {
    if (facts === null) return
    if (facts.prices !== undefined) for (const price of facts.prices()) this.#add(facts, price)
    // Without a list of them only rows of few prices can be asked for.
    else if (this.width <= 16n) {
      const lowest = this.price(this.count - 1) - this.width
      for (let price = this.top + this.width; price > lowest; price -= 1n) this.#add(facts, ticks(price))
    } else for (let at = 0; at < this.count; at += 1) this.#add(facts, this.price(at))
  }

  #add(facts: PriceFacts, price: Ticks): void {
    const at = this.rowOf(price)
    if (at < 0 || at >= this.count) return
    const fact = facts.at(price)
    if (fact === null) return
    this.bought[at] = (this.bought[at] ?? 0n) + fact.bought
    this.sold[at] = (this.sold[at] ?? 0n) + fact.sold
    this.bidMoves[at] = (this.bidMoves[at] ?? 0n) + fact.bid
    this.askMoves[at] = (this.askMoves[at] ?? 0n) + fact.ask
  }
}

/** The highest row that belongs to the bids: the one at or below the middle of the market. */
function boundary(kept: Kept, width: bigint): Ticks | null {
  const [bid, ask] = [kept.best('bid'), kept.best('ask')]
  if (bid === null && ask === null) return null
  if (bid === null) return ticks(ceil(ask ?? 0n, width) - width)
  return floor(ask === null ? bid : (bid + ask) / 2n, width)
}

function between(kept: Kept): bigint | null {
  const [bid, ask] = [kept.best('bid'), kept.best('ask')]
  if (bid === null) return ask === null ? null : ask - 1n
  return ask === null ? bid : (bid + ask) / 2n
}
