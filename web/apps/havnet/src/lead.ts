/** Who moves first: correlations of returns, one of them shifted by some seconds. Floats: nothing here is a price. */

/** How two series go together. */
export interface Lead {
  /** From -1 to 1, at the shift where it is strongest. */
  readonly correlation: number
  /** By how many samples the first one is ahead of the second; negative if it follows. */
  readonly shift: number
  /** Whether chance alone would hardly give so much, with all the shifts that were tried. */
  readonly isClear: boolean
}

/** Fewer returns than this say nothing. */
export const LEAST = 20

/** So many standard errors, 1/√n each, are hardly chance. */
const CLEAR = 3

/** Relative changes from sample to sample; NaN where one of the two is missing. */
export function returns(values: Float64Array, count: number): Float64Array {
  const changes = new Float64Array(Math.max(0, count - 1))
  for (let at = 1; at < count; at += 1) {
    const [before, now] = [values[at - 1] ?? NaN, values[at] ?? NaN]
    changes[at - 1] = now / before - 1
  }
  return changes
}

/** How many more samples the longest of some series needs before anything can be said; 0 if that can be now. */
export function lacking(series: readonly Float64Array[]): number {
  return Math.max(0, LEAST - Math.max(0, ...series.map(({ length }) => length)))
}

/** The strongest correlation within so many samples of shift; null if there is too little to tell. Both end now. */
export function lead(first: Float64Array, second: Float64Array, most: number): Lead | null {
  let best: Lead | null = null
  for (let shift = -most; shift <= most; shift += 1) {
    const found = correlation(first, second, shift)
    if (found === null) continue
    const { value, samples } = found
    const isBetter = best === null || Math.abs(value) > Math.abs(best.correlation)
    // Of equals the one with the smaller shift: no lead is the simplest that can be said.
    const isNearer = best !== null && Math.abs(value) === Math.abs(best.correlation) && Math.abs(shift) < Math.abs(best.shift)
    if (isBetter || isNearer) best = { correlation: value, shift, isClear: Math.abs(value) * Math.sqrt(samples) > CLEAR }
  }
  return best
}

/** Pearson's, of `first` so many samples ago with `second` now. */
function correlation(
  first: Float64Array,
  second: Float64Array,
  shift: number,
): { readonly value: number; readonly samples: number } | null {
  const length = Math.min(first.length, second.length)
  let [n, a, b, aa, bb, ab] = [0, 0, 0, 0, 0, 0]
  for (let back = 0; back < length; back += 1) {
    const x = first[first.length - 1 - back - Math.max(0, shift)] ?? NaN
    const y = second[second.length - 1 - back - Math.max(0, -shift)] ?? NaN
    if (Number.isNaN(x) || Number.isNaN(y)) continue
    n += 1
    a += x
    b += y
    aa += x * x
    bb += y * y
    ab += x * y
  }
  const spread = (n * aa - a * a) * (n * bb - b * b)
  return n < LEAST || !(spread > 0) ? null : { value: (n * ab - a * b) / Math.sqrt(spread), samples: n }
}
