import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { Standing } from '../src/model.js'
import { isSound, isTrusted, Kept } from '../src/trust.js'
import { book, frame } from './frames.js'

const GOOD = { bids: [[999n, 5n], [998n, 1n]], asks: [[1000n, 7n]] } as const
const STANDINGS: readonly Standing[] = ['connecting', 'live', 'stale', 'resync', 'replay', 'closed']

describe('what is drawn in colour', () => {
  it('is live or replayed, and nothing else', () => {
    expect(STANDINGS.filter(isTrusted)).toEqual(['live', 'replay'])
    for (const standing of STANDINGS) {
      const kept = new Kept()
      kept.take(book({ frame: frame(GOOD), standing }))
      expect(kept.isLive).toBe(standing === 'live' || standing === 'replay')
      expect(kept.hasBook).toBe(true)
    }
  })

  it('is never crossed, whatever its standing says', () => {
    const price = fc.bigInt(1n, 1000n)
    fc.assert(fc.property(price, price, fc.boolean(), fc.constantFrom(...STANDINGS), (bid, ask, crossed, standing) => {
      const kept = new Kept()
      kept.take(book({ frame: frame({ bids: [[bid, 1n]], asks: [[ask, 1n]], crossed }), standing }))
      expect(kept.isLive).toBe(bid < ask && !crossed && isTrusted(standing))
      if (bid >= ask || crossed) expect(kept.hasBook).toBe(false)
    }))
  })

  it('is not a frame whose engine has given the book up', () => {
    expect(isSound(frame({ ...GOOD, state: 'desynced' }))).toBe(false)
    expect(isSound(frame({ bids: [], asks: [[1n, 1n]] }))).toBe(true)
  })
})

describe('the last good book', () => {
  it('stays when a bad one comes, and is not live', () => {
    const kept = new Kept()
    kept.take(book({ frame: frame(GOOD) }))
    for (const bad of [null, frame({ ...GOOD, crossed: true }), frame({ bids: [], asks: [], state: 'desynced' })]) {
      kept.take(book({ frame: bad }))
      expect([kept.isLive, kept.hasBook, kept.best('bid'), kept.best('ask')]).toEqual([false, true, 999n, 1000n])
    }
    kept.take(book({ frame: frame({ bids: [[900n, 1n]], asks: [] }) }))
    expect([kept.isLive, kept.best('bid'), kept.best('ask'), kept.bid.count]).toEqual([true, 900n, null, 1])
  })

  it('survives the return of its buffer', () => {
    const kept = new Kept()
    const given = frame(GOOD)
    kept.take(book({ frame: given }))
    structuredClone(given.buffer, { transfer: [given.buffer] })
    kept.take(book({ frame: given }))
    expect([kept.isLive, kept.best('bid'), kept.bid.quantities[0]]).toEqual([true, 999n, 5n])
  })

  it('goes with its pair', () => {
    const kept = new Kept()
    kept.take(book({ frame: frame(GOOD) }))
    kept.take(book({ frame: null, symbol: 'ETH/USD', standing: 'connecting' }))
    expect([kept.hasBook, kept.isLive, kept.best('bid')]).toEqual([false, false, null])
  })
})
