/** Finds what is worth jumping to: large trades, pulled walls, wide spreads. What went wrong is told by others. */

import type { EventMark, Print } from '@havklo/kit'
import { plain } from '@havklo/kraken-wasm'
import type { Decimals } from '@havklo/kraken-wasm'

import type { Reduction } from './facts.js'
import type { Levels } from './levels.js'

/** A trade is large if of the last ones so few are larger, once so many were seen. */
const [LAST, LEAST, LARGE] = [1000, 100, 0.995] as const
/** A wall holds so many times what levels of its side hold on average; it is pulled if so much of it goes untraded. */
const [WALL, PULLED] = [6, 0.75] as const
/** A spread is wide at so many times its usual width, and at so many price increments at least. */
const [WIDE, WIDE_TICKS] = [5, 5n] as const
/** How much a bucket's spread counts in the usual width. */
const MEMORY = 0.02
/** Of one kind there is one mark in this time. */
const APART_MS = 2000

/** Watches one symbol's market. */
export class Watch {
  readonly #sizes: bigint[] = []
  readonly #told = new Map<EventMark['kind'], number>()
  #threshold: bigint | null = null
  #since = 0
  #usual: number | null = null
  #isWide = false

  /** Looks at a trade. */
  trade({ qty, price, side, time }: Print, decimals: Decimals): EventMark | null {
    const threshold = this.#threshold
    this.#sizes.push(qty)
    if (this.#sizes.length > LAST) this.#sizes.shift()
    this.#since += 1
    if (this.#sizes.length >= LEAST && this.#since >= LEAST / 2) {
      this.#since = 0
      const sorted = [...this.#sizes].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
      this.#threshold = sorted[Math.floor(LARGE * (sorted.length - 1))] ?? null
    }
    if (threshold === null || qty <= threshold) return null
    const severity = qty > 5n * threshold ? 3 : qty > 2n * threshold ? 2 : 1
    const label = `${side === 'buy' ? 'bought' : 'sold'} ${plain(qty, decimals.qty)} at ${plain(price, decimals.price)}`
    return this.#tell({ time, kind: 'large_trade', severity, label })
  }

  /** Looks at a reduction that no trade has explained, when it is clear that none will. */
  pulled({ side, price, ms, left, before }: Reduction, levels: Levels, decimals: Decimals): EventMark | null {
    const half = levels.half(side)
    if (half.count < 5 || Number(left) < PULLED * Number(before)) return null
    const sum = half.prices.reduce((all, each) => all + half.at(each), 0n)
    if (before * BigInt(half.count) < BigInt(WALL) * sum) return null
    const label = `${side} wall of ${plain(before, decimals.qty)} at ${plain(price, decimals.price)} pulled`
    return this.#tell({ time: ms, kind: 'wall_pulled', severity: 2, label })
  }

  /** Looks at the spread at the end of a bucket. */
  spread(levels: Levels, tick: bigint, decimals: Decimals, time: number): EventMark | null {
    const [bid, ask] = [levels.bid.best, levels.ask.best]
    if (bid === null || ask === null) return null
    const spread = ask - bid
    const usual = this.#usual
    this.#usual = usual === null ? Number(spread) : usual + MEMORY * (Number(spread) - usual)
    const isWide = usual !== null && Number(spread) > WIDE * usual && spread >= WIDE_TICKS * tick
    const isNew = isWide && !this.#isWide
    this.#isWide = isWide
    if (!isNew) return null
    return this.#tell({ time, kind: 'spread', severity: 1, label: `spread ${plain(spread, decimals.price)}` })
  }

  #tell(mark: EventMark): EventMark | null {
    if (mark.time - (this.#told.get(mark.kind) ?? -Infinity) < APART_MS) return null
    this.#told.set(mark.kind, mark.time)
    return mark
  }
}
