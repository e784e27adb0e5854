/** Prices and quantities: exact integers of a book's decimals, and never to be mixed up. */

declare const unit: unique symbol

/** A price, in units of its book's last price decimal. */
export type Ticks = bigint & { readonly [unit]: 'ticks' }

/** A quantity, in units of its book's last quantity decimal. */
export type Lots = bigint & { readonly [unit]: 'lots' }

/** Nanoseconds since 1970. */
export type Nanoseconds = bigint & { readonly [unit]: 'ns' }

/** The decimals of a book's prices and quantities. */
export interface Decimals {
  readonly price: number
  readonly qty: number
}

/** Calls an integer a price. */
export function ticks(value: bigint): Ticks {
  return value as Ticks
}

/** Calls an integer a quantity. */
export function lots(value: bigint): Lots {
  return value as Lots
}

export function nanoseconds(value: bigint): Nanoseconds {
  return value as Nanoseconds
}

/** The exact text of an integer with so many decimals, trailing zeros and all: `plain(452835n, 1)` is `45283.5`. */
export function plain(value: bigint, decimals: number): string {
  if (decimals === 0) return `${value}`
  const sign = value < 0n ? '-' : ''
  const digits = `${value < 0n ? -value : value}`.padStart(decimals + 1, '0')
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

/** The nearest double, for drawing. Nothing that is computed with it may find its way back into a price or an order. */
export function approximate(value: bigint, decimals: number): number {
  return Number(plain(value, decimals))
}
