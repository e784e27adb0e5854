/** The row between bids and asks, and what is computed from the best of both. */

import { plain } from '@havklo/kraken-wasm'

import { inThrees } from '../text.js'
import type { Kept } from '../trust.js'
import { monoFont, uiFont } from '../widget.js'
import type { Pen } from '../widget.js'
import type { Columns } from './columns.js'

/** More decimals than prices have that a micro-price is told with. */
const FINER = 2

/** Half-way between the best prices, in units of half the last decimal, as text without a needless digit. */
export function middleText(bid: bigint, ask: bigint, decimals: number): string {
  const twice = bid + ask
  return inThrees(twice % 2n === 0n ? plain(twice / 2n, decimals) : plain(twice * 5n, decimals + 1))
}

/** The price weighted by the quantities opposite, cut to two decimals more than prices have. */
export function microText(bid: bigint, bidQty: bigint, ask: bigint, askQty: bigint, decimals: number): string {
  const all = bidQty + askQty
  if (all === 0n) return middleText(bid, ask, decimals)
  const finer = 10n ** BigInt(FINER)
  return inThrees(plain(((bid * askQty + ask * bidQty) * finer) / all, decimals + FINER))
}

/** The spread in hundredths of a basis point of the middle, as text. */
export function basisPointsText(bid: bigint, ask: bigint): string {
  const twice = bid + ask
  return twice === 0n ? '' : plain(((ask - bid) * 2_000_000n) / twice, 2)
}

/** Draws the row at `top`; null if it is not in view. */
export function spread({ context, theme, width, digit }: Pen, kept: Kept, top: number | null, place: Columns): void {
  const [bid, ask] = [kept.best('bid'), kept.best('ask')]
  if (top === null || bid === null || ask === null) return
  const { price } = kept.decimals
  const y = top + theme.row / 2
  context.fillStyle = theme.bg3
  context.fillRect(0, top, width, theme.row)
  context.font = monoFont(theme, 12, 600)
  context.fillStyle = kept.isLive ? theme.text1 : theme.text3
  const middle = middleText(bid, ask, price)
  // Its decimal point stands where those of the prices do.
  const points = `${bid / 10n ** BigInt(price)}`.length - middle.indexOf('.')
  const left = place.priceLeft + (middle.includes('.') ? points : 0) * digit
  context.fillText(middle, Math.max(4, Math.min(left, width - middle.length * digit)), y)
  context.font = uiFont(theme, 11)
  context.fillStyle = kept.isLive ? theme.text2 : theme.text3
  context.fillText(`spread ${plain(ask - bid, price)}`, 6, y)
  if (place.volumeWidth === 0) return
  const micro = microText(bid, kept.bid.quantities[0] ?? 0n, ask, kept.ask.quantities[0] ?? 0n, price)
  context.textAlign = 'right'
  context.fillText(`micro ${micro}`, width - 6, y)
  context.textAlign = 'left'
}
