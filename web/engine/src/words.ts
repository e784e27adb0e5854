/** The words that the module speaks in numbers, in the order of their numbers, and how its records are read. */

import { lots, nanoseconds, ticks } from './numbers.js'
import type { Lots, Nanoseconds, Ticks } from './numbers.js'

/** The structural rules that watch a book beside its checksum. */
export const RULES = ['unknown_delete', 'unchanged_level', 'short_side', 'better_refill'] as const
export type Rule = (typeof RULES)[number]

/** Why a book was given up. */
export const REASONS = ['checksum', 'malformed', 'missing_checksum', ...RULES, 'crossed'] as const
export type Reason = (typeof REASONS)[number]

/** What a book can be relied on for; only a live one shows levels. */
export const STATES = ['awaiting', 'live', 'desynced', 'closed'] as const
export type State = (typeof STATES)[number]

export const SIDES = ['bid', 'ask'] as const
export type Side = (typeof SIDES)[number]

/** What Kraken says happened to an order. */
export const EVENTS = ['add', 'modify', 'delete'] as const
export type OrderEvent = (typeof EVENTS)[number]

/** Why it happened, as far as the message itself proves it. */
export const CAUSES = ['snapshot', 'new', 'edge', 'amend', 'fill', 'cancel', 'unknown'] as const
export type Cause = (typeof CAUSES)[number]

/** Kinds of amends whose effect on an order's place is found out from the checksum. */
export const AMENDS = ['qty_down', 'qty_up', 'price'] as const
export type Amend = (typeof AMENDS)[number]

/** What an amended order does with its place: keeps it, goes to the back, or too little was seen. */
export const VERDICTS = ['keep', 'back', 'undecided'] as const
export type Verdict = (typeof VERDICTS)[number]

/** What was wrong with a message. */
export interface Fault {
  readonly reason: Reason
  /** Kraken's sum, where the message had one. */
  readonly expected: number | null
  /** Ours, where the message could be applied. */
  readonly computed: number | null
}

/** A level that a message of the `book` channel set, or took away (a quantity of 0). */
export interface LevelChange {
  readonly kind: 'level'
  readonly side: Side
  readonly price: Ticks
  readonly qty: Lots
}

/** What a message of the `level3` channel did to an order. */
export interface OrderChange {
  readonly kind: 'order'
  readonly side: Side
  readonly event: OrderEvent
  readonly cause: Cause
  readonly orderId: string
  readonly price: Ticks
  /** After it; 0 for a delete. */
  readonly qty: Lots
  /** Before it; 0 for an add. */
  readonly before: Lots
  /** The order's insertion or last amend, as Kraken says. */
  readonly timestamp: Nanoseconds
  /** The first such time that was seen of it. */
  readonly entered: Nanoseconds
  /** The rank of its level when it happened: before it left or changed, after it came or moved. */
  readonly level: number
  readonly ordersAhead: number
  readonly qtyAhead: Lots
  /** Of two orders at one price the one ahead has the smaller number. */
  readonly sequence: bigint
}

/** An order that rests. */
export interface Order {
  readonly orderId: string
  readonly qty: Lots
  readonly timestamp: Nanoseconds
  readonly entered: Nanoseconds
  readonly sequence: bigint
}

/** Where an order stands. */
export interface Place {
  /** The rank of its level on its side; 0 is the best. */
  readonly level: number
  readonly ordersAhead: number
  readonly qtyAhead: Lots
  /** The quantity of its level, its own included. */
  readonly qtyLevel: Lots
  /** Whether the checksum covers its level, and so the sequence of the orders in it. */
  readonly proven: boolean
}

/** What was seen of one kind of amend. */
export interface Evidence {
  readonly keep: bigint
  readonly back: bigint
  readonly ambiguous: bigint
  readonly verdict: Verdict
}

/** The name that a number stands for; the module gives no others. */
export function named<T>(names: readonly T[], number: bigint | number): T {
  const name = names[Number(number)]
  if (name === undefined) throw new RangeError(`no name has the number ${number}`)
  return name
}

/** A fault's four numbers, or null where the first is 0. */
export function faultOf(reason: number, known: number, expected: number, computed: number): Fault | null {
  if (reason === 0) return null
  return {
    reason: named(REASONS, reason - 1),
    expected: (known & 1) !== 0 ? expected : null,
    computed: (known & 2) !== 0 ? computed : null,
  }
}

const decoder = new TextDecoder()

/** Reads 64-bit words one after the other. */
export class Reader {
  #at = 0

  constructor(readonly words: BigUint64Array) {}

  get more(): boolean {
    return this.#at < this.words.length
  }

  word(): bigint {
    const word = this.words[this.#at]
    if (word === undefined) throw new RangeError('the record ends too early')
    this.#at += 1
    return word
  }

  /** A number of two words. */
  wide(): bigint {
    const low = this.word()
    return low + (this.word() << 64n)
  }

  time(): Nanoseconds {
    return nanoseconds(BigInt.asIntN(64, this.word()))
  }

  id(): string {
    const bytes = new Uint8Array(this.words.buffer, this.words.byteOffset + 8 * this.#at, 32)
    this.#at += 4
    // A view of shared or growing memory is no text source everywhere; a copy is.
    return decoder.decode(bytes.slice(0, bytes[31]))
  }
}

export function readLevelChanges(words: BigUint64Array): LevelChange[] {
  const reader = new Reader(words)
  const changes: LevelChange[] = []
  while (reader.more) {
    const side = named(SIDES, reader.word())
    changes.push({ kind: 'level', side, price: ticks(reader.wide()), qty: lots(reader.wide()) })
  }
  return changes
}

export function readOrderChanges(words: BigUint64Array): OrderChange[] {
  const reader = new Reader(words)
  const changes: OrderChange[] = []
  while (reader.more) {
    const what = Number(reader.word())
    const [level, ordersAhead, qtyAhead] = [Number(reader.word()), Number(reader.word()), lots(reader.wide())]
    changes.push({
      kind: 'order',
      side: named(SIDES, what & 1),
      event: named(EVENTS, (what >> 1) & 3),
      cause: named(CAUSES, what >> 3),
      orderId: reader.id(),
      price: ticks(reader.wide()),
      qty: lots(reader.wide()),
      before: lots(reader.wide()),
      timestamp: reader.time(),
      entered: reader.time(),
      sequence: reader.word(),
      level,
      ordersAhead,
      qtyAhead,
    })
  }
  return changes
}

export function readIds(words: BigUint64Array): string[] {
  const reader = new Reader(words)
  const ids: string[] = []
  while (reader.more) ids.push(reader.id())
  return ids
}

export function readOrders(words: BigUint64Array): Order[] {
  const reader = new Reader(words)
  const orders: Order[] = []
  while (reader.more) {
    orders.push({
      orderId: reader.id(),
      qty: lots(reader.wide()),
      timestamp: reader.time(),
      entered: reader.time(),
      sequence: reader.word(),
    })
  }
  return orders
}

export function readPlace(words: BigUint64Array): Place {
  const reader = new Reader(words)
  return {
    level: Number(reader.word()),
    ordersAhead: Number(reader.word()),
    proven: reader.word() === 1n,
    qtyAhead: lots(reader.wide()),
    qtyLevel: lots(reader.wide()),
  }
}

export function readOracle(words: BigUint64Array): Readonly<Record<Amend, Evidence>> {
  const reader = new Reader(words)
  const evidence = (): Evidence => ({
    keep: reader.word(),
    back: reader.word(),
    ambiguous: reader.word(),
    verdict: named(VERDICTS, reader.word()),
  })
  return { qty_down: evidence(), qty_up: evidence(), price: evidence() }
}
