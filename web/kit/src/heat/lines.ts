/** What is drawn over the heat: best prices, traded volume by price, axes, columns without proof. */

import { plain } from '@havklo/kraken-wasm'

import { floor } from '../group.js'
import type { HeatModel } from '../model.js'
import { clockText, inThrees, Texts } from '../text.js'
import type { Kept } from '../trust.js'
import { monoFont } from '../widget.js'
import type { Pen } from '../widget.js'
import { AXIS_WIDTH, firstAfter } from './plot.js'
import type { Plot } from './plot.js'

const HALO = 3
const LABEL_APART = 44
const TIME_APART = 96
const PROFILE_PART = 0.16
const NICE = [1n, 2n, 5n] as const
const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800] as const

let decimals = 0
const prices = new Texts<string>((price) => plain(price, decimals))
const times = new Texts<string, number>((time) => clockText(time).slice(0, 8))

/** The best bid and ask through time, as steps. */
export function best({ context, theme }: Pen, { columns }: HeatModel, plot: Plot, isLive: boolean): void {
  context.lineJoin = 'round'
  for (const side of ['bid', 'ask'] as const) {
    context.beginPath()
    let previous = NaN
    for (let at = plot.from; at < columns.length; at += 1) {
      const column = columns[at]
      if (column === undefined || !column.proven) {
        previous = NaN
        continue
      }
      const [x, y] = [plot.x(column.time), plot.y(column[side])]
      // A line would claim that there was a price where there was no column.
      if (x === previous) context.lineTo(x, y)
      else context.moveTo(x, y)
      previous = x + plot.column
      context.lineTo(previous, y)
    }
    context.strokeStyle = theme.halo
    context.lineWidth = HALO
    context.stroke()
    context.strokeStyle = !isLive ? theme.text3 : theme[side]
    context.lineWidth = 1.25
    context.stroke()
  }
}

/** Columns during which the book was not proven are hatched. */
export function unproven({ context, theme }: Pen, { columns }: HeatModel, plot: Plot): void {
  context.fillStyle = theme.text3
  context.strokeStyle = theme.text3
  context.lineWidth = 1
  for (let at = plot.from; at < columns.length; at += 1) {
    const column = columns[at]
    if (column === undefined || column.proven) continue
    const begin = plot.x(column.time)
    while (columns[at + 1]?.proven === false) at += 1
    const end = plot.x(columns[at]?.time ?? column.time) + plot.column
    context.save()
    context.beginPath()
    context.rect(begin, 0, end - begin, plot.height)
    context.clip()
    context.globalAlpha = 0.12
    context.fillRect(begin, 0, end - begin, plot.height)
    context.globalAlpha = 0.35
    context.beginPath()
    for (let x = begin - plot.height; x < end; x += 8) {
      context.moveTo(x, plot.height)
      context.lineTo(x + plot.height, 0)
    }
    context.stroke()
    context.restore()
  }
}

const sums: number[] = []

/** Volume traded at each price in view, from the right edge inward. */
export function profile({ context, theme }: Pen, { prints }: HeatModel, plot: Plot, isLive: boolean): void {
  sums.length = plot.rows
  sums.fill(0)
  let most = 0
  for (let at = firstAfter(prints, (plot.end - plot.capacity) * plot.bucketMs); at < prints.length; at += 1) {
    const print = prints[at]
    if (print === undefined) continue
    const row = Math.floor(plot.y(print.price) / plot.row)
    if (row < 0 || row >= plot.rows) continue
    sums[row] = (sums[row] ?? 0) + Number(print.qty)
    most = Math.max(most, sums[row] ?? 0)
  }
  if (most === 0) return
  context.globalAlpha = 0.3
  context.fillStyle = isLive ? theme.accent : theme.text3
  for (let row = 0; row < plot.rows; row += 1) {
    const wide = ((sums[row] ?? 0) / most) * plot.width * PROFILE_PART
    if (wide > 0) context.fillRect(plot.width - wide, row * plot.row, wide, Math.max(1, plot.row - 1))
  }
  context.globalAlpha = 1
}

/** Prices at the right, times at the bottom. */
export function axes(pen: Pen, { columns }: HeatModel, plot: Plot, kept: Kept): void {
  const { context, theme, width, height } = pen
  decimals = kept.decimals.price
  prices.as(`${decimals}`)
  context.fillStyle = theme.bg1
  context.fillRect(plot.width, 0, width - plot.width, height)
  context.fillRect(0, plot.height, width, height - plot.height)
  context.fillStyle = theme.line
  context.fillRect(plot.width, 0, 1, plot.height)
  context.fillRect(0, plot.height, plot.width, 1)
  if (columns.length === 0) return
  context.font = monoFont(theme, 11)
  context.fillStyle = theme.text3
  const apart = niceStep(plot.step / BigInt(plot.shared), Math.ceil((LABEL_APART * plot.shared) / plot.row))
  const digit = context.measureText('0').width
  for (let price = floor(plot.top, apart); plot.y(price) < plot.height - 6; price = floor(price - 1n, apart)) {
    if (plot.y(price) < 8) continue
    const text = prices.of(price)
    context.fillText(text, width - 6 - text.length * digit, plot.y(price))
  }
  const seconds = SECONDS.find((each) => (each * 1000 * plot.column) / plot.bucketMs >= TIME_APART) ?? 3600
  const last = Math.floor((plot.end * plot.bucketMs) / (seconds * 1000)) * seconds * 1000
  for (let time = last; plot.moment(time) > 8 * digit; time -= seconds * 1000) {
    const text = times.of(time)
    const x = plot.moment(time) - (text.length * digit) / 2
    if (x + text.length * digit < plot.width) context.fillText(text, x, plot.height + (height - plot.height) / 2 + 1)
  }
}

/** The price of a line across, on the axis. */
export function tag(pen: Pen, plot: Plot, price: bigint, ground: string, ink: string): void {
  const { context, theme, width } = pen
  const y = Math.max(8, Math.min(plot.height - 8, plot.y(price)))
  context.fillStyle = ground
  context.fillRect(plot.width, y - 8, AXIS_WIDTH, 16)
  context.font = monoFont(theme, 11, 600)
  context.fillStyle = ink
  const text = prices.of(price)
  context.textAlign = 'right'
  context.fillText(text, width - 6, y)
  context.textAlign = 'left'
}

/** The size of the legend's ends. */
export function sizeText(size: number): string {
  const text = size >= 100 ? size.toFixed(0) : size.toPrecision(2)
  return size >= 10_000 ? `${Math.round(size / 1000)}K` : inThrees(text)
}

/** The least nice multiple of `step` that is at least `rows` of it. */
export function niceStep(step: bigint, rows: number): bigint {
  for (let power = 1n; ; power *= 10n) {
    for (const nice of NICE) if (nice * power >= BigInt(rows)) return nice * power * step
  }
}
