/** Trades as a tape shows them: those that belong together as one, and holes where some are missing. */

import type { Ticks } from '@havklo/kraken-wasm'

import type { Print, TapeModel } from '../model.js'

/** Trades of one side that came right after each other, or a hole. */
export interface Block {
  /** The last of them. */
  readonly print: Print
  readonly qty: bigint
  readonly count: number
  /** The price of the first of them. */
  readonly from: Ticks
}

export interface Hole {
  readonly missing: number | null
}

/** What percentile of the quantities emphasises a trade that nobody has set a threshold for, and of how many. */
const LARGE = 0.97
const LATEST = 500

/** Whether a row is a hole. */
export function isHole(row: Block | Hole): row is Hole {
  return 'missing' in row
}

/**
 * The newest rows, newest first, at most `most`. Trades merge if they are of one side and each came within `merge`
 * milliseconds of the one before; a trade of the other side or a hole between them keeps them apart.
 */
export function blocks({ prints, gaps, merge, least }: TapeModel, most: number): (Block | Hole)[] {
  const rows: (Block | Hole)[] = []
  for (let at = prints.length - 1; at >= 0 && rows.length < most; ) {
    const print = prints[at]
    if (print === undefined) break
    let [qty, first, hole]: [bigint, Print, Hole | null] = [0n, print, null]
    let count = 0
    for (let before: Print | undefined = print; before !== undefined; ) {
      qty += before.qty
      first = before
      count += 1
      at -= 1
      hole = holeBefore(gaps, first.id)
      before = hole === null && merge > 0 ? prints[at] : undefined
      if (before !== undefined && (before.side !== first.side || first.time - before.time > merge)) break
    }
    if (qty >= least) rows.push({ print, qty, count, from: first.price })
    if (hole !== null) rows.push(hole)
  }
  return rows.slice(0, most)
}

/** From which quantity on a trade is emphasised. */
export function large({ prints, large: given }: TapeModel): number {
  return given === null ? percentile(prints) : Number(given)
}

function holeBefore(gaps: TapeModel['gaps'], id: number): Hole | null {
  for (const gap of gaps) if (gap.before === id) return gap
  return null
}

const scratch = new Float64Array(LATEST)

function percentile(prints: readonly Print[]): number {
  const count = Math.min(LATEST, prints.length)
  for (let back = 0; back < count; back += 1) scratch[back] = Number(prints[prints.length - 1 - back]?.qty ?? 0n)
  const sorted = scratch.subarray(0, count).sort()
  return sorted[Math.min(count - 1, Math.floor(LARGE * count))] ?? Infinity
}
