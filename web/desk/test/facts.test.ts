import { lots, ticks } from '@havklo/kraken-wasm'
import type { LevelChange } from '@havklo/kraken-wasm'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { History, Ledger, most, packed } from '../src/facts.js'
import { Levels, keyOf } from '../src/levels.js'

const PRICE = ticks(100n)

function started(qty = 50n) {
  const [levels, ledger] = [new Levels(), new Ledger()]
  levels.bid.set(PRICE, lots(qty))
  return { levels, ledger, set: (to: bigint, ms: number) => ledger.update(levels, [level(PRICE, to)], 10, ms) }
}

function level(price: bigint, qty: bigint, side: 'bid' | 'ask' = 'bid'): LevelChange {
  return { kind: 'level', side, price: ticks(price), qty: lots(qty) }
}

test('what a trade explains is traded, whichever message comes first; the rest is pulled', () => {
  const tradeFirst = started()
  tradeFirst.ledger.trade('sell', PRICE, lots(20n), 0)
  tradeFirst.set(10n, 300)
  expect(tradeFirst.ledger.bucket.get(keyOf(PRICE))).toEqual({ price: PRICE, bought: 0n, sold: 20n, bid: -20n, ask: 0n })
  const bookFirst = started()
  bookFirst.set(10n, 0)
  expect(bookFirst.ledger.bucket.get(keyOf(PRICE))?.bid).toBe(-40n)
  bookFirst.ledger.trade('sell', PRICE, lots(20n), 300)
  expect(bookFirst.ledger.bucket.get(keyOf(PRICE))).toEqual({ price: PRICE, bought: 0n, sold: 20n, bid: -20n, ask: 0n })
})

test('a trade explains nothing at another price, on the other side, or after a second', () => {
  const told: bigint[] = []
  const levels = new Levels()
  levels.bid.set(PRICE, lots(50n))
  const ledger = new Ledger(({ left }) => told.push(left))
  ledger.trade('buy', PRICE, lots(5n), 0)
  ledger.trade('sell', ticks(99n), lots(5n), 0)
  ledger.update(levels, [level(100n, 30n)], 10, 10)
  ledger.settle(1011)
  expect(told).toEqual([20n])
  ledger.trade('sell', PRICE, lots(20n), 1012)
  expect(ledger.bucket.get(keyOf(PRICE))?.bid).toBe(-20n)
})

test('what comes into view because others left is not stacked', () => {
  const [levels, ledger] = [new Levels(), new Ledger()]
  for (const price of [100n, 99n]) levels.bid.set(ticks(price), lots(1n))
  ledger.update(levels, [level(100n, 0n), level(98n, 7n)], 2, 0)
  expect(ledger.bucket.get(keyOf(98n))).toBeUndefined()
  expect(levels.bid.prices).toEqual([99n, 98n])
  // A better price is new, and pushes the worst one out.
  ledger.update(levels, [level(101n, 4n)], 2, 1)
  expect(ledger.bucket.get(keyOf(101n))?.bid).toBe(4n)
  expect(levels.bid.prices).toEqual([101n, 99n])
})

interface Step {
  readonly what: 'set' | 'trade'
  readonly price: number
  readonly qty: number
  readonly after: number
}

/** The same said in the plainest way: every reduction and trade on its own, the oldest explained first. */
function naive(steps: readonly Step[], at: number, windowMs: number): Map<number, [traded: number, pulled: number]> {
  const sizes = new Map<number, number>()
  const reductions: { price: number; ms: number; left: number }[] = []
  const credits: { price: number; ms: number; left: number }[] = []
  const [traded, flows]: [{ price: number; by: number }[], { price: number; ms: number; by: number }[]] = [[], []]
  let ms = 0
  for (const { what, price, qty, after } of steps) {
    ms += after
    if (ms > at) break
    const before = sizes.get(price) ?? 0
    if (what === 'trade') {
      traded.push({ price, by: qty })
      let left = qty
      for (const open of reductions) {
        if (open.price !== price || open.ms < ms - 1000) continue
        const part = Math.min(open.left, left)
        open.left -= part
        left -= part
        flows.push({ price, ms, by: part })
      }
      credits.push({ price, ms, left })
      continue
    }
    sizes.set(price, qty)
    let left = before - qty
    if (left <= 0) flows.push({ price, ms, by: -left })
    else {
      for (const open of credits) {
        if (open.price !== price || open.ms < ms - 1000) continue
        const part = Math.min(open.left, left)
        open.left -= part
        left -= part
      }
      reductions.push({ price, ms, left })
      flows.push({ price, ms, by: -left })
    }
  }
  const sums = new Map<number, [number, number]>()
  const sum = (price: number): [number, number] => sums.get(price) ?? sums.set(price, [0, 0]).get(price) ?? [0, 0]
  for (const { price, by } of traded) sum(price)[0] += by
  const since = Math.floor(at / 250) * 250 - windowMs
  for (const { price, ms: came, by } of flows) if (came >= since) sum(price)[1] += by
  return sums
}

test('facts are those of a naive model', () => {
  const step = fc.record({
    what: fc.constantFrom('set' as const, 'set' as const, 'trade' as const),
    price: fc.integer({ min: 1, max: 3 }),
    qty: fc.integer({ min: 1, max: 50 }),
    after: fc.integer({ min: 0, max: 700 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.constantFrom(5000, 30_000), (steps, windowMs) => {
      const [levels, ledger, history] = [new Levels(), new Ledger(), new History()]
      let [ms, bucket] = [0, 0]
      const roll = (): void => {
        for (; bucket < Math.floor(ms / 250); bucket += 1) history.add((bucket + 1) * 250, ledger.take(), -Infinity)
      }
      for (const { what, price, qty, after } of steps) {
        ms += after
        roll()
        if (what === 'trade') ledger.trade('sell', ticks(BigInt(price)), lots(BigInt(qty)), ms)
        else ledger.update(levels, [level(BigInt(price), BigInt(qty))], 10, ms)
      }
      const facts = history.sum(ms, windowMs, ledger.bucket)
      const expected = naive(steps, ms, windowMs)
      for (const price of [1, 2, 3]) {
        const [traded, flow] = expected.get(price) ?? [0, 0]
        const fact = facts.get(keyOf(BigInt(price)))
        expect([Number(fact?.sold ?? 0n), Number(fact?.bid ?? 0n)]).toEqual([traded, flow])
      }
      expect(Number(most(packed(facts)))).toBe(Math.max(0, ...[...expected.values()].map(([traded]) => traded)))
    }),
    { numRuns: 300 },
  )
})
