/** Runs in a worker beside the page: import it there and it answers. */

import type { SocketClass } from '@havklo/client'
import { load } from '@havklo/kraken-wasm'

import { Machine } from './machine.js'
import type { Order, Tell } from './words.js'

/** What is needed of a worker's global scope; the types of pages do not know it. */
interface Scope {
  postMessage(tell: Tell, transfer: readonly ArrayBuffer[]): void
  addEventListener(type: 'message', listener: (event: { readonly data: Order }) => void): void
  readonly WebSocket?: SocketClass
}

const scope = globalThis as unknown as Scope

// Whoever starts a worker is about to need it.
const engine = load()

const machine = new Machine({
  post: (tell, transfer) => scope.postMessage(tell, transfer),
  now: () => Date.now(),
  micros: () => 1000 * performance.now(),
  every: (ms, work) => {
    const timer = setInterval(work, ms)
    return () => clearInterval(timer)
  },
  fetch: async (url) => {
    const response = await fetch(url)
    if (!response.ok) throw new Error(`the recording can't be had: ${response.status}`)
    return response.text()
  },
  WebSocket: scope.WebSocket,
  load: () => engine,
})

scope.addEventListener('message', ({ data }) => void machine.handle(data))
