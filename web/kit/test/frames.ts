/** Frames and models made by hand. */

import { Frame, LAYOUT, lots, ticks } from '@havklo/kraken-wasm'

import type { BookModel, HeatModel, LadderModel, Print, TapeModel } from '../src/model.js'

export type Pair = readonly [price: bigint, qty: bigint]

const HEADER = 27
const STATE = { live: 1n, desynced: 2n } as const

interface Making {
  readonly bids: readonly Pair[]
  readonly asks: readonly Pair[]
  readonly price?: number
  readonly qty?: number
  readonly state?: keyof typeof STATE
  readonly crossed?: boolean
}

/** A frame as the engine writes it; best levels first. */
export function frame({ bids, asks, price = 1, qty = 3, state = 'live', crossed = false }: Making): Frame {
  const words = new BigUint64Array(HEADER + 2 * (bids.length + asks.length))
  words.set([BigInt(LAYOUT), STATE[state], crossed ? 1n : 0n, BigInt(price), BigInt(qty)])
  words.set([BigInt(bids.length), BigInt(asks.length), 12_345n, 1n, 1n], 5)
  const column = (pairs: readonly Pair[], at: 0 | 1) => pairs.map((pair) => pair[at])
  words.set([...column(bids, 0), ...column(bids, 1), ...column(asks, 0), ...column(asks, 1)], HEADER)
  return new Frame(words.buffer)
}

export function book(given: Partial<BookModel> & { readonly frame: Frame | null }): BookModel {
  return { symbol: 'BTC/USD', standing: 'live', reason: '', ageMs: 0, tick: 1n, ...given }
}

export function ladder(given: Partial<LadderModel> & { readonly book: BookModel }): LadderModel {
  return { facts: null, own: [], group: 1n, centre: null, hover: null, ...given }
}

export function print(id: number, time: number, side: Print['side'], price: bigint, qty: bigint): Print {
  return { id, time, side, price: ticks(price), qty: lots(qty), type: 'market' }
}

export function tape(given: Partial<TapeModel>): TapeModel {
  return {
    symbol: 'BTC/USD',
    standing: 'live',
    decimals: { price: 1, qty: 3 },
    prints: [],
    gaps: [],
    merge: 0,
    least: lots(0n),
    large: null,
    hover: null,
    ...given,
  }
}

export function heat(given: Partial<HeatModel> & { readonly book: BookModel }): HeatModel {
  return {
    columns: [],
    bucketMs: 250,
    prints: [],
    bubble: null,
    scale: [50, 99.5],
    show: { heat: true, bubbles: true, profile: true },
    hover: null,
    now: 0,
    ...given,
  }
}
