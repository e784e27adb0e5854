/** The way to an endpoint: after failures in a row it lets nobody try, then one, then all. */

import { emit } from './actions.js'
import type { Action } from './actions.js'
import { Window } from './limits.js'

/**
 * A circuit breaker. Of a probe that is called off nothing is said, and its place stays taken for a whole cool-down: an
 * outcome that is never told must not lock everybody out.
 */
export class Breaker {
  readonly #threshold: number
  readonly #coolDown: number
  #probeUntil = -Infinity
  state: 'closed' | 'open' | 'half_open' = 'closed'
  failures = 0
  /** When the cool-down is over; null unless it is open. */
  retryAt: number | null = null

  constructor(failures = 5, coolDown = 30_000) {
    this.#threshold = failures
    this.#coolDown = coolDown
  }

  /** `now` if an attempt may begin, else when to ask again. */
  allows(now: number): number {
    if (this.retryAt !== null) return Math.max(now, this.retryAt)
    // When the probe ends is not known beforehand, so whoever waits for it looks again each second.
    return now >= this.#probeUntil ? now : now + 1000
  }

  /** An attempt begins, in an open or half-open breaker as its probe; true if the state changed. */
  began(now: number): boolean {
    if (this.state === 'closed') return false
    this.retryAt = null
    this.#probeUntil = now + this.#coolDown
    return this.#become('half_open')
  }

  succeeded(): boolean {
    this.failures = 0
    this.retryAt = null
    this.#probeUntil = -Infinity
    return this.#become('closed')
  }

  failed(now: number): boolean {
    this.failures += 1
    this.#probeUntil = -Infinity
    if (this.state === 'open' || (this.state === 'closed' && this.failures < this.#threshold)) return false
    this.retryAt = now + this.#coolDown
    return this.#become('open')
  }

  #become(state: 'closed' | 'open' | 'half_open'): boolean {
    const changed = this.state !== state
    this.state = state
    return changed
  }
}

/** Whether an attempt to connect may begin, by the breaker and the number of attempts. Connections may share it. */
export class Gate {
  readonly #breaker: Breaker
  readonly #window: Window

  constructor(breaker = new Breaker(), window = new Window()) {
    this.#breaker = breaker
    this.#window = window
  }

  /** `now` if an attempt may begin, else when to ask again. */
  allows(now: number): number {
    return Math.max(this.#breaker.allows(now), this.#window.allows(now))
  }

  began(now: number): Action[] {
    this.#window.count(now)
    return this.#told(now, this.#breaker.began(now))
  }

  /** An attempt has led to a connection that speaks. */
  succeeded(now: number): Action[] {
    return this.#told(now, this.#breaker.succeeded())
  }

  /** An attempt has failed, or its connection ended without a word. */
  failed(now: number): Action[] {
    return this.#told(now, this.#breaker.failed(now))
  }

  #told(now: number, changed: boolean): Action[] {
    if (!changed) return []
    const { state, failures, retryAt } = this.#breaker
    const retryInMs = retryAt === null ? 0 : retryAt - now
    return [emit({ kind: 'breaker_changed', role: 'public', state, failures, retryInMs })]
  }
}
