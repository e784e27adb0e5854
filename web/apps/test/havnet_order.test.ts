/** Havnet's cards: which, in which order, and with which figures. */

import { Engine, Frame, load } from '@havklo/kraken-wasm'
import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'

import { age, figures, imbalanceText, isAlike, isTrusted, moved, spreadText } from '../havnet/src/figures.js'
import type { Figures, Seen } from '../havnet/src/figures.js'
import { SORTS, ordered, pinned } from '../havnet/src/order.js'

type Rows = readonly (readonly [price: string, qty: string])[]

async function frame(bids: Rows, asks: Rows): Promise<Frame> {
  const wasm = await load()
  if (!wasm.ok) throw new Error(wasm.error.kind)
  const tracked = new Engine(wasm.value)
  const book = tracked.track('BTC/USD', { depth: 10 })
  if (!book.ok) throw new Error(book.error.kind)
  const digits = (rows: Rows) => rows.flat().map((text) => text.replace('.', '').replace(/^0+/, '')).join('')
  const listed = (rows: Rows) => rows.map(([price, qty]) => `{"price":${price},"qty":${qty}}`).join()
  const checksum = crc32(digits(asks) + digits(bids))
  const data = `"symbol":"BTC/USD","bids":[${listed(bids)}],"asks":[${listed(asks)}],"checksum":${checksum}`
  const outcome = tracked.apply(`{"channel":"book","type":"snapshot","data":[{${data}}]}`)
  const buffer = book.value.frame()
  if (outcome.kind !== 'update' || buffer === null) throw new Error('not proven')
  return new Frame(buffer)
}

function seen(of: Frame | null, standing: Seen['book']['standing'] = 'live'): Seen {
  return {
    book: { symbol: 'BTC/USD', standing, reason: '', frame: of, ageMs: 20, tick: 1n },
    session: { changePct: '+0.25' },
    integrity: { perSecond: 12, messages: 100, checksumFaults: 1, resyncs: 2 },
  }
}

test('a card is made of exact numbers: the middle with one more decimal, the spread, what rests within 10 bp', async () => {
  // 10 bp around 2000.05 are 1998.05 and 2002.05: the second levels are beyond them.
  const book = await frame([['2000.0', '3.00'], ['1998.0', '50.00']], [['2000.1', '1.00'], ['2002.1', '70.00']])
  const made = figures(seen(book))
  expect(made).toMatchObject({ price: '2,000.05', spread: 49n, imbalance: 50n, change: '+0.25', faults: 1, resyncs: 2 })
  expect([spreadText(made), imbalanceText(made), moved(made), isTrusted(made)]).toEqual(['0.49 bp', '+50 %', 0.25, true])
})

test('without a book, or without one of its sides, nothing is made up', async () => {
  for (const book of [null, await frame([['2000.0', '3.00']], [])]) {
    const made = figures(seen(book, 'resync'))
    expect(made).toMatchObject({ price: '', spread: null, imbalance: null })
    expect([spreadText(made), imbalanceText(made), isTrusted(made)]).toEqual(['\u2013', '\u2013', false])
  }
})

const NONE: Omit<Figures, 'symbol'> = {
  standing: 'live',
  ageMs: 0,
  reason: '',
  price: '1',
  spread: 1n,
  imbalance: 0n,
  change: null,
  perSecond: 0,
  messages: 0,
  faults: 0,
  resyncs: 0,
}
const ALL: readonly Figures[] = [
  { ...NONE, symbol: 'BTC/USD', change: '\u22123.00' },
  { ...NONE, symbol: 'ETH/USD', spread: 9n, perSecond: 7 },
  { ...NONE, symbol: 'SOL/EUR', imbalance: -80n },
  { ...NONE, symbol: 'XRP/USD', standing: 'stale', spread: null },
]

const names = (rows: readonly Figures[]) => rows.map(({ symbol }) => symbol.slice(0, 3)).join(' ')

test('each order puts its largest first, and leaves the rest as listed', () => {
  const first = Object.fromEntries(SORTS.map((sort) => [sort, names(ordered(ALL, sort, '', []))]))
  expect(first).toEqual({
    listed: 'BTC ETH SOL XRP',
    move: 'BTC ETH SOL XRP',
    spread: 'ETH BTC SOL XRP',
    imbalance: 'SOL BTC ETH XRP',
    rate: 'ETH BTC SOL XRP',
    trouble: 'XRP BTC ETH SOL',
  })
})

test('pins come before all others, in any order; a filter takes those with any of its words', () => {
  expect(names(ordered(ALL, 'spread', '', ['XRP/USD', 'SOL/EUR']))).toBe('SOL XRP ETH BTC')
  expect(names(ordered(ALL, 'listed', ' eur, btc', []))).toBe('BTC SOL')
  expect(names(ordered(ALL, 'listed', 'nothing', []))).toBe('')
  expect(pinned(pinned([], 'A'), 'B')).toEqual(['A', 'B'])
  expect(pinned(['A', 'B'], 'A')).toEqual(['B'])
})

test('ages are short', () => {
  expect([0, 140, 999, 1000, 59_999, 60_000, 3_600_000].map(age)).toEqual(['0.0 s', '0.1 s', '0.9 s', '1 s', '59 s', '1 min', '60 min'])
})

test('what reads alike is alike, whatever else has changed; any change that is read is one', () => {
  const row: Figures = { ...NONE, symbol: 'BTC/USD', ageMs: 110, perSecond: 4.1 }
  expect(isAlike(row, { ...row, ageMs: 190, perSecond: 4.4, messages: 9 })).toBe(true)
  const changes: readonly Partial<Figures>[] = [{ ageMs: 200 }, { perSecond: 5 }, { price: '2' }, { spread: 2n }, { standing: 'stale' }, { faults: 1 }]
  for (const change of changes) expect(isAlike(row, { ...row, ...change })).toBe(false)
})
