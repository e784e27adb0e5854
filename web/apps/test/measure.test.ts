/** Sizes, costs and distances, against what one would do by hand. */

import { Engine, Frame, load, ticks } from '@havklo/kraken-wasm'
import { expect, test } from 'vitest'

import { exactly } from '../havsyn/src/actions.js'
import { basisPoints, between, measure, money, stepped } from '../havsyn/src/measure.js'

/** The worked example of Kraken's documentation. */
const ASKS = [
  ['45285.2', '0.00100000'],
  ['45286.4', '1.54571953'],
  ['45286.6', '1.54571109'],
  ['45289.6', '1.54560911'],
  ['45290.2', '0.15890660'],
  ['45291.8', '1.54553491'],
  ['45294.7', '0.04454749'],
  ['45296.1', '0.35380000'],
  ['45297.5', '0.09945542'],
  ['45299.5', '0.18772827'],
]
const BIDS = [
  ['45283.5', '0.10000000'],
  ['45283.4', '1.54582015'],
  ['45282.1', '0.10000000'],
  ['45281.0', '0.10000000'],
  ['45280.3', '1.54592586'],
  ['45279.0', '0.07990000'],
  ['45277.6', '0.03310103'],
  ['45277.5', '0.30000000'],
  ['45277.3', '1.54602737'],
  ['45276.6', '0.15445238'],
]

async function book(): Promise<Frame> {
  const wasm = await load()
  if (!wasm.ok) throw new Error(wasm.error.kind)
  const engine = new Engine(wasm.value)
  const tracked = engine.track('BTC/USD', { depth: 10 })
  if (!tracked.ok) throw new Error(tracked.error.kind)
  const rows = (side: string[][]) => side.map(([price, qty]) => `{"price":${price},"qty":${qty}}`).join()
  engine.apply(
    `{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[${rows(BIDS)}],"asks":[${rows(ASKS)}],"checksum":3310070434}]}`,
  )
  const buffer = tracked.value.frame()
  if (buffer === null) throw new Error('no frame')
  return new Frame(buffer)
}

test('up to an ask: everything at and below it', async () => {
  const found = measure(await book(), ticks(452866n))
  expect(found?.side).toBe('ask')
  expect(found?.levels).toBe(3)
  expect(found?.size).toBe(100000n + 154571953n + 154571109n)
  expect(found?.cost).toBe(452852n * 100000n + 452864n * 154571953n + 452866n * 154571109n)
  // The middle is 45284.35, and 2.25 away from it are 0.4969 basis points.
  expect(basisPoints(found?.distance ?? 0n)).toBe('+0.49')
})

test('down to a bid, beyond the book, and into the spread', async () => {
  const frame = await book()
  expect(measure(frame, ticks(452834n))).toMatchObject({ side: 'bid', levels: 2, size: 164582015n, isBeyond: false })
  expect(measure(frame, ticks(400000n))).toMatchObject({ side: 'bid', levels: 10, isBeyond: true })
  expect(measure(frame, ticks(452840n))).toMatchObject({ side: null, levels: 0, size: 0n })
})

test('distances, rows and money', () => {
  expect(between(ticks(100000n), ticks(100100n), 5n)).toEqual({ steps: 20n, distance: 1000n })
  expect(basisPoints(-7n)).toBe('\u22120.07')
  expect(stepped(ticks(1005n), -3, 2n, 5n)).toBe(975n)
  expect(money(123_456_789_012n, 9)).toBe('123.45')
  expect(money(12_345_678_901_234n, 9)).toBe('12,345')
  expect(money(7n, 1)).toBe('0.70')
})

test('a quantity that somebody writes is exact, or none', () => {
  expect(exactly('0.05', 8)).toBe(5_000_000n)
  expect(exactly('92233720368.54775808', 8)).toBe(9223372036854775808n)
  expect(exactly('.5', 1)).toBe(5n)
  for (const wrong of ['', '.', '1e3', '-1', '0.123456789', 'much']) expect(exactly(wrong, 8)).toBe(null)
})
