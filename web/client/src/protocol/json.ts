/** JSON with every number as the text it was sent as, and what its fields may be. */

import type { Exact } from './events.js'

const NUMBER = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?`
const TOKENS = new RegExp(String.raw`"(?:[^"\\]|\\.)*"|${NUMBER}`, 'g')
const EXACT = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/
const ONLY_NUMBER = new RegExp(`^${NUMBER}$`)
const FURTHEST = 60 // decimals; no price is that small

/** Reads JSON with every number as the text it was sent as: a double would lose digits. Throws a SyntaxError. */
export function parse(text: string): unknown {
  return JSON.parse(text.replace(TOKENS, (token) => (token.startsWith('"') ? token : `"${token}"`)))
}

/** A number's text without an exponent, or null if it is no number: `1.50` as it is, `1e-05` as `0.00001`. */
export function exact(text: string): Exact | null {
  const [found, sign = '', whole = '', fraction = '', exponent] = EXACT.exec(text) ?? []
  if (found === undefined || !ONLY_NUMBER.test(text)) return null
  if (exponent === undefined) return text
  const shift = Number(exponent)
  if (Math.abs(shift) > FURTHEST) return null
  const zeros = '0'.repeat(Math.max(0, -shift))
  const digits = `${zeros}${whole}${fraction}`.padEnd(whole.length + shift, '0')
  const point = zeros.length + whole.length + shift
  const decimals = digits.slice(point)
  return `${sign}${digits.slice(0, point).replace(/^0+(?=\d)/, '')}${decimals === '' ? '' : `.${decimals}`}`
}

export type Fields = Readonly<Record<string, unknown>>
/** Reads a field; undefined if it is not what it should be. */
export type Reader<T> = (value: unknown) => T | undefined

export const text: Reader<string> = (value) => (typeof value === 'string' ? value : undefined)
export const decimal: Reader<Exact> = (value) => (typeof value === 'string' ? (exact(value) ?? undefined) : undefined)
export const whole: Reader<number> = (value) => {
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : NaN
  return Number.isSafeInteger(number) ? number : undefined
}

/** A field that may be absent. */
export function or<T>(read: Reader<T>): Reader<T | null> {
  return (value) => (value === undefined || value === null ? null : read(value))
}

/** The fields of an object; none of anything else. */
export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}
