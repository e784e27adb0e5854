/** Who moves first: found where it was planted, and not where there is nothing. */

import fc from 'fast-check'
import { expect, test } from 'vitest'

import { LEAST, lacking, lead, returns } from '../havnet/src/lead.js'

const noise = (length: number) => fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: length, maxLength: length })

test('returns are relative, and unknown beside a hole', () => {
  expect([...returns(Float64Array.of(100, 110, NaN, 121, 121), 5)]).toEqual([110 / 100 - 1, NaN, NaN, 0])
  expect([...returns(new Float64Array(0), 0)]).toEqual([])
})

test('a market that does what another did some seconds ago is found to follow by just so many', () => {
  fc.assert(
    fc.property(noise(60), fc.integer({ min: 0, max: 5 }), fc.boolean(), (values, shift, isOpposite) => {
      fc.pre(new Set(values.slice(0, 40)).size > 30)
      const first = Float64Array.from(values.slice(shift))
      const second = Float64Array.from(values.slice(0, values.length - shift), (value) => (isOpposite ? -value : value))
      const found = lead(first, second, 5)
      expect(Math.abs(found?.correlation ?? 0)).toBeCloseTo(1)
      expect(found?.shift).toBe(shift)
      expect(found?.isClear).toBe(true)
      expect(Math.sign(found?.correlation ?? 0)).toBe(isOpposite ? -1 : 1)
      expect(lead(second, first, 5)?.shift).toBe(shift === 0 ? 0 : -shift)
    }),
  )
})

test('too few samples, or a market that stands still, say nothing', () => {
  const short = Float64Array.from({ length: LEAST - 1 }, (_, at) => Math.sin(at))
  expect(lead(short, short, 5)).toBeNull()
  const still = new Float64Array(60)
  expect(lead(still, Float64Array.from({ length: 60 }, (_, at) => Math.sin(at)), 5)).toBeNull()
})

test('how long it takes until something can be said is known from the longest', () => {
  const long = (length: number) => new Float64Array(length)
  expect(lacking([])).toBe(LEAST)
  expect(lacking([long(3), long(5)])).toBe(LEAST - 5)
  expect(lacking([long(3), long(LEAST)])).toBe(0)
  expect(lacking([long(2 * LEAST)])).toBe(0)
})

test('two markets that have nothing to do with each other are hardly ever said to', () => {
  // Numbers of a little generator of its own, so that it is the same every time.
  let state = 12345
  const next = () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31 - 0.5
  const series = () => Float64Array.from({ length: 59 }, next)
  const clear = Array.from({ length: 500 }, () => lead(series(), series(), 5)).filter((found) => found?.isClear === true)
  expect(clear.length).toBeLessThan(25)
})

test('no correlation is beyond 1, and two markets agree on it', () => {
  fc.assert(
    fc.property(noise(40), noise(40), (a, b) => {
      const [first, second] = [Float64Array.from(a), Float64Array.from(b)]
      const [there, back] = [lead(first, second, 3), lead(second, first, 3)]
      expect(Math.abs(there?.correlation ?? 0)).toBeLessThanOrEqual(1 + 1e-9)
      expect(there?.correlation ?? 0).toBeCloseTo(back?.correlation ?? 0)
    }),
  )
})
