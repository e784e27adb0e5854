/** Where the page stands in time: live, paused, or playing what was; the clock is handed in. */

import type { TimelineModel } from '@havklo/kit'

export type Mode = TimelineModel['mode']

const SLOWEST = 0.1
const FASTEST = 16

/** Says which moment is to be shown. */
export class Playback {
  #mode: Mode
  #at = 0
  #speed: number
  #from = 0
  #to = 0
  #ticked = 0

  constructor(
    /** Whether there is a market that goes on; a recording has an end. */
    readonly hasMarket: boolean,
    options: { readonly speed?: number } = {},
  ) {
    this.#mode = hasMarket ? 'live' : 'paused'
    this.#speed = bounded(options.speed ?? 1, SLOWEST, FASTEST)
  }

  get mode(): Mode {
    return this.#mode
  }

  get speed(): number {
    return this.#speed
  }

  get from(): number {
    return this.#from
  }

  get to(): number {
    return this.#to
  }

  /** What is shown: the newest there is, or where playback stands. */
  get at(): number {
    return this.#mode === 'live' ? this.#to : this.#at
  }

  /** Learns what can be reached. */
  reach(from: number, to: number): void {
    this.#from = from
    this.#to = to
  }

  pause(): void {
    this.#at = this.at
    this.#mode = 'paused'
  }

  play(now: number): void {
    if (this.#mode === 'live') return
    // At its end a recording begins anew.
    if (this.#at >= this.#to) this.#at = this.hasMarket ? this.#to : this.#from
    this.#mode = 'replay'
    this.#ticked = now
  }

  /** Back to the market; of a recording, to its end. */
  live(): void {
    this.#at = this.#to
    this.#mode = this.hasMarket ? 'live' : 'paused'
  }

  /** Stands at a time; who was live is paused there. */
  seek(ms: number): number {
    if (this.#mode === 'live') this.#mode = 'paused'
    this.#at = bounded(ms, this.#from, this.#to)
    return this.#at
  }

  setSpeed(speed: number): void {
    this.#speed = bounded(speed, SLOWEST, FASTEST)
  }

  /** Lets time pass; the moment to show, or null if it is the same as before. */
  tick(now: number): number | null {
    const passed = now - this.#ticked
    this.#ticked = now
    if (this.#mode !== 'replay' || passed <= 0) return null
    this.#at += passed * this.#speed
    // Who plays faster than the market catches up with it.
    if (this.#at >= this.#to) this.live()
    return this.at
  }
}

function bounded(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), Math.max(least, most))
}
