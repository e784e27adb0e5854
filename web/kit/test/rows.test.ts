import { lots, ticks } from '@havklo/kraken-wasm'
import { expect, it } from 'vitest'
import { Rows } from '../src/ladder/rows.js'
import { Kept } from '../src/trust.js'
import { book, frame, ladder } from './frames.js'
const kept = () => { const k = new Kept(); k.take(book({ frame: frame({ bids: [[100n, 5n]], asks: [[101n, 5n], [205n, 7n], [210n, 3n]] }) })); return k }
it('facts of asks go to the row of the asks, market below the view', () => {
  for (const centre of [null, ticks(200n)]) {
    const rows = new Rows()
    const f = { window: 30 as const, most: 9n, at: (p: bigint) => (p === 205n ? { bought: lots(9n), sold: lots(0n), bid: 0n, ask: 0n } : null), prices: () => [ticks(205n)] }
    rows.place(ladder({ book: book({ frame: null }), group: 10n, centre, facts: f as never }), kept(), centre === null ? 60 : 8)
    expect(rows.asks.map((q, i) => [rows.price(i), q]).filter(([, q]) => q! > 0n).map(([p]) => p)).toContain(210n)
    expect(rows.bought.map((q, i) => [rows.price(i), q]).filter(([, q]) => q! > 0n)).toEqual([[210n, 9n]])
  }
})
it('facts at the best bid go to the row of the bids, wherever in its row it is', () => {
  const near = new Kept()
  near.take(book({ frame: frame({ bids: [[104n, 5n]], asks: [[106n, 5n]] }) }))
  const fact = { bought: lots(0n), sold: lots(9n), bid: 4n, ask: 0n }
  const facts = { window: 30 as const, most: lots(9n), at: (p: bigint) => (p === 104n ? fact : null), prices: () => [ticks(104n)] }
  const rows = new Rows()
  rows.place(ladder({ book: book({ frame: null }), group: 10n, facts }), near, 20)
  const at = rows.bids.findIndex((qty) => qty > 0n)
  expect([rows.price(at), rows.sold[at], rows.bidMoves[at]]).toEqual([100n, 9n, 4n])
})
