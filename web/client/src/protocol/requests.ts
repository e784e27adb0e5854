/** What is sent to Kraken. */

import type { Topic } from './topic.js'

const LARGEST_ID = 2 ** 31 - 1

/** A request's id, and its text. */
export interface Request {
  readonly reqId: number
  readonly text: string
}

/** Writes one connection's requests and numbers them; the ids stay within 32 bits, as Kraken asks. */
export class Requests {
  #next = 1

  /** Asks for topics that differ in nothing but their symbol, or takes them back. */
  write(method: 'subscribe' | 'unsubscribe', topics: readonly Topic[], token: string | null): Request {
    const first = topics[0]
    const symbols = topics.map(({ symbol }) => symbol).filter((symbol) => symbol !== '')
    return this.#numbered(method, {
      channel: first?.channel,
      symbol: symbols.length === 0 ? undefined : symbols,
      depth: first?.depth,
      interval: first?.interval,
      event_trigger: first?.eventTrigger,
      snapshot: method === 'subscribe' ? true : undefined,
      token: token ?? undefined,
    })
  }

  ping(): Request {
    return this.#numbered('ping')
  }

  #numbered(method: string, params?: object): Request {
    const reqId = this.#next
    this.#next = reqId === LARGEST_ID ? 1 : reqId + 1
    return { reqId, text: JSON.stringify({ method, params, req_id: reqId }) }
  }
}
