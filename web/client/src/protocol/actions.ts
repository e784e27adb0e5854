/** What a session asks its shell to do, in order. */

import type { MarketEvent, SessionEvent, SubscriptionError } from './events.js'
import type { ChannelName, Topic } from './topic.js'

export type Action =
  /** Open a transport now, then call `connected` or `disconnected`, unless a `close` comes first. */
  | { readonly do: 'connect' }
  /** Let go of the transport at once: nothing that it still says counts, `disconnected` is not called. */
  | { readonly do: 'close'; readonly reason: string; readonly code: number }
  | { readonly do: 'send'; readonly text: string }
  /** Get a WebSocket token, another one than `refused`, then call `tokenCame` or `tokenFailed`, once. */
  | { readonly do: 'need_token'; readonly refused: string | null }
  /** Give this token to nobody any more: Kraken has refused it, and others may need one before this does. */
  | { readonly do: 'drop_token'; readonly token: string }
  /** Have the engine keep a topic's book, or close it. */
  | { readonly do: 'track' | 'untrack'; readonly topic: Topic }
  /** Have the engine await new snapshots: of these symbols, or of all. */
  | { readonly do: 'suspend'; readonly symbols: readonly string[] | null; readonly reason: string }
  /** A subscription is live for the first time. */
  | { readonly do: 'complete'; readonly topic: Topic }
  /** It will not become live, or not again; the topic is no longer wanted. */
  | { readonly do: 'fail'; readonly topic: Topic; readonly error: SubscriptionError }
  | { readonly do: 'emit'; readonly event: SessionEvent }
  /** Give these events to whoever reads the topic, in this order. */
  | { readonly do: 'deliver'; readonly topic: Topic; readonly events: readonly MarketEvent[] }
  /** Say how lively these books are, by an `activity`. */
  | { readonly do: 'check'; readonly symbols: readonly string[]; readonly channel: ChannelName }
  /** Do not show the user the book message that this answers: it belongs to a subscription that is over. */
  | { readonly do: 'discard' }

export function emit(event: SessionEvent): Action {
  return { do: 'emit', event }
}

export function deliver(topic: Topic, events: readonly MarketEvent[]): Action[] {
  return events.length === 0 ? [] : [{ do: 'deliver', topic, events }]
}
