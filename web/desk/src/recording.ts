/** What a recording holds: its symbols, how deep their books are, and its messages. */

import { readLines } from './lines.js'
import type { Line } from './lines.js'
import { addressed } from './messages.js'
import { depthOf } from './proof.js'

const DEPTHS = [10, 25, 100, 500, 1000] as const

export interface Recording {
  /** The depth of each book, in the order in which they come. */
  readonly books: ReadonlyMap<string, number>
  readonly lines: readonly Line[]
}

/** Reads a recording; of `symbols` alone if there are any. Throws `BadRecording`. */
export function openRecording(text: string, symbols: readonly string[]): Recording {
  const lines = readLines(text)
  const books = new Map<string, number>()
  for (const { text: said } of lines) {
    const address = addressed(said)
    if (address?.channel !== 'book') continue
    const { symbol } = address
    const isWanted = symbols.length === 0 || symbols.includes(symbol)
    if (!isWanted || books.has(symbol)) continue
    const most = depthOf(said)
    if (most !== null) books.set(symbol, DEPTHS.find((depth) => depth >= most) ?? 1000)
  }
  return { books, lines }
}
