/** Walls: which levels are, and what the past says of them. */

import type { HeatColumn, HeatModel } from '@havklo/kit'
import { Engine, Frame, load, lots, ticks } from '@havklo/kraken-wasm'
import { expect, test } from 'vitest'

import { threshold, walls } from '../havsyn/src/walls.js'

const NOW = 100_000
const BUCKET = 250

async function book(): Promise<Frame> {
  const wasm = await load()
  if (!wasm.ok) throw new Error(wasm.error.kind)
  const engine = new Engine(wasm.value)
  const tracked = engine.track('BTC/USD', { depth: 10 })
  if (!tracked.ok) throw new Error(tracked.error.kind)
  const rows = (from: number, by: number) =>
    Array.from({ length: 10 }, (_, rank) => `{"price":${(from + by * rank).toFixed(1)},"qty":${rank === 4 ? '9.00' : '1.00'}}`)
  engine.apply(
    `{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[${rows(100, -0.1).join()}],"asks":[${rows(100.1, 0.1).join()}],"checksum":${await sum()}}]}`,
  )
  const buffer = tracked.value.frame()
  if (buffer === null) throw new Error('no frame')
  return new Frame(buffer)

  async function sum(): Promise<number> {
    const { crc32 } = await import('node:zlib')
    const digits = (side: string[]) =>
      side.map((row) => (row.match(/[\d.]+/g) ?? []).map((text) => text.replace('.', '').replace(/^0+/, '')).join('')).join('')
    return crc32(digits(rows(100.1, 0.1)) + digits(rows(100, -0.1)))
  }
}

/** The wall at 99.6 stood for the last 20 columns, twice as large at first, and was the best bid in two of them. */
function heat(frame: Frame): HeatModel {
  const columns = Array.from({ length: 40 }, (_, place): HeatColumn => {
    const sizes = new Float32Array(20).fill(1)
    sizes[6] = place < 20 ? 1 : place < 25 ? 18 : 9
    const bid = ticks(place === 22 || place === 30 ? 996n : 1000n)
    return { time: NOW - (40 - place) * BUCKET, low: ticks(990n), step: 1n, sizes, bid, ask: ticks(1001n), proven: true }
  })
  return {
    book: { symbol: 'BTC/USD', standing: 'live', reason: '', frame, ageMs: 0, tick: 1n },
    columns,
    bucketMs: BUCKET,
    prints: [],
    bubble: null,
    scale: [50, 99.5],
    show: { heat: true, bubbles: true, profile: true },
    hover: null,
    now: NOW,
  }
}

test('a wall is what hardly any level reaches', async () => {
  expect(threshold(await book())).toBe(900n)
})

test('its age, its touches and what was pulled, of which trades are no part', async () => {
  const frame = await book()
  const found = walls(frame, heat(frame), null, lots(900n))
  expect(found.map(({ side, price, qty }) => [side, price, qty])).toEqual([
    ['ask', 1005n, 900n],
    ['bid', 996n, 900n],
  ])
  const [ask, bid] = found
  expect(ask).toMatchObject({ ageMs: 0, touched: 0, pulled: 0 })
  expect(bid).toMatchObject({ ageMs: 20 * BUCKET, isOlder: false, touched: 2, pulled: 50 })

  const fact = { bought: lots(0n), sold: lots(450n), bid: -450n, ask: 0n }
  const facts = { window: 30 as const, at: () => fact, most: lots(450n) }
  expect(walls(frame, heat(frame), facts, lots(900n))[1]).toMatchObject({ pulled: 25 })
})
