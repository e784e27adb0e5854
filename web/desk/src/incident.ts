/** An incident as a file: the raw frames around it with the times of their arrival, as `havklo verify` reads them. */

import type { IntegrityModel } from '@havklo/kit'

import { head, line } from './lines.js'
import type { Track } from './track.js'

const BEFORE_MS = 30_000
const AFTER_MS = 30_000

/** The file around `ms`, or around the last fault; without any the last half minute. */
export function incident(track: Track, integrity: IntegrityModel, ms: number | null, now: number): string {
  const { ring, faults, marks, options } = track
  const at = ms ?? faults[0]?.time ?? now
  const [from, to] = [at - BEFORE_MS, at + AFTER_MS]
  const key = ring.keyAt(from)
  const { symbol, depth } = options
  const lines = [head({ version: 1, symbol, depth, at, health: integrity, marks })]
  // Readers learn from what is confirmed which books there are, and how deep.
  const result = { channel: 'book', symbol, depth, snapshot: true }
  lines.push(line(key?.ms ?? from, JSON.stringify({ method: 'subscribe', success: true, result })))
  if (key !== null) lines.push(line(key.ms, key.snapshot))
  for (let number = key?.from ?? ring.first; number < ring.next; number += 1) {
    const happening = ring.at(number)
    if (happening === null || happening.ms > to) break
    const { kind, text, ms: came } = happening
    lines.push(kind === 'break' ? head({ break: text, ms: came }) : line(came, text))
  }
  return `${lines.join('\n')}\n`
}
