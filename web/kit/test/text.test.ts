import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { plain } from '@havklo/kraken-wasm'

import { ageText, cut, exact, inThrees, lean, sharedLength, short, signed, Texts, tones } from '../src/text.js'

const value = fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n })
const decimals = fc.integer({ min: 0, max: 12 })

/** The number that a text stands for, in units of so many decimals. */
function read(text: string, places: number): bigint {
  const [whole = '', fraction = ''] = text.replace('\u2212', '-').replaceAll(',', '').split('.')
  const size = BigInt(whole.replace('-', '') + fraction.padEnd(places, '0'))
  return whole.startsWith('-') ? -size : size
}

describe('texts of numbers', () => {
  it('are exact', () => {
    fc.assert(fc.property(value, decimals, (number, places) => {
      expect(read(exact(number, places), places)).toBe(number)
      expect(read(signed(number, places).replace('+', ''), places)).toBe(number)
      if (number >= 0n) expect(exact(number, places)).toBe(plain(number, places))
    }))
  })

  it('in threes and without zeros at the end are the same numbers', () => {
    fc.assert(fc.property(value, decimals, (number, places) => {
      expect(read(inThrees(exact(number, places)), places)).toBe(number)
      expect(read(lean(exact(number, places)), places)).toBe(number)
    }))
  })

  it('put together from their tones are what they were', () => {
    fc.assert(fc.property(value, decimals, fc.nat(20), (number, places, shared) => {
      const text = exact(number, places)
      const { shared: head, live, zeros, whole } = tones(text, Math.min(shared, text.length - 1))
      expect(head + live + zeros).toBe(text)
      expect(zeros).toMatch(/^\.?0*$/)
      expect(text.slice(0, whole)).not.toContain('.')
      expect([undefined, '.']).toContain(text[whole])
    }))
  })

  it('have their live digits told from zeros that only fill', () => {
    expect(tones('0.25000', 0)).toEqual({ text: '0.25000', shared: '', live: '0.25', zeros: '000', whole: 1 })
    expect(tones('89990.0', 4)).toEqual({ text: '89990.0', shared: '8999', live: '0', zeros: '.0', whole: 5 })
    expect(tones('100', 0).live).toBe('100')
    expect(tones('12.3K', 0).whole).toBe(2)
    expect(tones('950K', 0).whole).toBe(3)
  })

  it('cut never say more than there is', () => {
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: 10n ** 24n }), decimals, decimals, (number, places, shown) => {
      const kept = read(cut(number, places, shown), places)
      expect(kept <= number).toBe(true)
      expect(number - kept < 10n ** BigInt(Math.max(0, places - shown))).toBe(true)
    }))
  })

  it('are short from ten thousand on', () => {
    expect(short(9_999_999n, 3)).toBe('9999.999')
    expect(short(10_000_000n, 3)).toBe('10.0K')
    expect(short(12_349_999n, 3)).toBe('12.3K')
    expect(short(123_456_789_000n, 3)).toBe('123M')
    expect(short(1_234_567n, 0)).toBe('1.23M')
    expect(short(10n ** 30n, 0)).toBe('1000000000000E')
    expect(short(-12_349_999n, 3)).toBe('\u221212.3K')
  })

  it('share what all between the lowest and the highest begin with', () => {
    fc.assert(fc.property(fc.bigInt(0n, 10n ** 9n), fc.bigInt(0n, 10n ** 4n), fc.bigInt(0n, 10n ** 4n), (low, more, most) => {
      const high = low + more + most
      const length = sharedLength(plain(low, 2), plain(high, 2))
      expect(plain(low + more, 2).slice(0, length)).toBe(plain(low, 2).slice(0, length))
    }))
    expect(sharedLength('9999.9', '10000.1')).toBe(0)
  })

  it('are made once while their form stays', () => {
    const made: bigint[] = []
    const texts = new Texts<string>((number) => `${made.push(number)}`)
    expect([texts.as('a').of(1n), texts.as('a').of(1n), texts.as('b').of(1n)]).toEqual(['1', '1', '2'])
  })

  it('of ages are as coarse as they may be', () => {
    expect([0.4, 999, 3200, 61_000, 3_720_000].map(ageText)).toEqual(['0 ms', '999 ms', '3.2 s', '1 min 1 s', '1 h 2 min'])
  })
})
