/** What is drawn: the models that widgets are given, made of exact integers and of times that somebody else tells. */

import type { Frame, Lots, Side, Ticks } from '@havklo/kraken-wasm'

/** What can be relied on. Only `live` and `replay` are drawn in colour. */
export type Standing = 'connecting' | 'live' | 'stale' | 'resync' | 'replay' | 'closed'

/** A book, as proven last. */
export interface BookModel {
  readonly symbol: string
  readonly standing: Standing
  /** Why it is not live; empty if it is. */
  readonly reason: string
  /** The last proven frame; null before the first. */
  readonly frame: Frame | null
  /** Milliseconds since its last proven message. */
  readonly ageMs: number
  /** The pair's price increment, in units of the last decimal of its prices. */
  readonly tick: bigint
}

/** What has happened at one price within a window of time. */
export interface PriceFact {
  readonly bought: Lots
  readonly sold: Lots
  /** Quantity added (positive: stacked) or cancelled (negative: pulled) at this price without trades. */
  readonly bid: bigint
  readonly ask: bigint
}

/** What has happened at each price. */
export interface PriceFacts {
  /** Seconds that pulling and stacking look back. */
  readonly window: 5 | 30 | 120
  at(price: Ticks): PriceFact | null
  /** The largest `bought + sold` at any one price, the full width of the profile; 0n without trades. */
  readonly most: bigint
  /** The prices at which there is a fact, in any order: with it, ladders in coarse groups have their facts, too. */
  prices?(): Iterable<Ticks>
}

/** An own order in a ladder. */
export interface OwnOrder {
  readonly id: string
  readonly side: Side
  readonly price: Ticks
  readonly qty: Lots
  /** Its place among the orders of its level, 1 for the first; null where it is not known. */
  readonly place: number | null
  readonly of: number | null
  /** Quantity before it. */
  readonly ahead: Lots | null
  readonly exactness: 'exact' | 'bounded' | 'unknown'
}

export interface LadderModel {
  readonly book: BookModel
  readonly facts: PriceFacts | null
  readonly own: readonly OwnOrder[]
  /** How many price increments make a row, at least 1n. */
  readonly group: bigint
  /** The price in the middle; null: follow the market. */
  readonly centre: Ticks | null
  /** The price under the pointer, here or in another widget. */
  readonly hover: Ticks | null
  /** From which quantity on a row is bold; null or none: the 97th percentile of those in view. */
  readonly large?: Lots | null
}

/** One trade. */
export interface Print {
  readonly id: number
  /** Exchange time. */
  readonly time: number
  readonly side: 'buy' | 'sell'
  readonly price: Ticks
  readonly qty: Lots
  readonly type: 'market' | 'limit'
}

export interface TapeModel {
  readonly symbol: string
  readonly standing: Standing
  readonly decimals: { readonly price: number; readonly qty: number }
  /** Oldest first; the array is replaced, never changed. */
  readonly prints: readonly Print[]
  /** Trades that are known to be missing before the print with this id. */
  readonly gaps: readonly { readonly before: number; readonly missing: number | null }[]
  /** Prints of one side within so many milliseconds become one row; 0 merges none. */
  readonly merge: number
  /** Smallest quantity that is shown, and the one from which a print is emphasised; null: the 97th percentile of those here. */
  readonly least: Lots
  readonly large: Lots | null
  readonly hover: Ticks | null
}

/** The book's sizes during one bucket of time. */
export interface HeatColumn {
  readonly time: number
  /** The lowest price of `sizes`, and ticks a row. */
  readonly low: Ticks
  readonly step: bigint
  /** Resting size a row, from `low` upward, in whole units (for colour only). */
  readonly sizes: Float32Array
  readonly bid: Ticks
  readonly ask: Ticks
  /** Whether the book was proven throughout; a column that is not is drawn hatched. */
  readonly proven: boolean
}

export interface HeatModel {
  readonly book: BookModel
  /** Oldest first, equally wide. The array only grows at its end and shrinks at its beginning. */
  readonly columns: readonly HeatColumn[]
  readonly bucketMs: number
  readonly prints: readonly Print[]
  /** The smallest quantity that makes a bubble; null: chosen from what is visible. */
  readonly bubble: Lots | null
  /** The two handles of the legend, percentiles of what is visible. */
  readonly scale: readonly [low: number, high: number]
  readonly show: { readonly heat: boolean; readonly bubbles: boolean; readonly profile: boolean }
  readonly hover: Ticks | null
  /** The end of the picture in time: now, or where playback stands. */
  readonly now: number
}

/** Something to jump to. */
export interface EventMark {
  readonly time: number
  readonly kind: 'desync' | 'resync' | 'disconnect' | 'reconnect' | 'large_trade' | 'wall_pulled' | 'spread' | 'gap'
  readonly severity: 1 | 2 | 3
  readonly label: string
}

export interface TimelineModel {
  readonly mode: 'live' | 'paused' | 'replay'
  /** What can be reached, and where playback stands. */
  readonly from: number
  readonly to: number
  readonly at: number
  readonly speed: number
  readonly events: readonly EventMark[]
}

/** One row of what a checksum is made of. */
export interface ProofLevel {
  readonly side: Side
  readonly price: string
  readonly qty: string
}

/** A checksum that did not match, and what it was computed from. */
export interface ProofFault {
  readonly time: number
  readonly reason: string
  readonly expected: number | null
  readonly computed: number | null
  readonly levels: readonly ProofLevel[]
  /** How long until the book was proven again; null while it is not. */
  readonly healedMs: number | null
}

export interface IntegrityModel {
  readonly symbol: string
  readonly standing: Standing
  readonly messages: number
  readonly verified: number
  readonly desyncs: number
  readonly checksumFaults: number
  readonly resyncs: number
  readonly gaps: number
  readonly reconnects: number
  /** The sum of the last proven message, and the levels that it covers, best first, asks before bids as in the sum. */
  readonly checksum: number | null
  readonly levels: readonly ProofLevel[]
  /** Microseconds to take a message in and prove it. */
  readonly verifyUs: { readonly last: number; readonly average: number; readonly p95: number } | null
  readonly rttMs: number | null
  readonly perSecond: number
  /** Newest first. */
  readonly faults: readonly ProofFault[]
}

/** The strip at the top: which market, and how it is. */
export interface HeaderModel {
  readonly book: BookModel
  readonly symbols: readonly string[]
  /** How many price increments make a row of the ladder. */
  readonly group: bigint
  readonly mode: TimelineModel['mode']
  /** Since the session began, with its sign, such as `+1.42`; null if not known. */
  readonly changePct: string | null
  readonly lastSide: Print['side'] | null
}

/** The strip at the bottom: how the picture came about. */
export interface FooterModel {
  readonly integrity: IntegrityModel
  readonly ageMs: number
  readonly fps: number
  readonly drawMs: number
}

/** The ladder as a table. */
export interface MirrorModel {
  readonly book: BookModel
  readonly group: bigint
}

/** Something that the palette offers. */
export interface Command {
  readonly id: string
  readonly label: string
  readonly group: string
  /** Its keys as people read them. */
  readonly keys: readonly string[]
}

export interface PaletteModel {
  readonly mode: 'closed' | 'all' | 'pairs' | 'help'
  readonly commands: readonly Command[]
  readonly symbols: readonly string[]
}

export interface SparklineModel {
  readonly standing: Standing
  /** Oldest first, in whole units (for drawing only); NaN is a hole. */
  readonly values: Float64Array
  /** How many of them there are, from the beginning. */
  readonly count: number
}

export interface MiniDepthModel {
  readonly book: BookModel
  /** Levels a side. */
  readonly levels: number
}

/** What is under a pointer. */
export interface Hit {
  readonly price: Ticks | null
  readonly side: Side | null
  /** For prints, marks and orders: which. */
  readonly id: string | null
  readonly time: number | null
}
