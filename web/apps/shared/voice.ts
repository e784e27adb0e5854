/** What is told to people who do not look, politely: at most once in a while, and never the same twice. */

const EVERY = 5000

/** Speaks through one live region. */
export class Voice {
  #at = -Infinity
  #said = ''

  constructor(
    readonly region: HTMLElement,
    readonly every = EVERY,
  ) {}

  /** Says it if the last word was long enough ago. The words are only made when they are wanted. */
  say(now: number, words: () => string): void {
    if (now - this.#at < this.every) return
    this.#at = now
    this.#tell(words())
  }

  /** Says it at once: something has changed that matters. */
  now(now: number, words: string): void {
    this.#at = now
    this.#tell(words)
  }

  #tell(words: string): void {
    if (words === this.#said) return
    this.#said = words
    this.region.textContent = words
  }
}
