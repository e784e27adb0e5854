/** Lets something through now and then, and loses nothing: what was held back comes when its time has. */
export class Sluice {
  #at = -Infinity
  #isWaiting = false

  /** At most once in so many milliseconds. */
  constructor(readonly ms: number) {}

  /** Something is to be let through. */
  want(): void {
    this.#isWaiting = true
  }

  /** Whether it is let through now; at once if that is asked for. */
  passes(now: number, atOnce: boolean): boolean {
    if (!this.#isWaiting || (!atOnce && now - this.#at < this.ms)) return false
    this.#at = now
    this.#isWaiting = false
    return true
  }
}
