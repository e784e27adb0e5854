import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { ceil, floor, gather, row } from '../src/group.js'
import { mirrored } from '../src/dom/mirror.js'
import { Kept } from '../src/trust.js'
import { book, frame } from './frames.js'
import type { Pair } from './frames.js'

const width = fc.bigInt(1n, 1000n)

/** Levels of a side, best first: no two at one price. */
const levels = fc.uniqueArray(fc.tuple(fc.bigInt(1n, 5000n), fc.bigInt(1n, 2n ** 60n)), { selector: ([price]) => price })

const sorted = (pairs: readonly Pair[], sign: 1n | -1n) => pairs.toSorted(([a], [b]) => Number(sign * (a - b)))
const sum = (quantities: readonly bigint[]) => quantities.reduce((total, qty) => total + qty, 0n)

describe('rows', () => {
  it('are the nearest multiples on the passive side', () => {
    fc.assert(fc.property(fc.bigInt(-(10n ** 20n), 10n ** 20n), width, (price, wide) => {
      expect(floor(price, wide) % wide).toBe(0n)
      expect(ceil(price, wide) % wide).toBe(0n)
      expect(floor(price, wide) <= price && price - floor(price, wide) < wide).toBe(true)
      expect(ceil(price, wide) >= price && ceil(price, wide) - price < wide).toBe(true)
    }))
  })

  it('keep the best bid below the best ask', () => {
    fc.assert(fc.property(fc.bigInt(1n, 10n ** 12n), fc.bigInt(1n, 100n), width, (bid, spread, wide) => {
      expect(row('bid', bid, wide) < row('ask', bid + spread, wide)).toBe(true)
    }))
  })

  it('sum to what they are made of', () => {
    fc.assert(fc.property(levels, width, fc.constantFrom('bid' as const, 'ask' as const), (pairs, wide, side) => {
      const best = sorted(pairs, side === 'ask' ? 1n : -1n)
      const top = ceil(5000n, wide)
      const into = Array<bigint>(Number(top / wide) + 1).fill(0n)
      const [prices, quantities] = [best.map(([price]) => price), best.map(([, qty]) => qty)]
      gather(side, prices, quantities, best.length, top, wide, into)
      expect(sum(into)).toBe(sum(quantities))
      const wanted = new Map<bigint, bigint>()
      for (const [level, qty] of best) {
        const price = row(side, level, wide)
        wanted.set(price, (wanted.get(price) ?? 0n) + qty)
      }
      const found = [...into.entries()].filter(([, qty]) => qty > 0n)
      expect(new Map(found.map(([at, qty]) => [top - BigInt(at) * wide, qty]))).toEqual(
        new Map([...wanted].toSorted(([a], [b]) => Number(b - a))),
      )
    }))
  })

  it('leave out what is not in view, and nothing else', () => {
    fc.assert(fc.property(levels, width, fc.bigInt(0n, 5000n), fc.integer({ min: 1, max: 60 }), (pairs, wide, from, count) => {
      const best = sorted(pairs, -1n)
      const top = floor(from, wide)
      const into = Array<bigint>(count).fill(0n)
      gather('bid', best.map(([price]) => price), best.map(([, qty]) => qty), best.length, top, wide, into)
      const lowest = top - BigInt(count - 1) * wide
      const inView = best.filter(([price]) => row('bid', price, wide) <= top && row('bid', price, wide) >= lowest)
      expect(sum(into)).toBe(sum(inView.map(([, qty]) => qty)))
    }))
  })

  it('of the table are those of the ladder', () => {
    fc.assert(fc.property(levels, levels, width, (below, above, wide) => {
      const bids = sorted(below, -1n)
      const asks = sorted(above.map(([price, qty]) => [price + 5000n, qty] as const), 1n)
      const kept = new Kept()
      kept.take(book({ frame: frame({ bids, asks }) }))
      for (const side of ['bid', 'ask'] as const) {
        const rows = mirrored(kept, side, wide, Infinity)
        expect(sum(rows.map(({ qty }) => qty))).toBe(sum(kept.side(side).quantities.slice(0, kept.side(side).count)))
        expect(new Set(rows.map(({ price }) => price)).size).toBe(rows.length)
      }
    }))
  })
})
