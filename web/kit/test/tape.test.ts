import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { lots } from '@havklo/kraken-wasm'

import type { Print } from '../src/model.js'
import { blocks, isHole, large } from '../src/tape/blocks.js'
import type { Block } from '../src/tape/blocks.js'
import { print, tape } from './frames.js'

const ALL = 10_000
const trades = fc
  .array(fc.tuple(fc.nat(300), fc.constantFrom('buy' as const, 'sell' as const), fc.bigInt(1n, 10n ** 20n)), { maxLength: 60 })
  .map((rows) => {
    let time = 0
    return rows.map(([wait, side, qty], id): Print => print(id, (time += wait), side, 100n + BigInt(id % 3), qty))
  })
const sum = (quantities: readonly bigint[]) => quantities.reduce((total, qty) => total + qty, 0n)

describe('rows of the tape', () => {
  it('lose no trade and no quantity, however they merge', () => {
    fc.assert(fc.property(trades, fc.constantFrom(0, 50, 250), (prints, merge) => {
      const rows = blocks(tape({ prints, merge }), ALL).filter((row): row is Block => !isHole(row))
      expect(sum(rows.map(({ qty }) => qty))).toBe(sum(prints.map(({ qty }) => qty)))
      expect(rows.reduce((count, row) => count + row.count, 0)).toBe(prints.length)
    }))
  })

  it('are of one side, and apart from their neighbours by side or time', () => {
    fc.assert(fc.property(trades, fc.constantFrom(50, 250), (prints, merge) => {
      let at = prints.length
      for (const row of blocks(tape({ prints, merge }), ALL)) {
        if (isHole(row)) continue
        const own = prints.slice(at - row.count, at)
        const before = prints[at - row.count - 1]
        expect(new Set(own.map(({ side }) => side)).size).toBe(1)
        const [first] = own
        if (before !== undefined && first !== undefined)
          expect(before.side !== first.side || first.time - before.time > merge).toBe(true)
        at -= row.count
      }
      expect(at).toBe(0)
    }))
  })

  it('are one a trade without merging, newest first', () => {
    const prints = [print(1, 0, 'buy', 1n, 1n), print(2, 0, 'buy', 1n, 2n)]
    expect(blocks(tape({ prints }), ALL)).toMatchObject([{ qty: 2n }, { qty: 1n }])
  })

  it('do not merge over a hole, and show it', () => {
    const prints = [print(1, 0, 'buy', 1n, 1n), print(2, 0, 'buy', 2n, 2n), print(3, 0, 'buy', 3n, 3n)]
    const rows = blocks(tape({ prints, merge: 250, gaps: [{ before: 2, missing: 4 }] }), ALL)
    expect(rows).toMatchObject([{ qty: 5n, count: 2, from: 2n }, { missing: 4 }, { qty: 1n }])
  })

  it('below the threshold are left out, after merging', () => {
    const prints = [print(1, 0, 'buy', 1n, 3n), print(2, 10, 'buy', 1n, 3n), print(3, 20, 'sell', 1n, 5n)]
    expect(blocks(tape({ prints, merge: 50, least: lots(6n) }), ALL)).toMatchObject([{ qty: 6n }])
  })

  it('are no more than asked for', () => {
    fc.assert(fc.property(trades, fc.integer({ min: 1, max: 9 }), (prints, most) => {
      const model = tape({ prints, merge: 50, gaps: [{ before: 5, missing: null }] })
      expect(blocks(model, most)).toEqual(blocks(model, ALL).slice(0, most))
    }))
  })

  it('are emphasised from the given quantity on, or from the 97th percentile', () => {
    const prints = Array.from({ length: 100 }, (_, id) => print(id, id, 'buy', 1n, BigInt(id + 1)))
    expect(large(tape({ prints }))).toBe(98)
    expect(large(tape({ prints, large: lots(7n) }))).toBe(7)
    expect(large(tape({}))).toBe(Infinity)
  })
})
