import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { find, score } from '../src/dom/fuzzy.js'

const NAMES = ['View: Group finer', 'View: Group coarser', 'Time: Next event', 'Data: Export incident', 'BTC/USD']
const found = (query: string) => find(NAMES, query, (name) => name)

describe('finding', () => {
  it('takes letters in their order, beginnings of words first', () => {
    expect(found('gc')[0]).toBe('View: Group coarser')
    expect(found('btc')).toEqual(['BTC/USD'])
    expect(found('next')[0]).toBe('Time: Next event')
    expect(found('exp')[0]).toBe('Data: Export incident')
    expect(found('')).toEqual(NAMES)
    expect(found('zzz')).toEqual([])
  })

  it('finds exactly what has all letters in their order', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c') })
    const words = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ') })
    fc.assert(fc.property(words, word, (text, query) => {
      let at = 0
      const holds = [...query].every((letter) => (at = text.indexOf(letter, at) + 1) > 0)
      expect(score(query, text) !== null).toBe(holds)
    }))
  })
})
