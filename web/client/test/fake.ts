/** A WebSocket in the test's hands, and what Kraken would say over it. */

import { load, loadLevel3 } from '@havklo/kraken-wasm'
import { readFileSync } from 'node:fs'

import type { SocketEvent } from '../src/index.js'

async function compiled(loading: ReturnType<typeof load>): Promise<WebAssembly.Module> {
  const loaded = await loading
  if (loaded.ok) return loaded.value
  throw new Error(`no engine: ${JSON.stringify(loaded.error)}`)
}

export const wasm = await compiled(load())
export const orders = await compiled(loadLevel3())

interface Request {
  readonly method: string
  readonly req_id: number
  readonly params?: { readonly channel: string; readonly symbol?: readonly string[]; readonly token?: string }
}

/** All connections that were opened, in order. */
export const sockets: FakeSocket[] = []

export class FakeSocket {
  readonly sent: Request[] = []
  isClosed = false
  readonly #listeners = new Map<string, ((event: SocketEvent) => void)[]>()

  constructor(readonly url: string) {
    sockets.push(this)
  }

  addEventListener(type: string, listener: (event: SocketEvent) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener])
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Request)
  }

  close(): void {
    this.isClosed = true
  }

  happen(type: string, event: Omit<SocketEvent, 'type'> = {}): void {
    for (const listener of this.#listeners.get(type) ?? []) listener({ type, ...event })
  }

  say(text: string): void {
    this.happen('message', { data: text })
  }

  /** Acknowledges the last request, as far as it is no ping. */
  ack(): void {
    const request = this.requests.at(-1)
    if (request === undefined) throw new Error('nothing was asked for')
    const { method, req_id, params } = request
    for (const symbol of params?.symbol ?? [undefined]) {
      const result = { channel: params?.channel, symbol }
      const time_out = '2026-11-22T00:00:01.000001Z'
      this.say(JSON.stringify({ method, req_id, success: true, result, time_out }))
    }
  }

  get requests(): Request[] {
    return this.sent.filter(({ method }) => method !== 'ping')
  }

  get said(): string[] {
    return this.requests.map(({ method, params }) => `${method} ${params?.channel}`)
  }
}

/** The latest connection. */
export function socket(): FakeSocket {
  const latest = sockets.at(-1)
  if (latest === undefined) throw new Error('nobody has connected')
  return latest
}

interface Told {
  readonly name: string
  readonly track: readonly { readonly symbol: string; readonly depth: number }[]
  readonly steps: readonly { readonly frame?: string; readonly expect?: unknown }[]
}

/** The frames of a story that is told of engines. */
export function frames(
  file: string,
  name: string,
): { readonly symbol: string; readonly depth: number; readonly frames: string[] } {
  const path = new URL(`../../../vectors/frames/${file}.json`, import.meta.url)
  const story = (JSON.parse(readFileSync(path, 'utf8')) as Told[]).find((told) => told.name === name)
  const [tracked] = story?.track ?? []
  if (story === undefined || tracked === undefined) throw new Error(`there is no story ${name}`)
  return { ...tracked, frames: story.steps.flatMap(({ frame }) => (frame === undefined ? [] : [frame])) }
}

/** A trade; the first one happened before any subscription here. */
export function printed(number: number): object {
  return {
    symbol: 'BTC/USD',
    side: 'buy',
    price: 60000.5,
    qty: 0.1,
    ord_type: 'limit',
    trade_id: number,
    timestamp: `2026-11-22T00:00:01.${String(number).padStart(6, '0')}Z`,
  }
}

export function message(channel: string, type: 'snapshot' | 'update', data: unknown): string {
  return JSON.stringify({ channel, type, data })
}
