/** The ladder: prices in rows, with what rests, came, went and was traded at each of them. */

import { notice, nothing, untrusted } from '../notice.js'
import { exact, sharedLength, short, Texts, tones } from '../text.js'
import type { Tones } from '../text.js'
import { Kept } from '../trust.js'
import { monoFont, uiFont, Widget, write } from '../widget.js'
import type { Pen } from '../widget.js'
import type { Hit, LadderModel } from '../model.js'
import { columns } from './columns.js'
import type { Columns } from './columns.js'
import { own } from './own.js'
import { Rows } from './rows.js'
import { spread } from './spread.js'

const CAPTIONS = 18
const BAR_ALPHA = 0.22
const PROFILE_ALPHA = 0.2
const EDGE = 6
/** A bar is full at three times what nine in ten rows do not reach: one wall does not flatten all others. */
const FULL = 3
/** In how many steps the length of bars doubles. */
const STEPS = 4
/** Quantities are cut to this many characters where there is no room for more. */
const LEAST_ROOM = 5

/** What is to be seen of a row; bars in pixels. */
interface Row {
  readonly at: number
  readonly isBid: boolean
  readonly isLit: boolean
  readonly isKnown: boolean
  readonly size: bigint
  readonly isLarge: boolean
  readonly bar: number
  readonly move: bigint
  readonly volume: bigint
  readonly buys: number
  readonly sells: number
}

/** Draws a book as a ladder. */
export class Ladder extends Widget<LadderModel> {
  readonly #kept = new Kept()
  readonly #rows = new Rows()
  readonly #sorted: number[] = []
  #decimals = 0
  #shared = 0
  #shown = 0
  #rowHeight = 18
  /** What is on the canvas: for which pen and form, and row by row. */
  #of: Pen | null = null
  #form = ''
  #hadOrders = false
  readonly #drawn: Row[] = []
  readonly #prices = new Texts<Tones>((price) => tones(exact(price, this.#decimals), this.#shared))
  readonly #sizes = new Texts<Tones>((size) => tones(short(size, this.#kept.decimals.qty, this.#shown), 0))
  readonly #moves = new Texts<string>((move) => sign(move, short(move, this.#kept.decimals.qty, this.#shortened())))
  readonly #volumes = new Texts<string>((size) => short(size, this.#kept.decimals.qty, this.#shortened()))

  constructor() {
    super('Order book ladder')
  }

  /** Puts the market back into the middle. */
  recentre(): void {
    this.#rows.recentre()
    this.redraw()
  }

  hit(_x: number, y: number): Hit | null {
    if (!this.#kept.hasBook) return null
    const line = Math.floor((y - CAPTIONS) / this.#rowHeight)
    const { middle, count } = this.#rows
    if (line < 0 || line === middle) return null
    const at = middle >= 0 && line > middle ? line - 1 : line
    if (at >= count) return null
    return { price: this.#rows.price(at), side: this.#rows.side(at), id: null, time: null }
  }

  protected draw(pen: Pen, model: LadderModel): void {
    const { context, theme, width, height } = pen
    const { book, facts, own: orders, hover } = model
    const [kept, rows] = [this.#kept, this.#rows]
    kept.take(book)
    if (!kept.hasBook) {
      this.#form = ''
      context.fillStyle = theme.bg1
      context.fillRect(0, 0, width, height)
      nothing(pen, `${untrusted(book.standing)}: no proven book of ${book.symbol} yet`)
      return
    }
    this.#rowHeight = theme.row
    rows.place(model, kept, Math.ceil((height - CAPTIONS) / theme.row))
    const place = this.#measure(pen, model)
    this.#sort()
    // What lies over the rows, and whatever concerns them all, is drawn with all of them; else only those that differ.
    const sides = `${kept.bid.count > 0} ${kept.ask.count > 0}`
    const numbers = `${this.#decimals} ${this.#shared} ${this.#shown} ${facts?.window}`
    const form = `${kept.symbol} ${rows.top} ${rows.width} ${rows.count} ${rows.middle} ${sides} ${numbers}`
    const isWhole = pen !== this.#of || form !== this.#form || orders.length > 0 || this.#hadOrders || !kept.isLive
    this.#of = pen
    this.#form = kept.isLive ? form : ''
    this.#hadOrders = orders.length > 0
    if (isWhole) {
      context.fillStyle = theme.bg1
      context.fillRect(0, 0, width, height)
      this.#captions(pen, place, model)
    }
    this.#draw(pen, place, hover === null ? -1 : rows.rowOf(hover), model.large ?? null, isWhole)
    own(pen, orders, rows, place, kept, (at) => this.#y(at), kept.isLive)
    spread(pen, kept, rows.middle < 0 ? null : CAPTIONS + rows.middle * theme.row, place)
    if (!kept.isLive) notice(pen, book.standing, book.reason, book.ageMs)
  }

  /** The middle of a row, in pixels. */
  #y(at: number): number {
    const { middle } = this.#rows
    return CAPTIONS + (at + (middle >= 0 && at >= middle ? 1 : 0) + 0.5) * this.#rowHeight
  }

  #measure({ width, digit }: Pen, { own: orders }: LadderModel): Columns {
    const { decimals } = this.#kept
    const rows = this.#rows
    const [high, low] = [exact(rows.top, decimals.price), exact(rows.price(rows.count - 1), decimals.price)]
    this.#decimals = decimals.price
    this.#shared = Math.min(sharedLength(low, high), high.length - 1)
    const place = columns(width, high.length * digit, orders.length > 0)
    let most = 0n
    for (let at = 0; at < rows.count; at += 1) if (rows.size(at) > most) most = rows.size(at)
    const whole = Math.min(4, `${most / 10n ** BigInt(decimals.qty)}`.length)
    const room = Math.max(LEAST_ROOM, Math.floor((place.sizeWidth - 2 * EDGE) / digit))
    this.#shown = Math.max(0, Math.min(decimals.qty, room - whole - 1))
    this.#prices.as(`${decimals.price} ${this.#shared}`)
    this.#sizes.as(`${decimals.qty} ${this.#shown}`)
    this.#moves.as(`${decimals.qty}`)
    this.#volumes.as(`${decimals.qty}`)
    return place
  }

  #shortened(): number {
    return Math.min(3, this.#kept.decimals.qty)
  }

  #draw(pen: Pen, place: Columns, lit: number, large: bigint | null, isWhole: boolean): void {
    const rows = this.#rows
    const [full, most] = [this.#full(), this.#most()]
    const bold = large === null ? this.#at(0.97) : Number(large)
    const wide = Math.max(0, place.sizeWidth - 4)
    const unit = place.volumeWidth > 0 && most > 0 ? (place.volumeWidth - 4) / most : 0
    for (let at = 0; at < rows.count; at += 1) {
      const [size, isBid] = [rows.size(at), rows.side(at) === 'bid']
      const [buys, sells] = [rows.bought[at] ?? 0n, rows.sold[at] ?? 0n]
      const row: Row = {
        at,
        isBid,
        isLit: at === lit,
        // Nothing is known beyond the levels that are subscribed to, and that is not an empty row.
        isKnown: at >= rows.firstKnown && at <= rows.lastKnown,
        size,
        isLarge: size > 0n && Number(size) >= bold,
        bar: size === 0n ? 0 : Math.max(1, Math.round(Math.min(1, Number(size) / full) * wide)),
        move: (isBid ? rows.bidMoves[at] : rows.askMoves[at]) ?? 0n,
        volume: buys + sells,
        buys: Math.round(Number(buys) * unit),
        sells: Math.round(Number(sells) * unit),
      }
      const before = this.#drawn[at]
      if (!isWhole && before !== undefined && isSame(row, before)) continue
      this.#drawn[at] = row
      this.#row(pen, place, row)
    }
  }

  #row(pen: Pen, place: Columns, row: Row): void {
    const { context, theme, width, digit } = pen
    const { isLive } = this.#kept
    const { at, isBid, isLarge, size, bar, move, volume } = row
    const y = this.#y(at)
    const top = y - theme.row / 2
    context.fillStyle = row.isLit ? theme.bg3 : row.isKnown ? theme.bg1 : theme.bg0
    context.fillRect(0, top, width, theme.row)
    const side = !isLive ? theme.text3 : isBid ? theme.bid : theme.ask
    if (bar > 0) {
      context.globalAlpha = BAR_ALPHA
      context.fillStyle = side
      context.fillRect(place.size - bar, top + 1, bar, theme.row - 2)
    }
    this.#profile(pen, place, row, top)
    context.globalAlpha = 1
    context.font = monoFont(theme, 12, isLarge ? 700 : 400)
    write(context, this.#prices.of(this.#rows.price(at)), place.priceLeft, y, digit, theme.text3, side)
    if (size > 0n) {
      const text = this.#sizes.of(size)
      const point = place.size - EDGE - (this.#shown === 0 ? 0 : (this.#shown + 1) * digit)
      const left = Math.max(place.own, point - text.whole * digit)
      write(context, text, left, y, digit, theme.text3, isLive ? (isLarge ? theme.text1 : theme.text2) : theme.text3)
    }
    if (isLarge) context.font = monoFont(theme)
    if (move !== 0n && place.moves - place.price > 40) {
      const text = this.#moves.of(move)
      context.fillStyle = isLive && move > 0n ? theme.text2 : theme.text3
      context.fillText(text, place.moves - EDGE - text.length * digit, y)
    }
    if (volume !== 0n && place.volumeWidth > 40) {
      const text = this.#volumes.of(volume)
      context.fillStyle = isLive ? theme.text2 : theme.text3
      context.fillText(text, place.volume - EDGE - text.length * digit, y)
    }
  }

  /** The volume traded at a price; who was the aggressor, as a line under it: buyers to the right. */
  #profile({ context, theme }: Pen, place: Columns, { buys, sells }: Row, top: number): void {
    if (buys + sells === 0) return
    const { isLive } = this.#kept
    const left = place.volume - buys - sells
    context.globalAlpha = PROFILE_ALPHA
    context.fillStyle = isLive ? theme.accent : theme.text3
    context.fillRect(left, top + 1, buys + sells, theme.row - 2)
    if (!isLive) return
    context.globalAlpha = 0.7
    context.fillStyle = theme.ask
    context.fillRect(left, top + theme.row - 3, sells, 2)
    context.fillStyle = theme.bid
    context.fillRect(left + sells, top + theme.row - 3, buys, 2)
  }

  #captions({ context, theme, width }: Pen, place: Columns, { facts }: LadderModel): void {
    context.fillStyle = theme.bg2
    context.fillRect(0, 0, width, CAPTIONS)
    context.font = uiFont(theme, 11)
    context.fillStyle = theme.text3
    const y = CAPTIONS / 2
    if (place.own > 0) context.fillText('Own', EDGE, y)
    context.fillText('Price', place.priceLeft, y)
    context.textAlign = 'right'
    context.fillText('Size', place.size - EDGE, y)
    const window = facts === null ? '±' : `± ${facts.window} s`
    if (place.moves - place.price > 40) context.fillText(window, place.moves - EDGE, y)
    if (place.volumeWidth > 40) context.fillText('Volume', place.volume - EDGE, y)
    context.textAlign = 'left'
  }

  /** The size that makes a full bar. */
  #full(): number {
    const most = this.#sorted[this.#sorted.length - 1] ?? 1
    return stepped(Math.min(most, FULL * this.#at(0.9)))
  }

  /** The volume that makes a full bar. */
  #most(): number {
    const { bought, sold, count } = this.#rows
    let most = 0
    for (let at = 0; at < count; at += 1) most = Math.max(most, Number((bought[at] ?? 0n) + (sold[at] ?? 0n)))
    return most === 0 ? 0 : stepped(most)
  }

  /** Sorts the sizes in view, for percentiles. */
  #sort(): void {
    const sorted = this.#sorted
    sorted.length = 0
    for (let at = 0; at < this.#rows.count; at += 1) {
      const size = Number(this.#rows.size(at))
      if (size > 0) sorted.push(size)
    }
    sorted.sort(ascending)
  }

  /** A percentile of the sizes in view. */
  #at(part: number): number {
    const sorted = this.#sorted
    return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Infinity
  }
}

/** Whether a row looks like another one. */
function isSame(one: Row, other: Row): boolean {
  return (
    one.size === other.size &&
    one.move === other.move &&
    one.volume === other.volume &&
    one.bar === other.bar &&
    one.buys === other.buys &&
    one.sells === other.sells &&
    one.isBid === other.isBid &&
    one.isLit === other.isLit &&
    one.isKnown === other.isKnown &&
    one.isLarge === other.isLarge
  )
}

/** The next step of a quarter of a doubling, so that not all bars change when one does. */
function stepped(size: number): number {
  return 2 ** (Math.ceil(Math.log2(size) * STEPS) / STEPS)
}

function ascending(a: number, b: number): number {
  return a - b
}

function sign(move: bigint, text: string): string {
  return move > 0n ? `+${text}` : text
}
