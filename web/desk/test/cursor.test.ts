import { Frame } from '@havklo/kraken-wasm'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { Cursor } from '../src/cursor.js'
import { Fold } from '../src/fold.js'
import { History, BUCKET_MS, packed } from '../src/facts.js'
import { Track } from '../src/track.js'
import { Market, SYMBOL, wasm } from './fake.js'
import type { Said } from './fake.js'

const BOUNDS = { bytes: 24 << 20, ms: 15 * 60_000 }
const WINDOW = 30_000

function tracked(said: readonly Said[], bounds = BOUNDS): Track {
  const track = new Track({ symbol: SYMBOL, depth: 10, wasm, bounds, heat: true })
  for (const { ms, text } of said) track.receive(text, ms)
  return track
}

/** What a fresh engine and fresh facts make of everything up to a time. */
function rebuilt(said: readonly Said[], at: number) {
  const fold = new Fold({ symbol: SYMBOL, depth: 10, wasm })
  const history = new History()
  let bucket = Math.floor((said[0]?.ms ?? 0) / BUCKET_MS)
  const roll = (ms: number): void => {
    if (Math.floor(ms / BUCKET_MS) <= bucket) return
    fold.ledger.settle(ms)
    history.add((bucket + 1) * BUCKET_MS, fold.ledger.take(), -Infinity)
    bucket = Math.floor(ms / BUCKET_MS)
  }
  for (const { ms, text } of said) {
    if (ms > at) break
    roll(ms)
    fold.receive(text, ms)
  }
  roll(at)
  const frame = fold.proven()
  return { frame, facts: packed(history.sum(at, WINDOW, fold.ledger.bucket)) }
}

function levels(buffer: ArrayBuffer | null): unknown {
  if (buffer === null) return null
  const frame = new Frame(buffer)
  return [frame.levels('bid'), frame.levels('ask'), frame.checksum]
}

function sorted(row: readonly bigint[]): string[] {
  const facts = Array.from({ length: row.length / 5 }, (_, at) => row.slice(5 * at, 5 * at + 5).join(' '))
  return facts.sort()
}

/** Spoils a message in place: a digit of its quantity. */
function corrupted({ ms, text }: Said): Said {
  return { ms, text: text.replace(/("qty":\d*)(\d)\./, (_, before: string, digit: string) => `${before}${(Number(digit) + 1) % 10}.`) }
}

test('any moment of a record is what a fresh rebuild makes of all that had come', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.array(fc.double({ min: 0, max: 1.05, noNaN: true }), { minLength: 3, maxLength: 8 }),
      fc.option(fc.integer({ min: 50, max: 400 })),
      (seed, places, spoilt) => {
        const market = new Market(seed)
        const said = market.life(500)
        if (spoilt !== null) {
          const broken = said[spoilt]
          if (broken !== undefined) said[spoilt] = corrupted(broken)
          // It is healed by a snapshot of the market's end, after which all goes on.
          said.push(market.snapshot(), ...Array.from({ length: 100 }, () => market.update()))
        }
        const track = tracked(said)
        // As the worker does before it shows the past: time has passed since the last message.
        track.roll((said.at(-1)?.ms ?? 0) + 60_000)
        const cursor = new Cursor(track)
        const [first, last] = [said[0]?.ms ?? 0, said.at(-1)?.ms ?? 0]
        for (const place of places) {
          const at = Math.floor(first + place * (last - first))
          const moment = cursor.seek(at, WINDOW)
          const expected = rebuilt(said, at)
          expect(levels(moment.frame)).toEqual(levels(expected.frame))
          expect(sorted(moment.facts)).toEqual(sorted(expected.facts))
        }
      },
    ),
    { numRuns: 12 },
  )
})

test('going forward step by step is the same as jumping there', () => {
  const said = new Market(7).life(400)
  const track = tracked(said)
  const [stepping, jumping] = [new Cursor(track), new Cursor(track)]
  for (const { ms } of said.filter((_, place) => place % 7 === 0))
    expect(stepping.seek(ms, WINDOW)).toEqual(new Cursor(track).seek(ms, WINDOW))
  const at = said[200]?.ms ?? 0
  jumping.seek(at, WINDOW)
  const next = jumping.stepped(1)
  expect(next).toBe(said.find(({ ms }) => ms > at)?.ms)
  jumping.seek(next, WINDOW)
  expect(jumping.stepped(-1)).toBe(said.findLast(({ ms }) => ms < next)?.ms)
})

test('the record is bounded in bytes, and says how far back it reaches', () => {
  const bounds = { bytes: 40_000, ms: 15 * 60_000 }
  const said = new Market(3).life(3000)
  const track = tracked(said, bounds)
  const { ring } = track
  // The chunk in use may be as large as an eighth, and comes on top.
  expect(ring.bytes).toBeLessThanOrEqual(bounds.bytes + bounds.bytes / 8)
  expect(ring.first).toBeGreaterThan(0)
  const from = ring.from ?? 0
  expect(from).toBeGreaterThan(said[0]?.ms ?? 0)
  const cursor = new Cursor(track)
  expect(cursor.seek(from - 1, WINDOW).frame).toBeNull()
  expect(levels(cursor.seek(from, WINDOW).frame)).toEqual(levels(rebuilt(said, from).frame))
  expect(levels(cursor.seek(track.ring.to ?? 0, WINDOW).frame)).toEqual(levels(rebuilt(said, Infinity).frame))
})

test('what is older than the record keeps is dropped', () => {
  const track = tracked(new Market(5).life(2000), { bytes: 200_000, ms: 60_000 })
  const { ring, columns } = track
  expect((ring.to ?? 0) - (ring.timeOf(ring.first) ?? 0)).toBeLessThan(120_000)
  expect((columns.at(-1)?.time ?? 0) - (columns[0]?.time ?? 0)).toBeLessThanOrEqual(125_000)
})

test('a seek takes less than 100 ms of a busy record', () => {
  const market = new Market(11)
  const said = market.life(6000)
  const track = tracked(said)
  const [first, last] = [said[0]?.ms ?? 0, said.at(-1)?.ms ?? 0]
  const times = Array.from({ length: 11 }, (_, step) => {
    const at = Math.floor(last - (step / 11) * (last - first))
    // Of this process alone: others may keep the machine busy.
    const began = process.cpuUsage()
    new Cursor(track).seek(at, WINDOW)
    const { user, system } = process.cpuUsage(began)
    return (user + system) / 1000
  })
  const median = times.sort((a, b) => a - b)[5] ?? Infinity
  expect(median).toBeLessThan(100)
}, 30_000)
