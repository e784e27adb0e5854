/** Two watches: over a connection's silence, and over a subscription's. */

import type { Timings } from './timings.js'

/** Says when a connection has been silent for too long: a heartbeat comes each second, so three are no accident. */
export class Silence {
  readonly #timings: Timings
  #heard: number | null = null
  stalled = false

  constructor(timings: Timings) {
    this.#timings = timings
  }

  /** When `tick` may next have something to say. */
  get due(): number | null {
    if (this.#heard === null) return null
    return this.#heard + (this.stalled ? this.#timings.deadAfter : this.#timings.stallAfter)
  }

  start(now: number): void {
    this.#heard ??= now
  }

  stop(): void {
    this.#heard = null
    this.stalled = false
  }

  /** Something was heard; true if it ends a stall. */
  heard(at: number): boolean {
    if (this.#heard === null || at <= this.#heard) return false
    this.#heard = at
    const ended = this.stalled
    this.stalled = false
    return ended
  }

  silentFor(now: number): number {
    return this.#heard === null ? 0 : Math.max(0, now - this.#heard)
  }

  /** Judges the silence so far; each verdict is given once. */
  tick(now: number): 'stalled' | 'dead' | null {
    if (this.due === null || now < this.due) return null
    if (this.silentFor(now) >= this.#timings.deadAfter) {
      this.stop()
      return 'dead'
    }
    this.stalled = true
    return 'stalled'
  }
}

const LONGEST = 5 // doublings: a pair that has proven to be quiet is asked again after about an hour at the latest
const LIVELY = 3 // messages beyond the snapshot: then a silence is no longer what was seen before

/**
 * Says when a subscription on a lively connection has been silent for too long to be trusted: a checksum can't notice a
 * message that is never sent. If nothing follows the fresh snapshot either, the next look comes later and later.
 */
export class Rhythm {
  readonly #timings: Timings
  #began = 0
  #messages: number | null = null
  #doublings = 0

  constructor(timings: Timings) {
    this.#timings = timings
  }

  /** A snapshot has come: begin to count. */
  begin(now: number): void {
    this.#began = now
    this.#messages = null
  }

  /** Judges a silence: `messages` there have been in all, the latest `age` ago. */
  isUnusual(messages: number, age: number, now: number): boolean {
    this.#messages ??= messages
    const count = messages - this.#messages
    if (count >= LIVELY) this.#doublings = 0
    if (Math.min(age, now - this.#began) < this.#limit(count, now)) return false
    this.#doublings = Math.min(this.#doublings + 1, LONGEST)
    return true
  }

  #limit(count: number, now: number): number {
    const { quietCap, quietFloor, quietGaps } = this.#timings
    if (this.#doublings > 0) return quietCap * 2 ** this.#doublings
    if (count === 0) return quietCap
    return Math.min(Math.max((quietGaps * (now - this.#began)) / count, quietFloor), quietCap)
  }
}
