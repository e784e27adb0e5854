import { ticks } from '@havklo/kraken-wasm'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { shades, SHADES } from '../src/heat/colours.js'
import { Heatmap } from '../src/heat/heatmap.js'
import { handle, moved, percentile } from '../src/heat/legend.js'
import { niceStep } from '../src/heat/lines.js'
import { firstAfter } from '../src/heat/plot.js'
import { Scale } from '../src/heat/scale.js'
import type { HeatColumn } from '../src/model.js'
import { FakeContext, colours, page } from './canvas.js'
import { book, frame, heat, print } from './frames.js'

const GOOD = frame({ bids: [[1000n, 1n]], asks: [[1001n, 1n]] })

function column(at: number, given: Partial<HeatColumn> = {}): HeatColumn {
  const sizes = Float32Array.from({ length: 40 }, (_, row) => row + 1)
  return { time: at * 250, low: ticks(980n), step: 1n, sizes, bid: ticks(1000n), ask: ticks(1001n), proven: true, ...given }
}

/** Lightness of a pixel's word, as in OKLab. */
function lightness(word: number): number {
  const linear = (shift: number) => {
    const part = ((word >>> shift) & 255) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  }
  const [r, g, b] = [linear(0), linear(8), linear(16)]
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

describe('shades', () => {
  it('grow lighter with size on dark ground, and darker on light', () => {
    const [dark, light] = [[...shades(false)].map(lightness), [...shades(true)].map(lightness)]
    expect(dark).toHaveLength(SHADES)
    for (let at = 1; at < SHADES; at += 1) {
      expect(dark[at]).toBeGreaterThanOrEqual((dark[at - 1] ?? 0) - 0.002)
      expect(light[at]).toBeLessThanOrEqual((light[at - 1] ?? 1) + 0.002)
    }
  })

  it('never fall with size, and nothing has the first', () => {
    const sizes = fc.array(fc.float({ min: Math.fround(0.001), max: 1e9, noNaN: true }), { minLength: 1, maxLength: 200 })
    const size = fc.float({ min: 0, max: 1e9, noNaN: true })
    fc.assert(fc.property(sizes, size, size, (all, a, b) => {
      const scale = new Scale()
      scale.measure([column(0, { sizes: Float32Array.from(all) })], 0, 50, 99.5)
      expect(scale.shade(0)).toBe(0)
      expect(scale.shade(Math.min(a, b))).toBeLessThanOrEqual(scale.shade(Math.max(a, b)))
      expect(scale.shade(Math.max(...all))).toBeLessThan(SHADES)
      expect(scale.low).toBeLessThan(scale.high)
    }))
  })

  it('are the same for the same columns, whatever was measured before', () => {
    const [one, other] = [new Scale(), new Scale()]
    other.measure([column(0, { sizes: Float32Array.of(900, 1000) })], 0, 50, 99)
    for (const scale of [one, other]) scale.measure([column(0)], 0, 50, 99)
    expect([one.low, one.high]).toEqual([other.low, other.high])
  })
})

describe('the heatmap', () => {
  const now = 20 * 250 + 100
  const columns = Array.from({ length: 21 }, (_, at) => column(at))
  const prints = [print(7, 10 * 250, 'buy', 1001n, 5000n)]

  function mounted() {
    const around = page(600, 300)
    const widget = new Heatmap()
    widget.mount(around.host)
    return { widget, ...around }
  }

  it('finds prices, times and trades where it draws them', () => {
    const { widget, drawn } = mounted()
    widget.frame(heat({ book: book({ frame: GOOD }), columns, prints, now }))
    expect(drawn().some(({ kind }) => kind === 'image')).toBe(true)
    let [found, previous]: [boolean, bigint | null] = [false, null]
    for (let y = 0; y < 282; y += 1) {
      const price = widget.hit(560, y)?.price ?? null
      if (previous !== null && price !== null) expect(previous - price === 0n || previous - price === 1n).toBe(true)
      previous = price
      for (let x = 0; x < 534 && !found; x += 3) found = widget.hit(x, y)?.id === '7' && widget.hit(x, y)?.price === 1001n
    }
    expect(found).toBe(true)
    expect(widget.hit(300, 295)).toBeNull()
  })

  it('leaves time without columns empty', () => {
    const { widget, drawn } = mounted()
    const holed = columns.filter(({ time }) => time < 5 * 250 || time > 9 * 250)
    widget.frame(heat({ book: book({ frame: GOOD }), columns: holed, now }))
    const lengths = drawn().flatMap(({ kind, text }) => (kind === 'image' ? [Number(text.split(' ')[1])] : []))
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(holed.length)
    expect(lengths.length).toBeGreaterThan(1)
  })

  it('shows a whole book in little room, and keeps its rows while the book still fits', () => {
    const { widget, resize } = mounted()
    const wide = (length: number) => columns.map((each) => ({ ...each, sizes: new Float32Array(length).fill(1) }))
    // Twenty rows of two pixels, or fourteen of three.
    resize(600, 58)
    const shown = (length: number): bigint => {
      widget.frame(heat({ book: book({ frame: GOOD }), columns: wide(length), now }))
      const [high = 0n, low = 0n] = [0, 39].map((y) => widget.hit(300, y)?.price ?? 0n)
      return high - low
    }
    expect(shown(130)).toBe(19n * 8n)
    expect(shown(160)).toBe(19n * 8n)
    expect(shown(81)).toBe(19n * 8n)
    expect(shown(161)).toBe(13n * 16n)
    expect(shown(40)).toBe(19n * 2n)
    expect(shown(20)).toBe(19n)
  })

  it('shows of several prices in a row the largest size', () => {
    const { widget, resize } = mounted()
    const made = vi.spyOn(FakeContext.prototype, 'createImageData')
    const walls = columns.map((each) => {
      const sizes = new Float32Array(160).fill(1)
      sizes[77] = 1000
      return { ...each, low: ticks(960n), sizes }
    })
    resize(600, 58)
    widget.frame(heat({ book: book({ frame: GOOD }), columns: walls, now }))
    const words = new Uint32Array((made.mock.results.at(-1)?.value as { data: Uint8ClampedArray }).data.buffer)
    const width = words.length / 20
    const rows = Array.from({ length: 20 }, (_, row) => new Set(words.subarray(row * width, (row + 1) * width)))
    const lit = rows.flatMap((colours, row) => ([...colours].some((word) => lightness(word) > 0.8) ? [row] : []))
    expect(lit).toHaveLength(1)
    expect(widget.hit(300, 2 * (lit[0] ?? 0))?.price).toBe((BigInt(960 + 77) / 8n) * 8n)
  })

  it('has no colours of sides when the book is stale', () => {
    const { widget, drawn } = mounted()
    widget.frame(heat({ book: book({ frame: GOOD, standing: 'stale', ageMs: 9000 }), columns, prints, now }))
    const marks = drawn()
    expect(colours(marks)).not.toContain('--bid')
    expect(colours(marks)).not.toContain('--ask')
    expect(marks.some(({ mode }) => mode === 'saturation')).toBe(true)
    expect(marks.some(({ text }) => text.includes('9.0 s'))).toBe(true)
  })

  it('has round steps between its prices', () => {
    fc.assert(fc.property(fc.bigInt(1n, 10n ** 9n), fc.integer({ min: 1, max: 100_000 }), (step, rows) => {
      const apart = niceStep(step, rows)
      expect(apart % step).toBe(0n)
      expect(apart >= step * BigInt(rows)).toBe(true)
      expect(`${apart / step}`).toMatch(/^[125]0*$/)
    }))
  })

  it('finds the first of a time', () => {
    fc.assert(fc.property(fc.array(fc.nat(100)), fc.nat(100), (all, time) => {
      const times = all.toSorted((a, b) => a - b).map((each) => ({ time: each }))
      const at = firstAfter(times, time)
      expect(times.slice(0, at).every((each) => each.time < time)).toBe(true)
      expect(times.slice(at).every((each) => each.time >= time)).toBe(true)
    }))
  })
})

describe('the legend', () => {
  it('has handles that never pass each other', () => {
    fc.assert(fc.property(fc.integer({ min: -50, max: 300 }), fc.constantFrom('low' as const, 'high' as const), (x, which) => {
      const [low, high] = moved(which, x, [50, 99.5])
      expect(low).toBeLessThan(high)
    }))
    expect(handle(300, 14, [50, 99.5])).toBeNull()
    expect(handle(141, 14, [50, 99.5])).toBe('high')
    expect(handle(45, 14, [50, 99.5])).toBe('low')
    expect([percentile(-10), percentile(1000)]).toEqual([0, 100])
  })
})
