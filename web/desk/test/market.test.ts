import type { Print } from '@havklo/kit'
import { lots, ticks } from '@havklo/kraken-wasm'
import { expect, test } from 'vitest'

import { Scale, column } from '../src/heat.js'
import { Levels } from '../src/levels.js'
import { Watch } from '../src/marks.js'
import { Playback } from '../src/playback.js'
import { session } from '../src/session.js'

const DECIMALS = { price: 1, qty: 2 } as const

function book(spread = 2n, apart = 1n): Levels {
  const levels = new Levels()
  for (let rank = 0n; rank < 10n; rank += 1n) {
    levels.bid.set(ticks(1000n - rank * apart), lots(100n))
    levels.ask.set(ticks(1000n + spread + rank * apart), lots(300n))
  }
  return levels
}

test('a column has the sizes of all levels, each in its row, and never too many rows', () => {
  const options = { time: 0, decimals: DECIMALS, tick: 1n, proven: true }
  const near = column(book(), new Scale(), options)
  expect([near?.low, near?.step, near?.bid, near?.ask]).toEqual([991n, 1n, 1000n, 1002n])
  expect([...(near?.sizes ?? [])]).toEqual([...Array<number>(10).fill(1), 0, ...Array<number>(10).fill(3)])
  const wide = column(book(2n, 97n), new Scale(), options)
  expect(wide?.sizes.length).toBeLessThanOrEqual(322)
  expect([...(wide?.sizes ?? [])].reduce((sum, size) => sum + size, 0)).toBe(40)
  expect(column(new Levels(), new Scale(), options)).toBeNull()
})

test('trades are large by what is usual, and a flood of them is one mark', () => {
  const watch = new Watch()
  const print = (id: number, qty: bigint): Print => ({
    id,
    time: 10 * id,
    side: 'buy',
    price: ticks(1000n),
    qty: lots(qty),
    type: 'market',
  })
  for (let id = 0; id < 100; id += 1) expect(watch.trade(print(id, 10n + BigInt(id % 5)), DECIMALS)).toBeNull()
  const mark = watch.trade(print(101, 200n), DECIMALS)
  expect(mark).toEqual({ time: 1010, kind: 'large_trade', severity: 3, label: 'bought 2.00 at 100.0' })
  expect(watch.trade(print(102, 200n), DECIMALS)).toBeNull()
  expect(watch.trade(print(402, 200n), DECIMALS)).not.toBeNull()
})

test('a wall is far larger than its neighbours, and pulled when most of it goes untraded', () => {
  const reduction = { side: 'bid', price: ticks(995n), ms: 5, left: 900n, before: lots(1000n) } as const
  expect(new Watch().pulled(reduction, book(), DECIMALS)?.kind).toBe('wall_pulled')
  expect(new Watch().pulled({ ...reduction, left: 700n }, book(), DECIMALS)).toBeNull()
  expect(new Watch().pulled({ ...reduction, left: 500n, before: lots(500n) }, book(), DECIMALS)).toBeNull()
})

test('a spread is told when it becomes wide, not while it is', () => {
  const watch = new Watch()
  for (let time = 0; time < 10; time += 1) expect(watch.spread(book(), 1n, DECIMALS, time)).toBeNull()
  expect(watch.spread(book(40n), 1n, DECIMALS, 9000)?.label).toBe('spread 4.0')
  expect(watch.spread(book(40n), 1n, DECIMALS, 12_000)).toBeNull()
})

test('playback stays within what can be reached, and catches up with the market', () => {
  const playback = new Playback(true)
  playback.reach(1000, 5000)
  expect([playback.mode, playback.at]).toEqual(['live', 5000])
  expect(playback.seek(10)).toBe(1000)
  expect(playback.mode).toBe('paused')
  expect(playback.tick(1)).toBeNull()
  playback.setSpeed(100)
  playback.play(1)
  expect(playback.tick(101)).toBe(2600)
  playback.reach(1000, 5200)
  expect(playback.tick(301)).toBe(5200)
  expect(playback.mode).toBe('live')
})

test('the change of a session is rounded, not cut, and has its sign', () => {
  const moved = (last: bigint) => session({ open: 1000n, high: 1100n, low: 900n, last }, 1).changePct
  expect([moved(1014n), moved(986n), moved(1000n)]).toEqual(['+1.40', '\u22121.40', '0.00'])
  expect(session({ open: 30_000n, high: 0n, low: 0n, last: 30_002n }, 1).changePct).toBe('+0.01')
  expect(session({ open: 0n, high: 0n, low: 0n, last: 1n }, 1).changePct).toBeNull()
})
