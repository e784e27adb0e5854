/** From sizes to shades: logarithmic, between two percentiles of what is in view. */

import type { HeatColumn } from '../model.js'
import { SHADES } from './colours.js'

const SAMPLES = 4096
/** Ends move in steps of this part of a doubling, so that colours do not flicker with every new column. */
const STEPS = 4

/** Where the shades begin and end, as sizes. */
export class Scale {
  low = 1
  high = 2
  readonly #samples = new Float32Array(SAMPLES)
  #factor = SHADES - 1
  #log = 0

  /** Measures columns anew; tells whether other shades come out. `low` and `high` are percentiles, 0 to 100. */
  measure(columns: readonly HeatColumn[], from: number, low: number, high: number): boolean {
    let [all, count] = [0, 0]
    for (let at = from; at < columns.length; at += 1) all += columns[at]?.sizes.length ?? 0
    const stride = Math.max(1, Math.ceil(all / SAMPLES))
    let next = 0
    for (let at = from; at < columns.length; at += 1) {
      const sizes = columns[at]?.sizes
      if (sizes === undefined) continue
      for (; next < sizes.length; next += stride) {
        const size = sizes[next] ?? 0
        if (size > 0 && count < SAMPLES) this.#samples[count++] = size
      }
      next -= sizes.length
    }
    if (count === 0) return false
    const sorted = this.#samples.subarray(0, count).sort()
    const at = (percent: number) => sorted[Math.min(count - 1, Math.floor((percent / 100) * count))] ?? 1
    const [begin, end] = [stepped(at(Math.min(low, high)), Math.floor), stepped(at(Math.max(low, high)), Math.ceil)]
    const isOther = begin !== this.low || end !== this.high
    this.low = begin
    this.high = Math.max(end, begin * 1.01)
    this.#log = Math.log2(this.low)
    this.#factor = (SHADES - 1) / (Math.log2(this.high) - this.#log)
    return isOther
  }

  /** The index of a size's shade; nothing has the first. */
  shade(size: number): number {
    if (!(size > 0)) return 0
    const shade = (Math.log2(size) - this.#log) * this.#factor
    return shade <= 0 ? 0 : shade >= SHADES - 1 ? SHADES - 1 : shade | 0
  }
}

function stepped(size: number, round: (value: number) => number): number {
  return 2 ** (round(Math.log2(size) * STEPS) / STEPS)
}
