/** The mathematics of fills against the shared vectors, which were computed with mpmath. */

import { describe, expect, test } from 'vitest'

import { Fill, loadFill } from '@havklo/kraken-wasm'
import type { Race } from '@havklo/kraken-wasm'

import { value } from './teller.js'
import { vectors } from './vectors.js'

type Row = Readonly<Record<string, number>> & { readonly answer: number }
type Rows = Readonly<Record<string, number>> & { readonly answer: readonly [number, number] }

const fill = new Fill(value(await loadFill()))

function named(row: Row | Rows, name: string): number {
  const number = row[name]
  if (typeof number !== 'number') throw new Error(`no number ${name}`)
  return number
}

const queue = (row: Row | Rows) => ({
  queue: named(row, 'queue'),
  marketRate: named(row, 'market_rate'),
  cancelRate: named(row, 'cancel_rate'),
})

const race = (row: Row | Rows): Race => ({
  ...queue(row),
  limitRate: named(row, 'limit_rate'),
  opposite: named(row, 'opposite'),
  oppositeLimitRate: named(row, 'opposite_limit_rate'),
  oppositeMarketRate: named(row, 'opposite_market_rate'),
  oppositeCancelRate: named(row, 'opposite_cancel_rate'),
})

const single = (row: Row) => row.answer

function near(got: number, want: number, error: number): void {
  expect(Math.abs(got - want), `${got} instead of ${want}`).toBeLessThanOrEqual(error)
}

describe('fill', () => {
  test('the closed form is exact', () => {
    const rows = vectors<Row>('fill/within.json')
    expect(rows.length).toBeGreaterThan(100)
    for (const row of rows) {
      near(value(fill.fillWithin({ ...queue(row), within: named(row, 'within') })), single(row), 1e-13)
    }
  })

  test('an uncertain rate is integrated', () => {
    for (const row of vectors<Row>('fill/within_mixed.json')) {
      const asked = { ...queue(row), within: named(row, 'within'), shape: named(row, 'shape') }
      near(value(fill.fillWithinMixed(asked)), single(row), 1e-12)
    }
  })

  test('a larger order is filled later', () => {
    for (const row of vectors<Row>('fill/within_full.json')) {
      const asked = { ...queue(row), within: named(row, 'within'), own: named(row, 'own') }
      near(value(fill.fillWithinFull(asked)), single(row), 1e-11)
    }
  })

  test('the moments are exact', () => {
    for (const row of vectors<Rows>('fill/time.json')) {
      const { mean, variance } = value(fill.fillTime(queue(row)))
      near(mean, row.answer[0], 1e-12 * mean)
      near(variance, row.answer[1], 1e-12 * variance)
    }
  })

  test('the race is exact', () => {
    for (const row of vectors<Row>('fill/before_move.json')) {
      near(value(fill.fillBeforeMove(race(row))), single(row), 1e-12)
    }
  })

  test('the race within a time is exact', () => {
    for (const row of vectors<Rows>('fill/before_move_within.json')) {
      const { filled, away } = value(fill.fillBeforeMoveWithin({ ...race(row), within: named(row, 'within') }))
      near(filled, row.answer[0], 1e-11)
      near(away, row.answer[1], 1e-11)
    }
  })

  test('what can not be meant is an error that names the argument', () => {
    const asked = { queue: 1, marketRate: 1, cancelRate: 1, within: 1 }
    expect(fill.fillWithin({ ...asked, marketRate: Number.NaN })).toEqual({
      ok: false,
      error: { kind: 'bad_argument', name: 'market_rate', must: 'a finite number that is not negative' },
    })
    const both = { limitRate: 1, opposite: 1, oppositeLimitRate: 1, oppositeMarketRate: 1, oppositeCancelRate: 1 }
    for (const orders of [0, 1.5, -1, 5000, Number.NaN]) {
      const answer = fill.fillBeforeMove({ ...asked, ...both, opposite: orders })
      expect(answer.ok || answer.error.name, `${orders}`).toBe('opposite')
    }
    expect(fill.fillWithin(asked).ok).toBe(true)
  })
})
