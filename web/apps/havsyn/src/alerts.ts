/** Price alerts: when the market has come to where somebody waits for it. */

import type { Frame } from '@havklo/kraken-wasm'

import type { Alert } from './state.js'

/** Which alerts a proven book sets off: the best ask has come down to it, or the best bid up to it. */
export function due(alerts: readonly Alert[], symbol: string, frame: Frame): Alert[] {
  const [bid, ask] = [frame.level('bid', 0), frame.level('ask', 0)]
  if (bid === null || ask === null) return []
  return alerts.filter(
    (alert) => alert.symbol === symbol && (alert.isAbove ? bid.price >= alert.price : ask.price <= alert.price),
  )
}
