/** How much may be sent or tried in a time. */

/**
 * At most `limit` events in any `span`. The defaults are for attempts to connect: Kraken bans an address for ten
 * minutes after about 150 of them in ten minutes, and others may share the address.
 */
export class Window {
  readonly #limit: number
  readonly #span: number
  #events: number[] = []

  constructor(limit = 120, span = 600_000) {
    this.#limit = limit
    this.#span = span
  }

  /** `now` if one more fits, else when it will. */
  allows(now: number): number {
    this.#forget(now)
    const blocking = this.#events[this.#events.length - this.#limit]
    return blocking === undefined ? now : blocking + this.#span
  }

  /** Notes one; it counts even if it does not fit. */
  count(now: number): void {
    this.#forget(now)
    this.#events.push(now)
  }

  #forget(now: number): void {
    this.#events = this.#events.filter((at) => at > now - this.#span)
  }
}

/** A token bucket, full at first: bursts of `burst`, and `rate` a second in the long run. */
export class Bucket {
  readonly #token: number
  readonly #slack: number
  #fullAt = -Infinity

  constructor(rate: number, burst: number) {
    this.#token = 1000 / rate
    this.#slack = (burst - 1) * this.#token
  }

  /** `now` if a token is there, else when one will be. */
  allows(now: number): number {
    return Math.max(now, this.#fullAt - this.#slack)
  }

  /** Takes a token; one that is not there is owed. */
  take(now: number): void {
    this.#fullAt = Math.max(now, this.#fullAt) + this.#token
  }
}
