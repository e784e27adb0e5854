/** What of a message is needed before anybody proves it: whose it is; and the trades, which nobody proves. */

import { decode, readInstruments, readTrades } from '@havklo/client/protocol'
import type { Pair, Trade } from '@havklo/client/protocol'

const CHANNEL = /"channel"\s*:\s*"([a-z0-9_]+)"/
const SYMBOL = /"symbol"\s*:\s*"([^"\\]+)"/
const ANSWER = /^\s*\{\s*"(?:method|error|success|Error)"/

/** Whose message it is. */
export interface Address {
  readonly channel: 'book' | 'trade'
  readonly symbol: string
}

/** Whose message it is; null of what is no market data of one symbol. */
export function addressed(text: string): Address | null {
  if (ANSWER.test(text)) return null
  const [, channel] = CHANNEL.exec(text) ?? []
  if (channel !== 'book' && channel !== 'trade') return null
  const [, symbol] = SYMBOL.exec(text) ?? []
  return symbol === undefined ? null : { channel, symbol }
}

/** Whether it lists pairs. */
export function isListing(text: string): boolean {
  return CHANNEL.exec(text)?.[1] === 'instrument'
}

/** A message's trades, oldest first; none of what is none. */
export function trades(text: string, recvMs: number): readonly Trade[] {
  const message = decode(text, recvMs, new Map([['trade', readTrades]]))
  return message.kind === 'rows' ? message.rows.filter((row) => row.kind === 'trade') : []
}

/** The pairs that a message lists. */
export function pairs(text: string): readonly Pair[] {
  const message = decode(text, 0, new Map([['instrument', readInstruments]]))
  if (message.kind !== 'rows') return []
  return message.rows.flatMap((row) => (row.kind === 'instrument' ? row.pairs : []))
}
