/** Counts and times of one symbol's messages. */

const KEPT = 512
const SECOND = 1000

/** How long messages take, and how many come. */
export class Gauge {
  readonly #took = new Float64Array(KEPT)
  readonly #sorted = new Float64Array(KEPT)
  #count = 0
  #sum = 0
  #last = 0
  /** Messages of this second so far, and of the one before. */
  #second = 0
  #now = 0
  #before = 0
  messages = 0

  /** Notes a message that came at `ms` and took so many microseconds. */
  note(ms: number, micros: number): void {
    this.#turn(ms)
    this.#now += 1
    this.messages += 1
    const place = this.#count % KEPT
    this.#sum += micros - (this.#took[place] ?? 0)
    this.#took[place] = micros
    this.#count += 1
    this.#last = micros
  }

  /** Messages of the last whole second. */
  perSecond(ms: number): number {
    this.#turn(ms)
    return this.#before
  }

  /** Microseconds a message, of the last few hundred; null before the first. */
  get micros(): { readonly last: number; readonly average: number; readonly p95: number } | null {
    const count = Math.min(this.#count, KEPT)
    if (count === 0) return null
    const sorted = this.#sorted.subarray(0, count)
    sorted.set(this.#took.subarray(0, count))
    sorted.sort()
    return { last: this.#last, average: this.#sum / count, p95: sorted[Math.floor(0.95 * (count - 1))] ?? 0 }
  }

  #turn(ms: number): void {
    const second = Math.floor(ms / SECOND)
    if (second === this.#second) return
    this.#before = second === this.#second + 1 ? this.#now : 0
    this.#now = 0
    this.#second = second
  }
}
