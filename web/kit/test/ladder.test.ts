import { lots, ticks } from '@havklo/kraken-wasm'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { Ladder } from '../src/ladder/ladder.js'
import { placeText } from '../src/ladder/own.js'
import { basisPointsText, microText, middleText } from '../src/ladder/spread.js'
import type { LadderModel, OwnOrder, PriceFacts, Standing } from '../src/model.js'
import { colours, line, page } from './canvas.js'
import { book, frame, ladder } from './frames.js'

const GOOD = frame({ bids: [[1000n, 1500n], [999n, 250n], [990n, 3n]], asks: [[1001n, 2000n], [1002n, 7n], [1010n, 1n]] })
const ORDER: OwnOrder = {
  id: 'A',
  side: 'bid',
  price: ticks(999n),
  qty: lots(250n),
  place: 3,
  of: 14,
  ahead: lots(1n),
  exactness: 'exact',
}

/** A ladder of so many rows, with a row for the spread. */
function mounted(rows = 20) {
  const around = page(400, 18 * (rows + 2))
  const widget = new Ladder()
  widget.mount(around.host)
  return { widget, ...around }
}

afterEach(() => vi.unstubAllGlobals())

describe('the ladder', () => {
  it('writes exact prices and sizes in the rows that it finds again', () => {
    const { widget, drawn } = mounted()
    widget.frame(ladder({ book: book({ frame: GOOD }) }))
    const marks = drawn()
    const found: string[] = []
    for (let y = 27; y < 18 * 22; y += 18) {
      const hit = widget.hit(10, y)
      if (hit === null) continue
      const price = `${hit.price}`.replace(/(.)$/, '.$1')
      expect(line(marks, y).endsWith(price)).toBe(true)
      found.push(line(marks, y))
    }
    expect(found).toContain('1.500100.0')
    expect(found).toContain('2.000100.1')
    expect(found).toContain('0.25099.9')
    expect(found).toHaveLength(20)
  })

  it('sums rows in groups, bids downward and asks upward', () => {
    const { widget, drawn } = mounted()
    widget.frame(ladder({ book: book({ frame: GOOD }), group: 10n }))
    const marks = drawn()
    const lines = Array.from({ length: 22 }, (_, at) => line(marks, 27 + 18 * at))
    expect(lines).toContain('1.500100.0')
    expect(lines).toContain('0.25399.0')
    expect(lines).toContain('2.008101.0')
  })

  it('is in colour while the book is live or replayed, and grey in any other standing', () => {
    const { widget, drawn } = mounted()
    const standings: readonly Standing[] = ['live', 'replay', 'stale', 'resync', 'connecting', 'closed']
    const coloured = standings.filter((standing) => {
      widget.frame(ladder({ book: book({ frame: GOOD, standing }), own: [ORDER] }))
      const seen = colours(drawn())
      const sides = [seen.has('--bid'), seen.has('--ask'), seen.has('--own')]
      expect(new Set(sides).size).toBe(1)
      return sides[0]
    })
    expect(coloured).toEqual(['live', 'replay'])
  })

  it('never draws a crossed book: what was good before stays, grey, with its age', () => {
    const { widget, drawn } = mounted()
    const price = fc.bigInt(900n, 1100n)
    fc.assert(fc.property(price, price, (bid, ask) => {
      fc.pre(bid >= ask)
      widget.frame(ladder({ book: book({ frame: GOOD }) }))
      drawn()
      widget.frame(ladder({ book: book({ frame: frame({ bids: [[bid, 77n]], asks: [[ask, 77n]] }), ageMs: 3200 }) }))
      const marks = drawn()
      expect(colours(marks)).not.toContain('--bid')
      expect(colours(marks)).not.toContain('--ask')
      expect(marks.some(({ text }) => text.includes('3.2 s'))).toBe(true)
      expect(marks.some(({ text }) => text.includes('0.077'))).toBe(false)
      expect(marks.some(({ text }) => text === '1.5')).toBe(true)
    }), { numRuns: 50 })
  })

  it('says so while there is no book', () => {
    const { widget, drawn } = mounted()
    widget.frame(ladder({ book: book({ frame: null, standing: 'connecting' }) }))
    expect(drawn().map(({ text }) => text).join('')).toBe('Connecting: no proven book of BTC/USD yet')
    expect(widget.hit(10, 100)).toBeNull()
  })

  it('does not draw the same model twice, unless it has another size', () => {
    const { widget, drawn, resize } = mounted()
    const model = ladder({ book: book({ frame: GOOD }) })
    widget.frame(model)
    expect(drawn()).not.toHaveLength(0)
    widget.frame(model)
    expect(drawn()).toHaveLength(0)
    resize(500, 300)
    expect(drawn()).not.toHaveLength(0)
  })

  it('stays where it is while someone points at it, and follows the market after that', () => {
    const { widget } = mounted()
    const at = (bid: bigint, given: Partial<LadderModel>) => {
      const model = book({ frame: frame({ bids: [[bid, 1n]], asks: [[bid + 1n, 1n]] }) })
      widget.frame(ladder({ book: model, ...given }))
      return widget.hit(10, 27)?.price
    }
    const top = at(1000n, {})
    expect(at(1003n, {})).toBe(top)
    expect(at(1009n, { hover: ticks(1000n) })).toBe(top)
    expect(at(1009n, {})).toBe((top ?? 0n) + 9n)
    expect(at(1009n, { centre: ticks(500n) })).toBe(510n)
    widget.recentre()
    expect(at(1003n, {})).toBe((top ?? 0n) + 3n)
  })

  it('shows own orders with their places', () => {
    const { widget, drawn } = mounted()
    widget.frame(ladder({ book: book({ frame: GOOD }), own: [ORDER, { ...ORDER, id: 'B', place: 9 }] }))
    const own = drawn().filter(({ colour, text }) => colour === '--own' && text !== '')
    expect(own.map(({ text }) => text)).toEqual(['0.5 #3/14 ×2'])
    expect(placeText({ ...ORDER, exactness: 'bounded' })).toBe('~#3/14')
    expect(placeText({ ...ORDER, of: null })).toBe('#3')
    expect(placeText({ ...ORDER, exactness: 'unknown' })).toBe('')
  })

  it('sums what was pulled, stacked and traded in a row', () => {
    const { widget, shown } = mounted()
    const fact = { bought: lots(1000n), sold: lots(500n), bid: -300n, ask: 40n }
    const known = new Map([999n, 998n, 1002n].map((price) => [ticks(price), fact]))
    const at: PriceFacts['at'] = (price) => known.get(price) ?? null
    const facts: PriceFacts = { window: 30, most: 3000n, at, prices: () => known.keys() }
    widget.frame(ladder({ book: book({ frame: GOOD }), facts, group: 10n }))
    const marks = shown()
    const lines = Array.from({ length: 22 }, (_, at) => line(marks, 27 + 18 * at))
    expect(lines).toContain('0.25399.0\u22120.6003.000')
    expect(lines).toContain('2.008101.0+0.0401.500')
    widget.frame(ladder({ book: book({ frame: GOOD }), facts: { window: 30, most: 3000n, at }, group: 10n }))
    const asked = shown()
    expect(Array.from({ length: 22 }, (_, row) => line(asked, 27 + 18 * row))).toEqual(lines)
  })
})

describe('what has not changed', () => {
  const level = fc.tuple(fc.bigInt(0n, 9n), fc.bigInt(1n, 5000n))
  const side = fc.array(level, { maxLength: 5 })
  const volume = fc.constantFrom(0n, 0n, 300n, 900n)
  const fact = fc.record({ bought: volume, sold: volume, bid: fc.bigInt(-9n, 9n), ask: fc.bigInt(-9n, 9n) })
  const look = fc.record({
    bids: side,
    asks: side,
    facts: fc.option(fc.array(fc.tuple(fc.bigInt(990n, 1010n), fact), { maxLength: 3 })),
    standing: fc.constantFrom<Standing>('live', 'live', 'live', 'replay', 'stale'),
    hover: fc.option(fc.bigInt(990n, 1010n)),
    own: fc.constantFrom<readonly OwnOrder[]>([], [], [], [ORDER]),
    group: fc.constantFrom(1n, 1n, 1n, 5n),
    large: fc.option(fc.bigInt(1n, 5000n)),
  })
  type Look = typeof look extends fc.Arbitrary<infer Value> ? Value : never

  function model({ bids, asks, facts, standing, hover, own, group, large }: Look): LadderModel {
    const sorted = (levels: [bigint, bigint][], from: bigint, way: bigint) =>
      [...new Map(levels)].sort(([a], [b]) => Number(a - b)).map(([at, qty]): [bigint, bigint] => [from + way * at, qty])
    const shown = frame({ bids: sorted(bids, 1000n, -1n), asks: sorted(asks, 1001n, 1n) })
    const known = new Map(facts?.map(([price, { bought, sold, bid, ask }]) => [price, { bought: lots(bought), sold: lots(sold), bid, ask }]))
    const told: PriceFacts = { window: 30, most: 0n, at: (price) => known.get(price) ?? null, prices: () => [...known.keys()].map(ticks) }
    const common = { own, group, centre: ticks(1000n), hover: hover === null ? null : ticks(hover), large: large === null ? null : lots(large) }
    return ladder({ book: book({ frame: shown, standing }), facts: facts === null ? null : told, ...common })
  }

  it('stays, and looks as if all had been drawn anew', () => {
    fc.assert(fc.property(fc.array(look, { minLength: 2, maxLength: 6 }), (looks) => {
      const seen = [looks, looks.slice(-1)].map((some) => {
        const { widget, shown } = mounted()
        for (const each of some) widget.frame(model(each))
        return shown()
          .map((mark) => JSON.stringify(mark))
          .toSorted()
      })
      expect(seen[0]).toEqual(seen[1])
    }), { numRuns: 200 })
  })

  it('is not drawn again', () => {
    const { widget, drawn } = mounted()
    widget.frame(ladder({ book: book({ frame: GOOD }) }))
    const whole = drawn().length
    const other = frame({ bids: [[1000n, 1500n], [999n, 251n], [990n, 3n]], asks: [[1001n, 2000n], [1002n, 7n], [1010n, 1n]] })
    widget.frame(ladder({ book: book({ frame: other }) }))
    expect(drawn().length).toBeLessThan(whole / 4)
  })
})

describe('what is computed from the best prices', () => {
  it('is exact', () => {
    expect(middleText(899_904n, 899_905n, 1)).toBe('89,990.45')
    expect(middleText(899_904n, 899_906n, 1)).toBe('89,990.5')
    expect(microText(1000n, 1n, 1001n, 3n, 1)).toBe('100.025')
    expect(microText(1000n, 0n, 1001n, 0n, 1)).toBe('100.05')
    expect(basisPointsText(899_904n, 899_905n)).toBe('0.01')
  })

  it('lies between them', () => {
    const qty = fc.bigInt(1n, 10n ** 20n)
    fc.assert(fc.property(fc.bigInt(1n, 10n ** 15n), fc.bigInt(1n, 1000n), qty, qty, (bid, spread, bidQty, askQty) => {
      const micro = BigInt(microText(bid, bidQty, bid + spread, askQty, 1).replace(/[.,]/g, ''))
      expect(micro >= bid * 100n && micro <= (bid + spread) * 100n).toBe(true)
    }))
  })
})
