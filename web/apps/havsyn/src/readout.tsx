/** The line below the ladder: what stands between the market and the price under the cursor. */

import { inThrees, signed } from '@havklo/kit'
import { plain } from '@havklo/kraken-wasm'

import { basisPoints, between, measure, money } from './measure.js'
import type { Parts } from './view.js'

export function Readout({ actions, scene }: Parts) {
  const { hover, anchor } = actions.passing
  // Ten times a second at most: people read this.
  void scene.beat.value
  const { frame, tick } = actions.view.book
  const price = hover.value
  const found = frame === null || price === null ? null : measure(frame, price)
  if (frame === null || found === null || price === null)
    return <div class="readout mono">point at a price, or press ↑ ↓</div>
  const { price: places, qty } = frame.decimals
  const text = plain(price, places)
  const steps = anchor.value === null ? null : between(anchor.value, price, tick)
  return (
    <div class="readout mono">
      <b data-side={found.side ?? undefined}>{text}</b>
      <span>{basisPoints(found.distance)} bp</span>
      <span>
        Σ <b>{short(plain(found.size, qty))}</b>
        {found.isBeyond ? '+' : ''}
      </span>
      <span>cost {money(found.cost, places + qty)}</span>
      {steps !== null && (
        <span>
          from {inThrees(plain(anchor.value ?? 0n, places))}: {signed(steps.steps, 0)} ticks, {basisPoints(steps.distance)} bp
        </span>
      )}
    </div>
  )
}

/** At most four decimals of a quantity, cut, not rounded: it is less than what is there, never more. */
export function short(text: string): string {
  const [whole = '', fraction = ''] = text.split('.')
  return whole.length >= 5 || fraction === '' ? whole : `${whole}.${fraction.slice(0, 4)}`
}
