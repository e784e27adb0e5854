/** What a card says of a book: exact numbers, and the few of them that are only compared. */

import { inThrees, signed } from '@havklo/kit'
import type { BookModel } from '@havklo/kit'
import { plain } from '@havklo/kraken-wasm'

/** One symbol, as it is sorted and shown. */
export interface Figures {
  readonly symbol: string
  readonly standing: BookModel['standing']
  readonly ageMs: number
  readonly reason: string
  /** The middle, with one decimal more than prices have; empty without a book. */
  readonly price: string
  /** Hundredths of a basis point. */
  readonly spread: bigint | null
  /** From -100 (only asks near the middle) to 100. */
  readonly imbalance: bigint | null
  /** Since the first trade, in percent, as text with its sign. */
  readonly change: string | null
  /** Messages of its book. */
  readonly perSecond: number
  readonly messages: number
  readonly faults: number
  readonly resyncs: number
}

/** What is needed of a symbol's view. */
export interface Seen {
  readonly book: BookModel
  readonly session: { readonly changePct: string | null } | null
  readonly integrity: {
    readonly perSecond: number
    readonly messages: number
    readonly checksumFaults: number
    readonly resyncs: number
  }
}

export function figures({ book, session, integrity }: Seen): Figures {
  const { symbol, standing, ageMs, reason, frame } = book
  const [bid, ask] = [frame?.level('bid', 0), frame?.level('ask', 0)]
  const { perSecond, messages, checksumFaults, resyncs } = integrity
  const rest = { symbol, standing, ageMs, reason, perSecond, messages, faults: checksumFaults, resyncs }
  const change = session?.changePct ?? null
  if (!frame || !bid || !ask) return { ...rest, price: '', spread: null, imbalance: null, change }
  const twice = bid.price + ask.price
  let [bids, asks] = [0n, 0n]
  for (const { price, qty } of frame.levels('bid')) if (2n * price * 1000n >= twice * 999n) bids += qty
  for (const { price, qty } of frame.levels('ask')) if (2n * price * 1000n <= twice * 1001n) asks += qty
  return {
    ...rest,
    price: inThrees(plain(twice * 5n, frame.decimals.price + 1)),
    spread: twice === 0n ? null : ((ask.price - bid.price) * 2_000_000n) / twice,
    imbalance: bids + asks === 0n ? null : ((bids - asks) * 100n) / (bids + asks),
    change,
  }
}

export function spreadText({ spread }: Figures): string {
  return spread === null ? '\u2013' : `${plain(spread, 2)} bp`
}

export function imbalanceText({ imbalance }: Figures): string {
  return imbalance === null ? '\u2013' : `${signed(imbalance, 0)} %`
}

/** Whether what is shown may be relied on, and so has colours. */
export function isTrusted({ standing }: Figures): boolean {
  return standing === 'live' || standing === 'replay'
}

/** A change in percent as a number, only to be compared. */
export function moved({ change }: Figures): number {
  const value = Number((change ?? '').replace('\u2212', '-').replace('+', ''))
  return Number.isFinite(value) ? value : 0
}

/** How old something is, as short as a card wants it, and not finer than eyes follow. */
export function age(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  if (seconds < 1) return `0.${Math.floor(ms / 100)} s`
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`
}

/** Whether both would be written and sorted alike: then nothing needs to be done about the later one. */
export function isAlike(a: Figures, b: Figures): boolean {
  const { ageMs, perSecond, messages: _, ...rest } = a
  const others: Readonly<Record<string, unknown>> = { ...b }
  if (age(ageMs) !== age(b.ageMs) || Math.round(perSecond) !== Math.round(b.perSecond)) return false
  return Object.entries(rest).every(([key, value]) => others[key] === value)
}
