/** Own orders in a ladder: how much, and what stands before it. */

import { exact, lean, Texts } from '../text.js'
import type { Kept } from '../trust.js'
import { monoFont } from '../widget.js'
import type { Pen } from '../widget.js'
import type { OwnOrder } from '../model.js'
import { row } from '../group.js'
import type { Columns } from './columns.js'
import type { Rows } from './rows.js'

const LEFT = 6

let decimals = 0
const quantities = new Texts<string>((qty) => lean(exact(qty, decimals)))

/** The place of an order as text: `#3/14`; what is only known within bounds has a `~`. */
export function placeText({ place, of, exactness }: OwnOrder): string {
  if (place === null || exactness === 'unknown') return ''
  const most = of === null ? '' : `/${of}`
  return `${exactness === 'exact' ? '' : '~'}#${place}${most}`
}

/** Draws the orders into their rows; more than one in a row are summed, with the place of the first. */
export function own(
  { context, theme, width }: Pen,
  orders: readonly OwnOrder[],
  rows: Rows,
  place: Columns,
  kept: Kept,
  y: (at: number) => number,
  isLive: boolean,
): void {
  if (orders.length === 0) return
  decimals = kept.decimals.qty
  quantities.as(`${decimals}`)
  context.font = monoFont(theme, 11, 600)
  for (const [index, order] of orders.entries()) {
    const at = Number((rows.top - row(order.side, order.price, rows.width)) / rows.width)
    if (at < 0 || at >= rows.count || isIn(orders, index, order, rows.width)) continue
    let [qty, count] = [0n, 0]
    for (const each of orders) {
      if (!isTogether(each, order, rows.width)) continue
      qty += each.qty
      count += 1
    }
    context.fillStyle = isLive ? theme.own : theme.text3
    context.globalAlpha = 0.16
    context.fillRect(0, y(at) - theme.row / 2, width, theme.row)
    context.globalAlpha = 1
    context.fillRect(0, y(at) - theme.row / 2, 2, theme.row)
    const many = count > 1 ? ` ×${count}` : ''
    context.fillText(`${quantities.of(qty)} ${placeText(order)}${many}`, LEFT, y(at), Math.max(0, place.own - LEFT))
  }
}

/** Whether an order before this one has drawn the row already. */
function isIn(orders: readonly OwnOrder[], index: number, order: OwnOrder, width: bigint): boolean {
  return orders.findIndex((each) => isTogether(each, order, width)) !== index
}

function isTogether(one: OwnOrder, other: OwnOrder, width: bigint): boolean {
  return one.side === other.side && row(one.side, one.price, width) === row(other.side, other.price, width)
}
