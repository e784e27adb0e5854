/** What came, byte for byte, for the last minutes: within a bound of bytes, and from key frames on to be played again. */

import type { Unsettled } from './facts.js'

const CHUNK = 1 << 18
/** A character of a text is three bytes of UTF-8 at most. */
const WIDEST = 3

/** Something that happened: a message, or the end of a book's being reliable (a connection lost, a fresh start). */
export type Happening =
  | { readonly kind: 'message'; readonly ms: number; readonly text: string }
  | { readonly kind: 'break'; readonly ms: number; readonly text: string }

/** A book as it was before the happening `from`: a snapshot that proves itself, and what was not settled. */
export interface Key {
  readonly from: number
  readonly ms: number
  readonly snapshot: string
  readonly unsettled: Unsettled
  /** The number of the last trade. */
  readonly lastTrade: number | null
}

interface Chunk {
  readonly first: number
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly times: number[]
  readonly ends: number[]
  /** Which of them are breaks, by their place. */
  readonly breaks: Set<number>
  used: number
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export interface Bounds {
  readonly bytes: number
  readonly ms: number
}

/** A bounded record of one symbol. */
export class Ring {
  #chunks: Chunk[] = []
  #keys: Key[] = []
  #bytes = 0
  #next = 0

  constructor(readonly bounds: Bounds) {}

  /** How many bytes it takes; never more than its bound and the chunk in use. */
  get bytes(): number {
    return this.#bytes
  }

  /** The number of the first happening that is here, and that of the next to come. */
  get first(): number {
    return this.#chunks[0]?.first ?? this.#next
  }

  get next(): number {
    return this.#next
  }

  /** How far back a book can be shown; null while there is none. */
  get from(): number | null {
    return this.#keys[0]?.ms ?? null
  }

  /** When the last thing happened; null before the first. */
  get to(): number | null {
    return this.timeOf(this.#next - 1)
  }

  get keys(): readonly Key[] {
    return this.#keys
  }

  add(kind: Happening['kind'], text: string, ms: number): void {
    const chunk = this.#room(text.length * WIDEST)
    const { written } = encoder.encodeInto(text, chunk.bytes.subarray(chunk.used))
    if (kind === 'break') chunk.breaks.add(chunk.times.length)
    chunk.used += written
    chunk.times.push(ms)
    chunk.ends.push(chunk.used)
    this.#next += 1
    this.#drop(ms)
  }

  /** Keeps a key frame of what is now. */
  key(key: Omit<Key, 'from'>): void {
    this.#keys.push({ ...key, from: this.#next })
    this.#bytes += key.snapshot.length
  }

  /** The last key frame at or before a time; of an earlier time the first there is. */
  keyAt(ms: number): Key | null {
    return this.#keys.findLast((key) => key.ms <= ms) ?? this.#keys[0] ?? null
  }

  /** What has the number; null if it is not here. */
  at(number: number): Happening | null {
    const chunk = this.#chunks.findLast(({ first }) => first <= number)
    const place = number - (chunk?.first ?? 0)
    const [ms, end] = [chunk?.times[place], chunk?.ends[place]]
    if (chunk === undefined || ms === undefined || end === undefined) return null
    const text = decoder.decode(chunk.bytes.subarray(place === 0 ? 0 : chunk.ends[place - 1], end))
    return { kind: chunk.breaks.has(place) ? 'break' : 'message', ms, text }
  }

  /** The time of what has the number; null if it is not here. */
  timeOf(number: number): number | null {
    const chunk = this.#chunks.findLast(({ first }) => first <= number)
    return chunk?.times[number - chunk.first] ?? null
  }

  #room(bytes: number): Chunk {
    const last = this.#chunks.at(-1)
    if (last !== undefined && last.bytes.length - last.used >= bytes) return last
    const size = Math.max(Math.min(CHUNK, this.bounds.bytes >> 3), bytes)
    const chunk: Chunk = {
      first: this.#next,
      bytes: new Uint8Array(size),
      times: [],
      ends: [],
      breaks: new Set(),
      used: 0,
    }
    this.#chunks.push(chunk)
    this.#bytes += size
    return chunk
  }

  #drop(now: number): void {
    const isOld = ({ times }: Chunk): boolean => (times.at(-1) ?? now) < now - this.bounds.ms
    for (let oldest = this.#chunks[0]; this.#chunks.length > 1 && oldest !== undefined; oldest = this.#chunks[0]) {
      if (this.#bytes <= this.bounds.bytes && !isOld(oldest)) break
      this.#chunks.shift()
      this.#bytes -= oldest.bytes.length
      const { first } = this
      // What comes before the first happening leads nowhere any more.
      while ((this.#keys[0]?.from ?? Infinity) < first) this.#bytes -= this.#keys.shift()?.snapshot.length ?? 0
    }
  }
}
