/** All topics of one connection, and the moves that several parts of a session make with them. */

import { emit } from './actions.js'
import type { Action } from './actions.js'
import type { Life } from './life.js'
import { key } from './topic.js'

export class Lives {
  readonly #lives = new Map<string, Life>()
  /** The keys of the books of which each message counts now; one set, that changes in place. */
  readonly attention = new Set<string>()
  resyncs = 0

  get size(): number {
    return this.#lives.size
  }

  /** All of them; a list, so that some may be forgotten on the way. */
  all(): Life[] {
    return [...this.#lives.values()]
  }

  get(channel: string, symbol: string): Life | undefined {
    return this.#lives.get(key(channel, symbol))
  }

  add(life: Life): void {
    this.#lives.set(life.key, life)
    this.watch(life)
  }

  forget(life: Life): void {
    this.#lives.delete(life.key)
    this.attention.delete(life.key)
  }

  /** Attends to a book's messages as long as it is not live and settled. */
  watch(life: Life): void {
    if (!life.isBook) return
    if (life.phase === 'live' || !life.wanted) this.attention.delete(life.key)
    else this.attention.add(life.key)
  }

  /** A topic is not live any more; false if it was not. */
  lose(life: Life, reason: string, now: number): boolean {
    if (!life.isLive) return false
    life.lose(reason, now)
    return true
  }

  /** Loses a live topic and plans its resync; false if it was not live. */
  breakOff(life: Life, reason: string, now: number): boolean {
    if (!this.lose(life, reason, now)) return false
    life.resync(now)
    this.watch(life)
    return true
  }

  /** A topic is live: for the first time, or again. */
  revive(life: Life, now: number): Action[] {
    const { complete, lost, topic } = life
    const tookMs = life.prove(now)
    this.watch(life)
    if (!complete) return [{ do: 'complete', topic }]
    if (!lost) return []
    this.resyncs += 1
    const attempts = Math.max(1, life.attempts)
    const { symbol, channel } = topic
    return [emit({ kind: 'resync', symbol, reason: life.reason, attempts, tookMs, channel })]
  }
}
