/** A snapshot message made from proven levels, as the exchange would have sent it. */

import { plain } from '@havklo/kraken-wasm'
import type { Decimals, Side } from '@havklo/kraken-wasm'

import type { Levels } from './levels.js'
import { proof } from './proof.js'

/** Its checksum is made of its levels: it is the proven one, and a fresh engine proves it once more. */
export function snapshot(symbol: string, levels: Levels, { price, qty }: Decimals): string {
  const listed = (side: Side): string => {
    const half = levels.half(side)
    return half.prices.map((at) => `{"price":${plain(at, price)},"qty":${plain(half.at(at), qty)}}`).join(',')
  }
  const { computed } = proof(levels, { price, qty })
  const data = `"symbol":${JSON.stringify(symbol)},"bids":[${listed('bid')}],"asks":[${listed('ask')}]`
  return `{"channel":"book","type":"snapshot","data":[{${data},"checksum":${computed}}]}`
}
