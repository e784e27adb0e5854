/** What a client may be told. */

import type { LoadError, Result, Source, Wasm } from '@havklo/kraken-wasm'

import type { Action, Admitter, Session, Timings } from './protocol/index.js'
import type { SocketClass } from './socket.js'

export interface ClientOptions {
  /** Kraken's public endpoint unless told otherwise; `ws://127.0.0.1:8900/v2` is a simulator's. */
  readonly url?: string
  /** The platform's own unless told otherwise. Node has one from version 22 on. */
  readonly WebSocket?: SocketClass
  /** Where the engine comes from, with `level3` the one that knows it; fetched when the first book is listened to. */
  readonly wasm?: Source
  /** What differs from the usual patience. */
  readonly timings?: Partial<Timings>
  /** What `access()` of `@havklo/client/level3` gives, for books of single orders. */
  readonly level3?: Level3
  /** Gives numbers in [0, 1), for the jitter of retries. */
  readonly random?: () => number
}

/** What a client needs for level 3; it comes from `@havklo/client/level3`, so that only those carry it who use it. */
export interface Level3 {
  readonly load: (source?: Source) => Promise<Result<Wasm, LoadError>>
  readonly begin: (random: () => number) => Tokens
}

/** What one client's session needs for it: its admission, and answers to `need_token`. */
export interface Tokens {
  readonly admission: Admitter
  readonly answer: (refused: string | null) => Promise<Answer>
}

/** What an answer leads to, when it has come. */
export type Answer = (session: Session, now: number) => Action[]
