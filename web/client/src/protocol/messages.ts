/** What Kraken's spot API v2 says beside the books, and the facts that an engine adds. */

import type { Row } from './events.js'
import { fields, parse, text, whole } from './json.js'
import type { Fields } from './json.js'
import { Unreadable } from './rows.js'
import type { Readers } from './rows.js'
import type { ChannelName } from './topic.js'

export type Message =
  /** Kraken accepted a subscribe or unsubscribe: one ack per symbol, all with the request's id. */
  | {
      readonly kind: 'ack'
      readonly method: 'subscribe' | 'unsubscribe'
      readonly channel: string
      readonly symbol: string
      readonly reqId: number | null
      /** When the server sent it. */
      readonly timeOut: string | null
    }
  | Refusal
  | {
      readonly kind: 'pong'
      readonly reqId: number | null
      readonly timeIn: string | null
      readonly timeOut: string | null
    }
  | { readonly kind: 'heartbeat'; readonly recvMs: number }
  | {
      readonly kind: 'status'
      readonly system: string
      readonly connectionId: number | string | null
      readonly version: string
      readonly apiVersion: string
      readonly upcomingMaintenance: readonly unknown[]
      readonly emergency: readonly unknown[]
    }
  | Rows
  /** A message of a channel or a shape that this version does not know. */
  | { readonly kind: 'unknown' }
  /** A message of a known channel whose data can't be read: its rows are lost, whosever they were. */
  | { readonly kind: 'unreadable'; readonly channel: string; readonly detail: string }
  /** A frame that nobody could read, and that may have belonged to any book of the connection. */
  | { readonly kind: 'malformed'; readonly detail: string }
  | Proven
  | Lost
  | Activity

/** Kraken refused a request. Which keys are there differs from error to error. */
export interface Refusal {
  readonly kind: 'refusal'
  readonly error: string
  readonly method: string | null
  readonly channel: string | null
  readonly symbol: string | null
  readonly reqId: number | null
}

/** What a channel without checksums says, in Kraken's order. */
export interface Rows {
  readonly kind: 'rows'
  readonly channel: string
  readonly snapshot: boolean
  readonly rows: readonly Row[]
}

/** The engine has verified a book message. */
export interface Proven {
  readonly kind: 'proven'
  readonly channel: ChannelName
  readonly symbol: string
  readonly snapshot: boolean
  readonly crossed: boolean
}

/** The engine has found books desynchronised; `resync`: whether the session may ask for fresh snapshots by itself. */
export interface Lost {
  readonly kind: 'lost'
  readonly channel: ChannelName
  readonly symbols: readonly string[]
  readonly reason: string
  readonly resync: boolean
}

/** How lively books are, in answer to a `check`: the messages each has had, and the age of its latest one. */
export interface Activity {
  readonly kind: 'activity'
  readonly channel: ChannelName
  readonly books: ReadonlyMap<string, { readonly messages: number; readonly age: number }>
}

/** Reads one message, that came at `recvMs`. It never guesses: what it has no reader for is `unknown`. */
export function decode(frame: string, recvMs: number, readers: Readers): Message {
  let envelope: Fields
  try {
    envelope = fields(parse(frame))
  } catch (error) {
    return { kind: 'malformed', detail: error instanceof Error ? error.message : String(error) }
  }
  if (envelope['method'] !== undefined || envelope['success'] !== undefined || envelope['Error'] !== undefined) {
    return response(envelope)
  }
  switch (envelope['channel']) {
    case 'heartbeat':
      return { kind: 'heartbeat', recvMs }
    case 'status':
      return status(envelope)
    default:
      return rows(envelope, recvMs, readers)
  }
}

function rows(envelope: Fields, recvMs: number, readers: Readers): Message {
  const channel = text(envelope['channel']) ?? ''
  const read = readers.get(channel)
  if (read === undefined) return { kind: 'unknown' }
  const snapshot = envelope['type'] === 'snapshot'
  try {
    return { kind: 'rows', channel, snapshot, rows: read(envelope['data'], snapshot ? 'snapshot' : 'update', recvMs) }
  } catch (error) {
    if (error instanceof Unreadable) return { kind: 'unreadable', channel, detail: error.message }
    throw error
  }
}

function status(envelope: Fields): Message {
  const report = fields(Array.isArray(envelope['data']) ? envelope['data'][0] : null)
  const system = text(report['system'])
  if (system === undefined) return { kind: 'unknown' }
  const id = report['connection_id']
  const listed = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
  return {
    kind: 'status',
    system,
    // An id beyond 2⁵³ stays text.
    connectionId: whole(id) ?? text(id) ?? null,
    version: text(report['version']) ?? '',
    apiVersion: text(report['api_version']) ?? '',
    upcomingMaintenance: listed(report['upcoming_maintenance']),
    emergency: listed(report['emergency']),
  }
}

function response(envelope: Fields): Message {
  const result = fields(envelope['result'])
  const method = text(envelope['method']) ?? null
  const reqId = whole(envelope['req_id']) ?? null
  const timeOut = text(envelope['time_out']) ?? null
  const channel = text(result['channel'])
  // Over the message rate Kraken answers `{"Error": ...}`, with nothing else in it.
  const error = text(envelope['error']) ?? text(envelope['Error'])
  if (envelope['success'] === false || error !== undefined) {
    return {
      kind: 'refusal',
      error: error ?? 'refused without a reason',
      method,
      channel: text(envelope['channel']) ?? null,
      symbol: text(envelope['symbol']) ?? text(result['symbol']) ?? null,
      reqId,
    }
  }
  if (method === 'pong') return { kind: 'pong', reqId, timeIn: text(envelope['time_in']) ?? null, timeOut }
  if ((method === 'subscribe' || method === 'unsubscribe') && channel !== undefined) {
    return { kind: 'ack', method, channel, symbol: text(result['symbol']) ?? '', reqId, timeOut }
  }
  return { kind: 'unknown' }
}
