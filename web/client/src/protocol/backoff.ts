/** Spacing of retries: the first at once, then twice as long each time, with jitter. */

const BASE = 500
const CAP = 30_000

/** Delays of 0, then 0.5·2ⁿ s up to 30 s, each shortened at random by at most a quarter: the cap is a promise. */
export class Backoff {
  readonly #random: () => number
  attempts = 0

  constructor(random: () => number) {
    this.#random = random
  }

  next(): number {
    this.attempts += 1
    if (this.attempts === 1) return 0
    return Math.min(CAP, BASE * 2 ** (this.attempts - 2)) * (1 - this.#random() / 4)
  }

  /** Forgets all but so many attempts. */
  ease(attempts: number): void {
    this.attempts = Math.min(this.attempts, attempts)
  }

  reset(): void {
    this.attempts = 0
  }
}
