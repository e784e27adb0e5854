/** The page's one loop: draws when the browser is about to show something, and measures itself doing it. */

const KEPT = 600

/** How the page keeps up. */
export interface Pace {
  readonly fps: number
  /** Milliseconds of drawing, the median and the 99th percentile of the last seconds. */
  readonly drawMs: number
  readonly drawP99Ms: number
  /** The same for the time from one frame to the next. */
  readonly frameP99Ms: number
}

/** Calls `draw` once a frame while the page can be seen. */
export class Loop {
  readonly #draws = new Float64Array(KEPT)
  readonly #frames = new Float64Array(KEPT)
  readonly #sorted = new Float64Array(KEPT)
  #count = 0
  #last = NaN
  #request = 0

  constructor(readonly draw: (now: number) => void) {}

  start(): void {
    if (this.#request === 0) this.#request = requestAnimationFrame(this.#frame)
  }

  stop(): void {
    cancelAnimationFrame(this.#request)
    this.#request = 0
    this.#last = NaN
  }

  /** Measured over the last ten seconds at 60 frames a second. */
  pace(): Pace {
    const count = Math.min(this.#count, KEPT)
    if (count === 0) return { fps: 0, drawMs: 0, drawP99Ms: 0, frameP99Ms: 0 }
    // The last second alone, so that it is seen when the page falls behind.
    let [span, frames] = [0, 0]
    for (let back = 1; back <= count && span < 1000; back += 1, frames += 1)
      span += this.#frames[(this.#count - back) % KEPT] ?? 0
    return {
      fps: span === 0 ? 0 : (1000 * frames) / span,
      drawMs: this.#percentile(this.#draws, count, 0.5),
      drawP99Ms: this.#percentile(this.#draws, count, 0.99),
      frameP99Ms: this.#percentile(this.#frames, count, 0.99),
    }
  }

  readonly #frame = (now: number): void => {
    this.#request = requestAnimationFrame(this.#frame)
    const began = performance.now()
    this.draw(now)
    const place = this.#count % KEPT
    // A hidden page has no frames, and that is no slow one.
    const gap = now - this.#last
    if (gap < 1000) {
      this.#frames[place] = gap
      this.#draws[place] = performance.now() - began
      this.#count += 1
    }
    this.#last = now
  }

  #percentile(of: Float64Array, count: number, part: number): number {
    const some = this.#sorted.subarray(0, count)
    some.set(of.subarray(0, count))
    some.sort()
    return some[Math.min(count - 1, Math.floor(part * count))] ?? 0
  }
}
