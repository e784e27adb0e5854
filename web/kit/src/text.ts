/** The text of numbers, made from their digits: never from a float. */

import { plain } from '@havklo/kraken-wasm'

/** The sign that is as wide as a plus. */
export const MINUS = '\u2212'
/** A number of so many whole units is written in thousands or millions. */
const SHORT_FROM = 10_000n
const UNITS = ['', 'K', 'M', 'B', 'T', 'P', 'E'] as const
const KEPT = 4096

/** A number in its three tones: what all of them share, what tells them apart, and zeros that only fill. */
export interface Tones {
  readonly text: string
  readonly shared: string
  readonly live: string
  readonly zeros: string
  /** Characters before the decimal point, by which numbers are aligned. */
  readonly whole: number
}

/** Like `plain`, with the typographic minus. */
export function exact(value: bigint, decimals: number): string {
  return value < 0n ? `${MINUS}${plain(-value, decimals)}` : plain(value, decimals)
}

/** With a sign unless it is zero. */
export function signed(value: bigint, decimals: number): string {
  return value > 0n ? `+${plain(value, decimals)}` : exact(value, decimals)
}

/** Digits in threes, for places where a number stands alone. */
export function inThrees(text: string): string {
  const [whole = '', fraction] = text.split('.')
  const digits = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  return fraction === undefined ? digits : `${digits}.${fraction}`
}

/** Cuts decimals off, toward zero: what is shown was really there. */
export function cut(value: bigint, decimals: number, shown: number): string {
  if (shown >= decimals) return exact(value, decimals)
  return exact(value / 10n ** BigInt(decimals - shown), shown)
}

/** Exact below 10,000; from there on in K, M and so on with up to four digits, cut toward zero. */
export function short(value: bigint, decimals: number, shown = decimals): string {
  const size = value < 0n ? -value : value
  const whole = size / 10n ** BigInt(decimals)
  if (whole < SHORT_FROM) return cut(value, decimals, shown)
  const digits = `${whole}`.length
  const power = Math.min(UNITS.length - 1, Math.floor((digits - 1) / 3))
  const fraction = Math.max(0, 3 - (digits - 3 * power))
  return cut(value, decimals + 3 * power, fraction) + (UNITS[power] ?? '')
}

/** Without the zeros at its end: `0.2500` is `0.25`. */
export function lean(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

/** How many characters all texts of numbers between the two begin with, if they are equally long. */
export function sharedLength(low: string, high: string): number {
  if (low.length !== high.length) return 0
  let length = 0
  while (length < low.length && low[length] === high[length]) length += 1
  return length
}

/** Takes a text apart into its tones; `shared` characters at its beginning are the same in all that stand near it. */
export function tones(text: string, shared: number): Tones {
  const point = text.indexOf('.')
  let end = text.length
  if (point >= 0) while (end > shared && end > point && /[0.]/.test(text[end - 1] ?? '')) end -= 1
  return {
    text,
    shared: text.slice(0, shared),
    live: text.slice(shared, Math.max(shared, end)),
    zeros: text.slice(Math.max(shared, end)),
    whole: point < 0 ? text.replace(/\D+$/, '').length : point,
  }
}

/** Remembers the texts of numbers, so that a number that stays is written once. */
export class Texts<T, K = bigint> {
  readonly #known = new Map<K, T>()
  #form = ''

  constructor(readonly make: (value: K) => T) {}

  /** Forgets all if `form`, what else the texts depend on, has changed. */
  as(form: string): this {
    if (form !== this.#form || this.#known.size > KEPT) this.#known.clear()
    this.#form = form
    return this
  }

  of(value: K): T {
    let known = this.#known.get(value)
    if (known === undefined) {
      if (this.#known.size > KEPT) this.#known.clear()
      known = this.make(value)
      this.#known.set(value, known)
    }
    return known
  }
}

/** The time of day to the millisecond, UTC. */
export function clockText(ms: number): string {
  return new Date(ms).toISOString().slice(11, 23)
}

/** How long, in the coarsest unit that still says something. */
export function ageText(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`
  return `${Math.floor(ms / 3_600_000)} h ${Math.floor((ms % 3_600_000) / 60_000)} min`
}
