/** A session's patience, in one place: milliseconds and counts. */

export interface Timings {
  /** How long a new subscription may take to become live. */
  readonly subscribeTimeout: number
  /** How long one attempt waits for its snapshot before the next. */
  readonly snapshot: number
  /** How long a subscribe is held back for the ack of the unsubscribe before it. */
  readonly unsubscribeAck: number
  /** Silence after which books are suspended and a ping goes out. */
  readonly stallAfter: number
  /** Silence after which the connection is given up. */
  readonly deadAfter: number
  /** The shortest time between two resyncs of one book. */
  readonly resyncFloor: number
  /** How long a connection must have held for the next reconnect to be immediate again. */
  readonly stableAfter: number
  /** The longest wait after a connection that had not held, but had made a topic live. */
  readonly servedWait: number
  /** How often a live book is proven by a fresh snapshot, or null. */
  readonly reproveEvery: number | null
  /** After how many snapshots that fail a new subscription is given up. */
  readonly badSnapshots: number
  /** How many updates after its snapshot end a topic's convalescence. */
  readonly settleUpdates: number
  /** How long it lasts at most. */
  readonly settleWithin: number
  /** How often the session looks whether a subscription is unusually silent. */
  readonly quietEvery: number
  /** Shorter silences are never unusual. */
  readonly quietFloor: number
  /** Longer silences are always unusual, until a fresh snapshot has shown that they are not. */
  readonly quietCap: number
  /** After how many of its usual pauses a subscription is unusually silent. */
  readonly quietGaps: number
  /** How soon after the connection's beginning the first ping goes out. */
  readonly pingFirst: number
  /** How often a ping goes out. */
  readonly pingEvery: number
  /** How long a pong may take before the connection is given up. */
  readonly pongWithin: number
  /** How long after their ack trades and candles wait for their snapshot. */
  readonly tradesSnapshot: number
  /** How long trades may be held back for the sake of missing ones. */
  readonly tradesWithin: number
  /** The shortest wait before a reconnect while Kraken is in maintenance, or has said that it restarts. */
  readonly slowDown: number
  /** How many subscribes and unsubscribes go out in a second, beyond a burst. */
  readonly requestsPerSecond: number
  /** How many may go out at once. */
  readonly requestsBurst: number
  /** How many symbols one of them has at most. */
  readonly symbolsPerRequest: number
}

export const TIMINGS: Timings = {
  subscribeTimeout: 10_000,
  snapshot: 5_000,
  unsubscribeAck: 2_000,
  stallAfter: 3_000,
  deadAfter: 10_000,
  resyncFloor: 500,
  stableAfter: 10_000,
  servedWait: 5_000,
  reproveEvery: null,
  badSnapshots: 5,
  settleUpdates: 5,
  settleWithin: 10_000,
  quietEvery: 5_000,
  quietFloor: 15_000,
  quietCap: 120_000,
  quietGaps: 30,
  pingFirst: 1_000,
  pingEvery: 15_000,
  pongWithin: 10_000,
  tradesSnapshot: 2_000,
  tradesWithin: 10_000,
  slowDown: 5_000,
  requestsPerSecond: 10,
  requestsBurst: 20,
  symbolsPerRequest: 200,
}
