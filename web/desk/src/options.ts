/** What a desk is made with. */

import type { Detail, Order, Tell } from './words.js'

/** What is needed of a worker. */
export interface Helper {
  postMessage(order: Order, transfer: ArrayBuffer[]): void
  addEventListener(type: 'message', listener: (event: { readonly data: Tell }) => void): void
  terminate(): void
}

export interface DeskOptions {
  /** Kraken's WebSocket, or another that speaks its v2; not used with a recording. */
  readonly url?: string
  readonly symbols?: readonly string[]
  /** Levels a side: 10, 25, 100, 500 or 1000. */
  readonly depth?: number
  /** Makes a worker that has imported `@havklo/desk/worker`. */
  readonly worker: () => Helper | Worker
  /** Over how many workers the symbols are spread; 1 unless told otherwise. */
  readonly workers?: number
  readonly detail?: Detail
  /** How many bytes of messages are kept, of all symbols together. */
  readonly ringBytes?: number
  /** A recording instead of a market. */
  readonly replay?: URL
  /** Where to stand in it, in milliseconds since 1970; without it plays from its beginning. */
  readonly t?: number
  readonly speed?: number
  /** Nothing here is left to chance, so that it changes nothing; it is part of a picture's name. */
  readonly seed?: number
  /** Where the simulator behind the gateway takes requests for faults. */
  readonly faults?: string
  /** The page's clock, and its frames. */
  readonly now?: () => number
  readonly frame?: (work: () => void) => void
}
