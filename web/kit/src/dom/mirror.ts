/** The ladder as a table, for those who hear it instead of seeing it. */

import { exact } from '../text.js'
import { row } from '../group.js'
import type { MirrorModel } from '../model.js'
import { untrusted } from '../notice.js'
import { Kept } from '../trust.js'
import { make, mark, Panel, say } from './panel.js'

/** Rows of each side. */
const ROWS = 15

/** A row of a side: the price it stands for, and all that rests there. */
export interface MirrorRow {
  readonly price: bigint
  readonly qty: bigint
}

/** A side in rows of `width`, best first, at most `most`; rows where nothing rests are not among them. */
export function mirrored(kept: Kept, side: 'bid' | 'ask', width: bigint, most: number): MirrorRow[] {
  const { prices, quantities, count } = kept.side(side)
  const rows: { price: bigint; qty: bigint }[] = []
  for (let rank = 0; rank < count; rank += 1) {
    const price = row(side, prices[rank] ?? 0n, width)
    const last = rows.at(-1)
    if (last?.price === price) last.qty += quantities[rank] ?? 0n
    else if (rows.length === most) break
    else rows.push({ price, qty: quantities[rank] ?? 0n })
  }
  return rows
}

/** Shows a book as a table. */
export class Mirror extends Panel<MirrorModel> {
  readonly #kept = new Kept()
  #caption: HTMLElement | null = null
  #body: HTMLElement | null = null

  protected build(): HTMLElement {
    this.#caption = make('caption', {})
    this.#body = make('tbody', {})
    const names = ['Side', 'Price', 'Size', 'Total'].map((name) => make('th', { scope: 'col' }, name))
    const head = make('thead', {}, make('tr', {}, ...names))
    return make('table', { class: 'hav-mirror hav-mono' }, this.#caption, head, this.#body)
  }

  protected show({ book, group }: MirrorModel): void {
    const [kept, caption, body] = [this.#kept, this.#caption, this.#body]
    if (caption === null || body === null) return
    kept.take(book)
    const age = `${Math.floor(book.ageMs / 1000)} seconds old`
    say(caption, kept.isLive ? `${book.symbol}, proven` : `${book.symbol}, ${untrusted(book.standing)}, ${age}`)
    mark(body, 'data-trusted', kept.isLive ? '1' : '0')
    const width = (book.tick > 0n ? book.tick : 1n) * (group > 0n ? group : 1n)
    const texts: (readonly string[])[] = []
    for (const side of ['ask', 'bid'] as const) {
      const rows = mirrored(kept, side, width, ROWS)
      let total = 0n
      const told = rows.map(({ price, qty }) => {
        total += qty
        return [side, exact(price, kept.decimals.price), exact(qty, kept.decimals.qty), exact(total, kept.decimals.qty)]
      })
      texts.push(...(side === 'ask' ? told.reverse() : told))
    }
    while (body.children.length > texts.length) body.lastElementChild?.remove()
    for (const [at, cells] of texts.entries()) {
      const line = body.children[at] ?? body.appendChild(make('tr', {}, ...cells.map(() => make('td', {}))))
      mark(line, 'data-side', cells[0] ?? null)
      for (const [column, text] of cells.entries()) {
        const cell = line.children[column]
        if (cell !== undefined) say(cell, text)
      }
    }
  }
}
