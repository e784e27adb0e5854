/** Every shared vector goes through the package: the browser's engine says what Python's says. */

import { describe, expect, test } from 'vitest'

import { Teller } from './teller.js'
import type { Expected, Step } from './vectors.js'
import { stories, vectors } from './vectors.js'

/** A sum that is null in a vector is not judged. */
function judged(said: Expected, expected: Expected): Expected {
  if (typeof expected === 'string' || typeof said === 'string') return said
  if (!('desync' in expected) || !('desync' in said)) return said
  const { expected: theirs, computed: ours } = expected.desync
  const { desync } = said
  return {
    desync: {
      ...desync,
      expected: theirs === null ? null : desync.expected,
      computed: ours === null ? null : desync.computed,
    },
  }
}

function take(step: Step, teller: Teller): void {
  if ('frame' in step) {
    expect(judged(teller.receive(step.frame), step.expect)).toEqual(step.expect)
  } else if ('read' in step) {
    expect(teller.read(step.read.symbol)).toEqual(step.read)
  } else if ('suspend' in step) {
    teller.engine.suspend(step.suspend === null ? null : teller.book(step.suspend))
    for (const [symbol, { state }] of teller.books) {
      if (step.suspend === null || step.suspend === symbol) expect(['awaiting', 'closed']).toContain(state)
    }
  } else if ('untrack' in step) {
    teller.engine.untrack(teller.book(step.untrack))
  } else if ('priority' in step) {
    expect(teller.priority(step.priority.symbol)).toEqual(step.priority)
  } else {
    teller.track(step.track)
  }
}

for (const [folder, channel, least] of [
  ['frames', 'book', 60],
  ['level3', 'level3', 50],
] as const) {
  const told = stories(folder)

  describe(folder, () => {
    test('the stories were found', () => expect(told.length).toBeGreaterThan(least))

    test.each(told)('%s: $name', (_, story) => {
      const teller = new Teller(story, channel)
      story.steps.forEach((step, index) => {
        try {
          take(step, teller)
        } catch (error) {
          if (error instanceof Error)
            error.message = `step ${index}: ${JSON.stringify(step).slice(0, 400)}\n${error.message}`
          throw error
        }
      })
    })
  })
}

interface Ladders {
  readonly name: string
  readonly bids: readonly [string, string][]
  readonly asks: readonly [string, string][]
  readonly checksum: number
}

describe('checksum', () => {
  test.each(vectors<Ladders>('checksum/book.json'))('$name', ({ bids, asks, checksum }) => {
    const side = (levels: readonly [string, string][]) =>
      levels.map(([price, qty]) => `{"price":${price},"qty":${qty}}`).join(',')
    const frame = (sum: number) =>
      `{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[${side(bids)}],"asks":[${side(asks)}],"checksum":${sum}}]}`
    const teller = new Teller({ track: [{ symbol: 'BTC/USD', depth: 25 }] }, 'book')
    const wrong = (checksum ^ 1) >>> 0
    const desync = { symbols: ['BTC/USD'], reason: 'checksum', expected: wrong, computed: checksum }
    expect(teller.receive(frame(wrong))).toEqual({ desync })
    expect(teller.receive(frame(checksum))).toMatchObject({ update: { checksum } })
    expect(teller.book('BTC/USD').state).toBe('live')
  })
})
