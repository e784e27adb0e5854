/** Own orders and their places, as the gateway tells them: the key that they need stays there. */

import type { OwnOrder } from '@havklo/kit'
import { lots, ticks } from '@havklo/kraken-wasm'
import type { Decimals } from '@havklo/kraken-wasm'

import { exactly } from './actions.js'

const AGAIN_MS = 2000
const NONE: readonly OwnOrder[] = []

/** The name that stands for all of the account's open orders. */
const OWN = 'own'

/** Follows orders by their ids, or all of the account's, over the gateway's relay. */
export class Orders {
  #told: Readonly<Record<string, unknown>> | null = null
  #socket: WebSocket | null = null
  #symbol = ''

  constructor(
    readonly address: URL,
    readonly ids: readonly string[],
    readonly onChange: () => void,
  ) {}

  /** Follows them in another pair's book. */
  follow(symbol: string): void {
    if (symbol === this.#symbol) return
    this.#symbol = symbol
    this.#told = null
    this.#socket?.close()
    this.#open()
  }

  /** Those that the relay has told of and stands for; their numbers have the book's decimals. */
  now(decimals: Decimals): readonly OwnOrder[] {
    return this.#told === null ? NONE : ordersOf(this.#told, decimals)
  }

  #open(): void {
    const symbol = this.#symbol
    const socket = new WebSocket(this.address)
    this.#socket = socket
    const orders = this.ids.filter((id) => id !== OWN)
    const request = { method: 'subscribe', symbol, depth: 100, orders, own: orders.length < this.ids.length }
    socket.onopen = () => socket.send(JSON.stringify(request))
    socket.onmessage = ({ data }) => {
      if (socket !== this.#socket) return
      const said: unknown = JSON.parse(String(data))
      this.#told = isRecord(said) && said['symbol'] === symbol && said['state'] === 'live' ? said : null
      this.onChange()
    }
    socket.onclose = () => {
      if (socket !== this.#socket) return
      // What is no longer told is no longer known.
      this.#told = null
      this.onChange()
      setTimeout(() => socket === this.#socket && this.#open(), AGAIN_MS)
    }
  }
}

/** Reads the relay's word on orders; one that can't be read exactly is left out. */
export function ordersOf(told: Readonly<Record<string, unknown>>, decimals: Decimals): OwnOrder[] {
  const orders = Array.isArray(told['orders']) ? told['orders'].filter(isRecord) : []
  return orders.flatMap((order) => {
    const side = /^(buy|bid)/.test(String(order['side'])) ? 'bid' : 'ask'
    const price = exactly(String(order['limit_price']), decimals.price)
    const qty = exactly(String(order['order_qty']), decimals.qty)
    if (price === null || qty === null) return []
    const before = typeof order['orders_ahead'] === 'number' ? order['orders_ahead'] : null
    const ahead = exactly(String(order['qty_ahead'] ?? ''), decimals.qty)
    const exactness = order['exactness'] === 'exact' || order['exactness'] === 'bounded' ? order['exactness'] : 'unknown'
    return {
      id: String(order['order_id']),
      side,
      price: ticks(price),
      qty: lots(qty),
      place: before === null ? null : before + 1,
      of: count(told[side === 'bid' ? 'bids' : 'asks'], String(order['limit_price'])),
      ahead: ahead === null ? null : lots(ahead),
      exactness,
    }
  })
}

/** How many orders a level has. */
function count(levels: unknown, price: string): number | null {
  const level = Array.isArray(levels) ? levels.filter(isRecord).find((each) => each['price'] === price) : undefined
  return typeof level?.['orders'] === 'number' ? level['orders'] : null
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
