/** From exact texts to exact integers. */

import type { Exact } from './protocol/index.js'

export { exact } from './protocol/index.js'

/**
 * The integer that an exact text is with so many decimals, as the engine's `Ticks` and `Lots` are:
 * `scaled('45283.5', 1)` is `452835n`. Null if it has more decimals than that, so that nothing is ever rounded.
 */
export function scaled(text: Exact, decimals: number): bigint | null {
  const [whole = '', fraction = ''] = text.split('.')
  const kept = fraction.slice(0, decimals).padEnd(decimals, '0')
  return /[^0]/.test(fraction.slice(decimals)) ? null : BigInt(`${whole}${kept}`)
}
