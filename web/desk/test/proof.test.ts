import fc from 'fast-check'
import { expect, test } from 'vitest'

import { crc32 } from '../src/crc.js'
import { Track } from '../src/track.js'
import { Market, SYMBOL, wasm } from './fake.js'

const BOUNDS = { bytes: 1 << 20, ms: 15 * 60_000 }

test('the sum is the usual CRC-32', () => {
  expect(crc32('123456789')).toBe(0xcbf4_3926)
  expect(crc32('')).toBe(0)
})

test("the inspector's levels make the very sum that the engine has computed of a corrupted message", () => {
  const digits = fc.integer({ min: 1, max: 9 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 }), fc.integer({ min: 0, max: 60 }), digits, (seed, before, more) => {
      const market = new Market(seed)
      const track = new Track({ symbol: SYMBOL, depth: 10, wasm, bounds: BOUNDS, heat: false })
      const start = market.snapshot()
      track.receive(start.text, start.ms)
      for (let count = 0; count < before; count += 1) {
        const { text, ms } = market.update()
        expect(track.receive(text, ms).kind).toBe('proven')
      }
      const { text, ms } = market.update()
      const spoilt = text.replace(/("qty":\d*)(\d)\./, (_, left: string, digit: string) => `${left}${(Number(digit) + more) % 10}.`)
      const taken = track.receive(spoilt, ms)
      const [fault] = track.faults
      // The exchange's sum was made of what was not spoilt.
      expect(taken.kind).toBe('lost')
      if (taken.kind !== 'lost' || taken.fault === null || fault === undefined) throw new Error('no fault')
      expect(fault.reason).toBe('checksum')
      expect(fault.expected).not.toBe(fault.computed)
      expect(fault.computed).toBe(taken.fault.computed)
      expect(fault.levels).toHaveLength(20)
      const sum = fault.levels
        .map(({ price, qty }) => `${price.replace('.', '').replace(/^0+/, '')}${qty.replace('.', '').replace(/^0+/, '')}`)
        .join('')
      expect(crc32(sum)).toBe(taken.fault.computed)
      // And it is healed by a snapshot, which says how long that took.
      const healed = market.snapshot()
      track.receive(healed.text, healed.ms + 300)
      expect(track.faults[0]?.healedMs).toBe(300)
      expect(track.marks.map(({ kind }) => kind)).toEqual(['desync', 'resync'])
    }),
    { numRuns: 60 },
  )
})
