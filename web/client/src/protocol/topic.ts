/** One thing on the wire: a channel of one symbol, with its options. */

/** Kraken's market data channels, as it writes them. */
export type ChannelName = 'book' | 'level3' | 'trade' | 'ticker' | 'ohlc' | 'instrument'

export interface Topic {
  readonly channel: ChannelName
  /** `BASE/QUOTE`; empty for what is about all of them. */
  readonly symbol: string
  /** Levels a side, for books. */
  readonly depth?: number
  /** Minutes, for candles. */
  readonly interval?: number
  /** What makes the ticker speak. */
  readonly eventTrigger?: 'trades' | 'bbo'
}

/** What one connection can carry only once: the channel and the symbol, with whatever options. */
export function key(channel: string, symbol: string): string {
  return `${channel} ${symbol}`
}

/** What topics that share a request have in common: all but the symbol. */
export function kind({ channel, depth, interval, eventTrigger }: Topic): string {
  return `${channel} ${depth} ${interval} ${eventTrigger}`
}

export function same(one: Topic, other: Topic): boolean {
  return one.symbol === other.symbol && kind(one) === kind(other)
}

/** Whether an engine keeps it, so that checksums prove it. */
export function isBook({ channel }: Topic): boolean {
  return channel === 'book' || channel === 'level3'
}

/** Whether Kraken serves it only to whoever shows a token. */
export function needsToken({ channel }: Topic): boolean {
  return channel === 'level3'
}
