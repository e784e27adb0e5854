/** What a checksum was computed from: a small reference beside the engine, whose sum has to be the engine's. */

import { scaled } from '@havklo/client'
import { decode } from '@havklo/client/protocol'
import type { ProofLevel } from '@havklo/kit'
import { lots, plain, ticks } from '@havklo/kraken-wasm'
import type { Decimals, Frame, Side } from '@havklo/kraken-wasm'

import { crc32 } from './crc.js'
import { Levels } from './levels.js'

/** How many levels of each side a sum covers. */
export const PROVEN = 10

/** The levels that a sum covers, in its order, and the sum of them. */
export interface Proof {
  readonly levels: readonly ProofLevel[]
  readonly computed: number
}

/** Asks before bids, best first; the sum is that of their digits without points and leading zeros. */
export function proof(levels: Levels, decimals: Decimals): Proof {
  const covered: ProofLevel[] = []
  let digits = ''
  for (const side of ['ask', 'bid'] as const) {
    const half = levels.half(side)
    for (const price of half.prices.slice(0, PROVEN)) {
      const qty = half.at(price)
      covered.push({ side, price: plain(price, decimals.price), qty: plain(qty, decimals.qty) })
      // An integer's own text has neither points nor leading zeros.
      digits += `${price}${qty}`
    }
  }
  return { levels: covered, computed: crc32(digits) }
}

/** The levels that a frame's own sum covers. */
export function covered(frame: Frame): readonly ProofLevel[] {
  return (['ask', 'bid'] as const).flatMap((side) =>
    Array.from({ length: Math.min(PROVEN, frame.count(side)) }, (_, rank): ProofLevel => {
      const [price, qty] = frame.text(side, rank) ?? ['', '']
      return { side, price, qty }
    }),
  )
}

/**
 * What a message would have made of a book; null if it can't be read as a message for it, or has more decimals than
 * the book.
 */
export function applied(before: Levels, text: string, depth: number, decimals: Decimals): Proof | null {
  const data = bookData(text)
  if (data === null) return null
  const levels = data.isSnapshot ? new Levels() : before.copy()
  for (const { side, price, qty } of data.rows) {
    const [at, size] = [scaled(price, decimals.price), scaled(qty, decimals.qty)]
    if (at === null || size === null) return null
    levels.half(side).set(ticks(at), lots(size))
  }
  levels.trim(depth)
  return proof(levels, decimals)
}

interface Row {
  readonly side: Side
  readonly price: string
  readonly qty: string
}

function bookData(text: string): { readonly isSnapshot: boolean; readonly rows: readonly Row[] } | null {
  let found: unknown = null
  let isSnapshot = false
  // The reader of messages hands over the data with every number as the text that was sent.
  const keep = (data: unknown, type: string): readonly never[] => {
    found = Array.isArray(data) ? data[0] : null
    isSnapshot = type === 'snapshot'
    return []
  }
  decode(text, 0, new Map([['book', keep]]))
  if (typeof found !== 'object' || found === null) return null
  const rows: Row[] = []
  for (const [side, name] of [['bid', 'bids'], ['ask', 'asks']] as const) {
    const listed: unknown = Reflect.get(found, name) ?? []
    if (!Array.isArray(listed)) return null
    for (const level of listed) {
      const price: unknown = Reflect.get(Object(level), 'price')
      const qty: unknown = Reflect.get(Object(level), 'qty')
      if (typeof price !== 'string' || typeof qty !== 'string') return null
      rows.push({ side, price, qty })
    }
  }
  return { isSnapshot, rows }
}

/** How many levels the fuller side of a snapshot has; null of what is none. */
export function depthOf(text: string): number | null {
  const data = bookData(text)
  if (data === null || !data.isSnapshot) return null
  const count = (name: Side): number => data.rows.filter(({ side }) => side === name).length
  return Math.max(count('bid'), count('ask'))
}
