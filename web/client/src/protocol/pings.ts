/** Pings and their pongs: a connection that hears but is not heard is found, and the server's clock is measured. */

import type { Timings } from './timings.js'

/** The server's clock against the monotonic one; nanoseconds, null before the first pong. */
export interface ClockOffset {
  /** By how much the server is ahead of the monotonic clock that the session lives by. */
  readonly aheadNs: bigint
  /** By how much that can be wrong. */
  readonly errorNs: bigint
  readonly roundTripNs: bigint
}

const SAMPLES = 8

export class Pings {
  readonly #timings: Timings
  #nextAt: number | null = null
  #overdueAt: number | null = null
  #sent: { readonly reqId: number; readonly at: number } | null = null
  #samples: ClockOffset[] = []

  constructor(timings: Timings) {
    this.#timings = timings
  }

  /** Of the latest pings the one that can be least wrong; of equal ones the newest, for clocks drift. */
  get clock(): ClockOffset | null {
    return this.#samples.reduce<ClockOffset | null>(
      (best, sample) => (best === null || sample.errorNs <= best.errorNs ? sample : best),
      null,
    )
  }

  get due(): number | null {
    return earliest([this.#nextAt, this.#overdueAt])
  }

  start(now: number): void {
    this.stop()
    this.#nextAt = now + this.#timings.pingFirst
  }

  stop(): void {
    this.#nextAt = this.#overdueAt = this.#sent = null
  }

  isDue(now: number): boolean {
    return this.#nextAt !== null && now >= this.#nextAt
  }

  isOverdue(now: number): boolean {
    return this.#overdueAt !== null && now >= this.#overdueAt
  }

  sent(reqId: number, at: number): void {
    this.#nextAt = at + this.#timings.pingEvery
    this.#sent = { reqId, at }
    this.#overdueAt ??= at + this.#timings.pongWithin
  }

  /** Takes a pong: any one shows that pings arrive, the latest ping's tells the time. */
  answered(reqId: number | null, timeIn: string | null, timeOut: string | null, now: number): void {
    this.#overdueAt = null
    if (this.#sent === null || reqId !== this.#sent.reqId || timeIn === null || timeOut === null) return
    const [heard, answered] = [epochNs(timeIn), epochNs(timeOut)]
    if (heard === null || answered === null) return
    const [sent, received] = [nanoseconds(this.#sent.at), nanoseconds(now)]
    const [roundTripNs, atServer] = [received - sent, answered - heard]
    // A clock was set meanwhile.
    if (atServer < 0n || atServer > roundTripNs) return
    const errorNs = (roundTripNs - atServer + 1n) >> 1n
    this.#samples.push({ aheadNs: (heard - sent + answered - received) >> 1n, errorNs, roundTripNs })
    this.#samples.splice(0, this.#samples.length - SAMPLES)
  }
}

export function earliest(instants: readonly (number | null)[]): number | null {
  const known = instants.filter((instant) => instant !== null)
  return known.length === 0 ? null : Math.min(...known)
}

function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms * 1e6))
}

const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/i

/** An RFC 3339 timestamp in nanoseconds since 1970, exactly; null if it is none. */
export function epochNs(text: string): bigint | null {
  const [, whole = '', digits = '', zone = ''] = STAMP.exec(text) ?? []
  const ms = Date.parse(`${whole.toUpperCase()}Z`)
  // A 30th of February would silently become a day of March.
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(whole.toUpperCase())) return null
  const offset = Date.parse(`1970-01-01T00:00:00${zone.toUpperCase()}`)
  return Number.isNaN(offset) ? null : BigInt(ms + offset) * 1_000_000n + BigInt(digits.padEnd(9, '0'))
}
