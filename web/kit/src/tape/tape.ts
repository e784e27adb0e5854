/** The tape: trades as they come, newest at the top. */

import { untrusted } from '../notice.js'
import { clockText, exact, sharedLength, short, Texts, tones } from '../text.js'
import type { Tones } from '../text.js'
import { isTrusted } from '../trust.js'
import { monoFont, triangle, uiFont, Widget, write } from '../widget.js'
import type { Pen } from '../widget.js'
import type { Hit, Print, TapeModel } from '../model.js'
import { blocks, isHole, large } from './blocks.js'
import type { Block, Hole } from './blocks.js'

const ARROW = 12
const PRICE = 22
const EDGE = 6
const LARGE_ALPHA = 0.16
/** Characters of the time of day with and without its milliseconds. */
const [LONG, WHOLE] = [12, 8]

/** Draws trades. */
export class Tape extends Widget<TapeModel> {
  #rows: readonly (Block | Hole)[] = []
  #rowHeight = 18
  #decimals: TapeModel['decimals'] = { price: 0, qty: 0 }
  #shared = 0
  #shown = 0
  #large = Infinity
  #of: readonly Print[] | null = null
  #limit: TapeModel['large'] = null
  readonly #prices = new Texts<Tones>((price) => tones(exact(price, this.#decimals.price), this.#shared))
  readonly #sizes = new Texts<Tones>((qty) => tones(short(qty, this.#decimals.qty, this.#shown), 0))
  readonly #times = new Texts<string, number>(clockText)

  constructor() {
    super('Trades, newest first')
  }

  hit(_x: number, y: number): Hit | null {
    const row = this.#rows[Math.floor(y / this.#rowHeight)]
    if (row === undefined || isHole(row)) return null
    const { id, price, time, side } = row.print
    return { price, side: side === 'buy' ? 'ask' : 'bid', id: `${id}`, time }
  }

  protected draw(pen: Pen, model: TapeModel): void {
    const { context, theme, width, height } = pen
    const isLive = isTrusted(model.standing)
    context.fillStyle = theme.bg1
    context.fillRect(0, 0, width, height)
    this.#rowHeight = theme.row
    this.#rows = blocks(model, Math.ceil(height / theme.row))
    if (this.#rows.length === 0) {
      context.font = uiFont(theme, 12)
      context.fillStyle = theme.text3
      context.fillText(isLive ? 'No trades yet' : untrusted(model.standing), EDGE, theme.row)
      return
    }
    if (model.prints !== this.#of || model.large !== this.#limit) {
      this.#of = model.prints
      this.#limit = model.large
      this.#large = large(model)
    }
    this.#forms(pen, model)
    let y = theme.row / 2
    for (const row of this.#rows) {
      if (isHole(row)) hole(pen, row, y)
      else this.#row(pen, row, y, isLive, model.hover)
      y += theme.row
    }
  }

  /** The texts of the rows in view share what they have in common. */
  #forms({ width, digit }: Pen, { decimals }: TapeModel): void {
    let [low, high, most] = [null as bigint | null, 0n, 0n]
    for (const row of this.#rows) {
      if (isHole(row)) continue
      const { price } = row.print
      if (low === null || price < low) low = price
      if (price > high) high = price
      if (row.qty > most) most = row.qty
    }
    const text = exact(high, decimals.price)
    const shared = Math.min(sharedLength(exact(low ?? 0n, decimals.price), text), text.length - 1)
    const whole = Math.min(4, `${most / 10n ** BigInt(decimals.qty)}`.length)
    const taken = text.length + timeLength(width, digit, text.length)
    const room = Math.floor((width - PRICE - 4 * EDGE) / digit) - taken
    this.#decimals = decimals
    this.#shared = shared
    this.#shown = Math.max(0, Math.min(decimals.qty, room - whole - 1))
    this.#prices.as(`${decimals.price} ${shared}`)
    this.#sizes.as(`${decimals.qty} ${this.#shown}`)
  }

  #row(pen: Pen, { print, qty, count }: Block, y: number, isLive: boolean, hover: bigint | null): void {
    const { context, theme, width, digit } = pen
    const isBuy = print.side === 'buy'
    const colour = !isLive ? theme.text3 : isBuy ? theme.bid : theme.ask
    const isLarge = Number(qty) >= this.#large
    const top = y - theme.row / 2
    if (hover === print.price) {
      context.fillStyle = theme.bg3
      context.fillRect(0, top, width, theme.row)
    }
    context.fillStyle = colour
    if (isLarge) {
      context.globalAlpha = LARGE_ALPHA
      context.fillRect(0, top, width, theme.row - 1)
      context.globalAlpha = 1
      context.fillRect(0, top, 2, theme.row - 1)
    }
    triangle(context, ARROW, y, 7, isBuy)
    context.font = monoFont(theme, 12, isLarge ? 700 : 400)
    const price = this.#prices.of(print.price)
    write(context, price, PRICE, y, digit, theme.text3, colour)
    const size = this.#sizes.of(qty)
    const length = timeLength(width, digit, price.text.length)
    const right = width - EDGE - length * digit - 2 * EDGE
    const point = right - (this.#shown === 0 ? 0 : (this.#shown + 1) * digit)
    const ink = !isLive ? theme.text3 : isLarge ? theme.text1 : theme.text2
    write(context, size, point - size.whole * digit, y, digit, theme.text3, ink)
    context.font = monoFont(theme, 12)
    context.fillStyle = theme.text3
    const after = PRICE + price.text.length * digit + 4
    if (count > 1 && after + 3 * digit < point - size.whole * digit) context.fillText(`×${count}`, after, y)
    const time = this.#times.of(print.time)
    context.fillText(length === LONG ? time : time.slice(0, WHOLE), width - EDGE - length * digit, y)
  }
}

function timeLength(width: number, digit: number, price: number): number {
  return width >= PRICE + (price + 10 + LONG) * digit + 3 * EDGE ? LONG : WHOLE
}

function hole({ context, theme, width }: Pen, { missing }: Hole, y: number): void {
  context.fillStyle = theme.bg2
  context.fillRect(0, y - theme.row / 2, width, theme.row - 1)
  context.font = uiFont(theme, 11, 600)
  context.fillStyle = theme.warn
  context.fillText(missing === null ? 'Trades are missing here' : `${missing} trades are missing here`, PRICE, y)
}
