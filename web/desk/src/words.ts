/** What page and worker say to each other. */

import type { EventMark, HeatColumn, IntegrityModel, Print, Standing } from '@havklo/kit'

import type { Moment } from './cursor.js'

/** How much is made of a symbol: everything, or what fits on a card. */
export type Detail = 'full' | 'card'

export interface Setup {
  readonly url: string
  readonly symbols: readonly string[]
  readonly depth: number
  readonly detail: Detail
  /** How many bytes of messages are kept of all symbols together. */
  readonly ringBytes: number
}

/** How far back pulling and stacking look, in seconds. */
export type Window = 5 | 30 | 120

/** What the page asks of a worker. */
export type Order =
  | { readonly do: 'start'; readonly setup: Setup }
  | { readonly do: 'replay'; readonly url: string; readonly setup: Setup }
  | { readonly do: 'watch'; readonly symbol: string }
  | { readonly do: 'window'; readonly symbol: string; readonly window: Window }
  | { readonly do: 'seek'; readonly symbols: readonly string[]; readonly ms: number }
  | { readonly do: 'step'; readonly symbol: string; readonly frames: number }
  /** What the page no longer shows. */
  | { readonly do: 'buffers'; readonly buffers: readonly Buffered[] }
  | { readonly do: 'export'; readonly id: number; readonly symbol: string; readonly ms: number | null }
  | { readonly do: 'kill' | 'restart'; readonly symbol: string }
  | { readonly do: 'close' }

/** A buffer of one symbol's. */
export interface Buffered {
  readonly symbol: string
  readonly buffer: ArrayBuffer
}

/** How an engine is. */
export interface EngineReport {
  readonly symbol: string
  readonly standing: Standing
  /** Bytes of its memory. */
  readonly memory: number
  readonly messages: number
  readonly perSecond: number
  readonly verifyUs: number | null
}

/** Prices since the desk began, in units of the last decimal. */
export interface SessionPrices {
  readonly open: bigint
  readonly high: bigint
  readonly low: bigint
  readonly last: bigint
}

/** What has changed of a symbol. */
export interface Change {
  readonly symbol: string
  /** Everything before this is gone: the symbol begins anew. */
  readonly isFresh: boolean
  /** The proven book; null if no newer one is there. */
  readonly frame: ArrayBuffer | null
  readonly standing: Standing
  readonly reason: string
  /** When the last proven message came; null before the first. */
  readonly provenMs: number | null
  readonly tick: bigint
  readonly columns: readonly HeatColumn[]
  readonly prints: readonly Print[]
  readonly marks: readonly EventMark[]
  /** Null if they are as before. */
  readonly gaps: readonly { readonly before: number; readonly missing: number | null }[] | null
  /** Five integers a price; null if they are as before. */
  readonly facts: readonly bigint[] | null
  readonly integrity: IntegrityModel | null
  readonly session: SessionPrices | null
  /** Mid prices of the last minute, one a second, in whole units; null if as before. */
  readonly mids: readonly number[] | null
  /** What can be reached in time. */
  readonly from: number | null
  readonly to: number | null
}

/** What a worker tells the page. */
export type Tell =
  /** Of all symbols in one message: with many of them messages would cost more than what they say. */
  | { readonly tell: 'changes'; readonly changes: readonly Change[] }
  /** The symbols of a recording, and the time it covers. */
  | { readonly tell: 'loaded'; readonly symbols: readonly string[]; readonly from: number; readonly to: number }
  | { readonly tell: 'moments'; readonly moments: readonly (Moment & { readonly symbol: string })[] }
  | { readonly tell: 'stepped'; readonly ms: number }
  | { readonly tell: 'exported'; readonly id: number; readonly text: string }
  | { readonly tell: 'engines'; readonly engines: readonly EngineReport[] }
  | { readonly tell: 'failed'; readonly detail: string }
