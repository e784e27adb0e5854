/** The ladder once more as a table, for who reads it aloud, or copies from it. */

import type { BookModel } from '@havklo/kit'
import type { Side } from '@havklo/kraken-wasm'

import { Levels } from './levels.js'
import type { Row } from './levels.js'

const ROWS = 20

export function Mirror({ book }: { readonly book: BookModel }) {
  const { frame, symbol } = book
  const rows = (side: Side): Row[] =>
    Array.from({ length: Math.min(ROWS, frame?.count(side) ?? 0) }, (_, rank) => {
      const [price = '', qty = ''] = frame?.text(side, rank) ?? []
      return { price, qty }
    })
  return (
    <div class="mirror" tabIndex={0} role="group" aria-label="Table of the ladder">
      <Levels caption={`${symbol}, ${book.standing}`} bids={rows('bid')} asks={rows('ask')} />
    </div>
  )
}
