/** Any moment of a record: a fresh engine, a key frame, and what came after it. */

import { BUCKET_MS, packed } from './facts.js'
import { Fold } from './fold.js'
import type { Key } from './ring.js'
import type { Track } from './track.js'

/** A book as it was. */
export interface Moment {
  readonly at: number
  /** The last proven levels; null if there were none yet. */
  readonly frame: ArrayBuffer | null
  /** Why it was not proven at that time; empty if it was. */
  readonly reason: string
  /** When the last proven message came. */
  readonly provenMs: number
  readonly facts: bigint[]
}

const UNKNOWN = 'nothing is kept of this time'

/** Stands somewhere in a track's record. It goes forward message by message, and back from the key frame before. */
export class Cursor {
  #fold: Fold | null = null
  #key: Key | null = null
  /** The number of the happening that comes next. */
  #next = 0
  #at = -Infinity
  #bucket = 0
  #provenMs = 0
  #reason = UNKNOWN

  constructor(readonly track: Track) {}

  get at(): number {
    return this.#at
  }

  /** What was known at a time: everything that had come up to and with it. */
  seek(ms: number, windowMs: number, levels?: number): Moment {
    const { ring } = this.track
    // From the beginning of its bucket on, so that what has happened in it is known whole.
    const key = ring.keyAt(Math.floor(ms / BUCKET_MS) * BUCKET_MS)
    const isElsewhere = ms < this.#at || this.#next < ring.first
    const isShorter = key !== null && key !== this.#key && key.from >= this.#next
    const fold = this.#fold === null || isElsewhere || isShorter ? this.#begin(key, ms) : this.#fold
    this.#forward(fold, ms)
    this.#at = ms
    return {
      at: ms,
      frame: fold.proven(levels),
      reason: this.#reason,
      provenMs: this.#provenMs,
      facts: packed(this.track.history.sum(ms, windowMs, fold.ledger.bucket)),
    }
  }

  /** The time of the message that is `count` after this one, or before it; the furthest there is if there are fewer. */
  stepped(count: number): number {
    const { ring } = this.track
    const step = count < 0 ? -1 : 1
    let found = this.#at
    let number = step > 0 ? this.#next : this.#next - 1
    for (let left = Math.abs(count); left > 0; number += step) {
      const ms = ring.timeOf(number)
      if (ms === null) break
      // Messages of one millisecond are one frame.
      if (ms === found) continue
      found = ms
      left -= 1
    }
    return Math.max(found, ring.from ?? found)
  }

  #begin(key: Key | null, ms: number): Fold {
    const { symbol, depth, wasm } = this.track.options
    const fold = new Fold({ symbol, depth, wasm })
    const known = key !== null && key.ms <= ms ? key : null
    this.#fold = fold
    this.#key = known
    this.#next = known?.from ?? this.track.ring.first
    this.#bucket = Math.floor((known?.ms ?? ms) / BUCKET_MS)
    this.#provenMs = known?.ms ?? 0
    this.#reason = known === null ? UNKNOWN : ''
    if (known !== null) fold.resume(known)
    return fold
  }

  #forward(fold: Fold, ms: number): void {
    const { ring } = this.track
    for (let next = ring.at(this.#next); next !== null && next.ms <= ms; next = ring.at(this.#next)) {
      this.#next += 1
      this.#roll(fold, next.ms)
      if (next.kind === 'break') {
        fold.suspend()
        this.#reason = next.text
        continue
      }
      const taken = fold.receive(next.text, next.ms)
      if (taken.kind === 'lost') this.#reason = taken.fault?.reason ?? 'malformed'
      if (taken.kind !== 'proven') continue
      this.#provenMs = next.ms
      this.#reason = ''
    }
    this.#roll(fold, ms)
  }

  #roll(fold: Fold, ms: number): void {
    const bucket = Math.floor(ms / BUCKET_MS)
    if (bucket <= this.#bucket) return
    this.#bucket = bucket
    fold.ledger.settle(ms)
    fold.ledger.take()
  }
}
