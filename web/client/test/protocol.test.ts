/** What the stories leave open: numbers as texts, timestamps, messages of other shapes, a tape that holds too much. */

import { describe, expect, test } from 'vitest'

import { scaled } from '../src/index.js'
import type { Row } from '../src/protocol/index.js'
import { decode, exact, readInstruments, readTickers, readTrades } from '../src/protocol/index.js'
import { epochNs } from '../src/protocol/pings.js'
import { Tape } from '../src/protocol/tape.js'
import type { Told } from '../src/protocol/tape.js'

const READERS = new Map([
  ['trade', readTrades],
  ['ticker', readTickers],
  ['instrument', readInstruments],
])

function read(frame: string): ReturnType<typeof decode> {
  return decode(frame, 7, READERS)
}

describe('numbers', () => {
  test.each([
    ['1.50', '1.50'],
    ['-0.10', '-0.10'],
    ['0', '0'],
    ['1e-8', '0.00000001'],
    ['1.5e-05', '0.000015'],
    ['-1.25E+1', '-12.5'],
    ['1.5e3', '1500'],
    ['12.5e-1', '1.25'],
    ['1e0', '1'],
    ['0.5e1', '5'],
    ['123456789012345678901234567890.12', '123456789012345678901234567890.12'],
  ])('%s is %s exactly', (sent, plain) => {
    expect(exact(sent)).toBe(plain)
  })

  test.each(['', 'NaN', 'Infinity', '1.', '.5', '01', '+1', '1e', '0x1', '1e61', '1e-61', ' 1'])(
    '%j is none',
    (sent) => {
      expect(exact(sent)).toBeNull()
    },
  )

  test('scaled gives the integer, and rather nothing than a rounded one', () => {
    expect(scaled('45283.5', 1)).toBe(452835n)
    expect(scaled('45283', 1)).toBe(452830n)
    expect(scaled('45283.50', 1)).toBe(452835n)
    expect(scaled('-0.05', 2)).toBe(-5n)
    expect(scaled('12345678901234567890.12345678', 8)).toBe(1234567890123456789012345678n)
    expect(scaled('45283.55', 1)).toBeNull()
  })
})

describe('timestamps', () => {
  test('are read exactly, with offsets and up to nine decimals', () => {
    expect(epochNs('1970-01-01T00:00:01.040000Z')).toBe(1_040_000_000n)
    expect(epochNs('2026-11-22T09:30:00.123456789Z')).toBe(
      BigInt(Date.parse('2026-11-22T09:30:00Z')) * 1_000_000n + 123_456_789n,
    )
    expect(epochNs('1970-01-01t02:00:00+02:00')).toBe(0n)
    expect(epochNs('1970-01-01T00:00:00-00:30')).toBe(1_800_000_000_000n)
  })

  test.each([
    '',
    '2026-02-30T00:00:00Z',
    '2026-11-22',
    '2026-11-22T25:00:00Z',
    '2026-11-22T00:00:00',
    '2026-11-22T00:00:00+25:00',
  ])('%j is none', (text) => {
    expect(epochNs(text)).toBeNull()
  })
})

describe('messages', () => {
  const ROW = '"symbol":"BTC/USD","side":"buy","price":1.10,"qty":"2","ord_type":"limit","trade_id":3,"timestamp":"T"'

  test('keep digits that a double would lose, and texts as they are', () => {
    const frame = `{"channel":"trade","type":"update","data":[{${ROW.replace('1.10', '90071992547409930.10')}}]}`
    const row: Row = {
      kind: 'trade',
      symbol: 'BTC/USD',
      side: 'buy',
      price: '90071992547409930.10',
      qty: '2',
      ordType: 'limit',
      tradeId: 3,
      timestamp: 'T',
      recvMs: 7,
      source: 'live',
    }
    expect(read(frame)).toEqual({ kind: 'rows', channel: 'trade', snapshot: false, rows: [row] })
    const odd = '{"method":"subscribe","success":false,"error":"say \\"1.0\\" and 2e5 \\\\","req_id":4}'
    expect(read(odd)).toMatchObject({ kind: 'refusal', error: 'say "1.0" and 2e5 \\', reqId: 4 })
  })

  test.each([
    ['a missing field', ROW.replace('"side":"buy",', ''), 'side is missing'],
    ['a text for a number', ROW.replace('1.10', '"NaN"'), 'price is missing or not'],
    ['an id that is no integer', ROW.replace('3', '3.5'), 'trade_id is missing or not'],
    ['an id that a double can not hold', ROW.replace('3', '9007199254740993'), 'trade_id is missing or not'],
  ])('with %s are unreadable', (_, row, detail) => {
    const message = read(`{"channel":"trade","type":"update","data":[{${row}}]}`)
    expect(message).toMatchObject({ kind: 'unreadable', channel: 'trade' })
    expect(message.kind === 'unreadable' && message.detail).toContain(detail)
  })

  test('without a list are unreadable, without meaning unknown, without sense malformed', () => {
    expect(read('{"channel":"ticker","data":{}}')).toEqual({
      kind: 'unreadable',
      channel: 'ticker',
      detail: 'a list was expected',
    })
    expect(read('{"channel":"instrument","data":{"pairs":[{}]}}')).toMatchObject({ kind: 'unreadable' })
    // Nobody here has asked for candles.
    for (const frame of [
      '[]',
      '1',
      'null',
      '{}',
      '{"channel":"ohlc","data":[]}',
      '{"channel":"book"}',
      '{"channel":"status","data":[]}',
      '{"method":"echo"}',
    ]) {
      expect(read(frame), frame).toEqual({ kind: 'unknown' })
    }
    for (const frame of ['', '{', '{"a":01}', '{"a":1.}', '{"a":+1}', '1 2']) {
      expect(read(frame), frame).toMatchObject({ kind: 'malformed' })
    }
  })

  test('over the rate have nothing but an error', () => {
    expect(read('{"Error":"Exceeded msg rate"}')).toEqual({
      kind: 'refusal',
      error: 'Exceeded msg rate',
      method: null,
      channel: null,
      symbol: null,
      reqId: null,
    })
    expect(read('{"method":"x","success":false}')).toMatchObject({ error: 'refused without a reason' })
  })
})

describe('a tape', () => {
  const trades = (...numbers: number[]) =>
    readTrades(
      numbers.map((id) => ({
        symbol: 'S',
        side: 'buy',
        price: '1',
        qty: '1',
        ord_type: 'limit',
        trade_id: `${id}`,
        timestamp: `T${String(id).padStart(6, '0')}`,
      })),
      'update',
      7,
    ).filter((row) => row.kind === 'trade')
  const short = (told: readonly Told[]) =>
    told.map((event) => (event.kind === 'trade' ? event.tradeId : `${event.first}-${event.last} ${event.reason}`))

  test('holds no more than it may: then what is missing is named', () => {
    const tape = new Tape('S', 2)
    tape.snapshot(trades(1))
    expect(short(tape.live(trades(3, 4), 0).told)).toEqual([])
    expect(tape.hasHole).toBe(true)
    expect(tape.waitingSince).toBe(0)
    const { told, hole } = tape.live(trades(5), 1)
    expect(short(told)).toEqual(['2-2 too many held back', 3, 4, 5])
    expect(hole).toBe(false)
    expect(tape.waitingSince).toBeNull()
  })

  test('tells at once what a late trade has completed, and nothing twice', () => {
    const tape = new Tape('S')
    tape.snapshot(trades(1))
    tape.live(trades(3), 0)
    expect(short(tape.live(trades(2), 1).told)).toEqual([2, 3])
    expect(short(tape.live(trades(2, 3), 2).told)).toEqual([])
    expect(tape.hasHole).toBe(false)
  })
})
