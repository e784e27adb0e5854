/** The made-up market against the engine: it is of no use unless every message of it is proven. */

import { Engine, Frame, load } from '@havklo/kraken-wasm'
import { expect, test } from 'vitest'

import { Market } from '../src/market.ts'
import { PAIRS } from '../src/venue.ts'

test('twenty thousand messages are proven, whatever the depth', async () => {
  const wasm = await load()
  if (!wasm.ok) throw new Error(wasm.error.kind)
  for (const depth of [10, 25, 100]) {
    for (const [place, pair] of PAIRS.entries()) {
      const engine = new Engine(wasm.value)
      const book = engine.track(pair.symbol, { depth })
      if (!book.ok) throw new Error(book.error.kind)
      const market = new Market(pair, depth, place)
      expect(engine.apply(market.snapshot('2026-11-23T00:00:00.000000Z').text, 0).kind).toBe('update')
      for (let count = 0; count < 1400; count += 1) {
        for (const said of market.next('2026-11-23T00:00:00.000000Z')) {
          if (said.channel !== 'book') continue
          const outcome = engine.apply(said.text, 0)
          expect([outcome.kind, outcome.kind === 'desync' ? outcome.fault : null]).toEqual(['update', null])
          const buffer = book.value.frame(1)
          if (buffer === null) throw new Error('no frame')
          const frame = new Frame(buffer)
          expect([frame.checksum, frame.text('bid', 0)?.[0], frame.text('ask', 0)?.[0]]).toEqual([said.sum, said.bid, said.ask])
        }
      }
      const outcome = engine.apply(market.crossed('2026-11-23T00:00:00.000000Z').text, 0)
      expect(outcome.kind).toBe('desync')
    }
  }
})
