/** Which cards are shown, and in which order. */

import { isTrusted, moved } from './figures.js'
import type { Figures } from './figures.js'

export const SORTS = ['listed', 'move', 'spread', 'imbalance', 'rate', 'trouble'] as const
export type Sort = (typeof SORTS)[number]

export const SORT_WORDS: Readonly<Record<Sort, string>> = {
  listed: 'as listed',
  move: 'largest move',
  spread: 'widest spread',
  imbalance: 'most one-sided',
  rate: 'most messages',
  trouble: 'in trouble first',
}

/** Larger comes first. */
const WEIGHTS: Readonly<Record<Exclude<Sort, 'listed'>, (figures: Figures) => number>> = {
  move: (figures) => Math.abs(moved(figures)),
  spread: ({ spread }) => Number(spread ?? -1n),
  imbalance: ({ imbalance }) => Math.abs(Number(imbalance ?? 0n)),
  rate: ({ perSecond }) => perSecond,
  trouble: (figures) => (isTrusted(figures) ? 0 : 1e9) + figures.faults * 1000 + figures.resyncs,
}

/** Those that are asked for: pinned ones first, each part sorted; equals stay in the order in which they are listed. */
export function ordered(all: readonly Figures[], sort: Sort, filter: string, pins: readonly string[]): Figures[] {
  const words = filter.toUpperCase().split(/[\s,]+/).filter(Boolean)
  const found = all.filter(({ symbol }) => words.length === 0 || words.some((word) => symbol.toUpperCase().includes(word)))
  const weight = sort === 'listed' ? () => 0 : WEIGHTS[sort]
  const sorted = [...found].sort((a, b) => weight(b) - weight(a))
  const isPinned = ({ symbol }: Figures) => pins.includes(symbol)
  return [...sorted.filter(isPinned), ...sorted.filter((figures) => !isPinned(figures))]
}

/** Pins it, or takes the pin away. */
export function pinned(pins: readonly string[], symbol: string): readonly string[] {
  return pins.includes(symbol) ? pins.filter((pin) => pin !== symbol) : [...pins, symbol]
}
