/** The shared vectors, and what their steps are. */

import { readFileSync, readdirSync } from 'node:fs'

import type { Rule, State } from '@havklo/kraken-wasm'

const VECTORS = new URL('../../../vectors/', import.meta.url)

export type Pair = readonly [price: string, qty: string]

export interface Desync {
  readonly symbols: readonly string[]
  readonly reason: string
  readonly expected: number | null
  readonly computed: number | null
}

/** What a frame must come to; of an update, each kind of book tells its own parts. */
export type Expected = 'none' | 'malformed' | { readonly desync: Desync } | { readonly update: object }

export interface Read {
  readonly symbol: string
  readonly state: State
  readonly bids: readonly Pair[] | null
  readonly asks: readonly Pair[] | null
  readonly places?: Readonly<Record<string, readonly [number, number, string, string, string]>> | null
}

export interface Tracked {
  readonly symbol: string
  readonly depth: number
  readonly precision?: readonly [number, number]
}

export type Step =
  | { readonly frame: string; readonly expect: Expected }
  | { readonly read: Read }
  | { readonly suspend: string | null; readonly reason: string }
  | { readonly untrack: string }
  | { readonly track: Tracked }
  | { readonly priority: Readonly<Record<'symbol' | 'qty_down' | 'qty_up' | 'price', string>> }

export interface Story {
  readonly name: string
  readonly track: readonly Tracked[]
  readonly rules?: readonly Rule[]
  readonly steps: readonly Step[]
}

/** A file of vectors. The pairs of times in it, which a double can't hold, become texts. */
export function vectors<T>(name: string): T[] {
  const text = readFileSync(new URL(name, VECTORS), 'utf8')
  return JSON.parse(text.replaceAll(/, (\d{17,}), (\d{17,}), /g, ', "$1", "$2", ')) as T[]
}

export function stories(folder: string): [file: string, story: Story][] {
  const files = readdirSync(new URL(folder, VECTORS)).filter((name) => name.endsWith('.json'))
  return files.flatMap((file) => vectors<Story>(`${folder}/${file}`).map((story): [string, Story] => [file, story]))
}
