/** A Kraken for pages: the public WebSocket of made-up markets, at an exact rate, breaking just when it is told to. */

import { Market } from './market.ts'
import type { Pair, Said } from './market.ts'
import { frame } from './sockets.ts'
import type { ServerSocket } from './sockets.ts'

export const PAIRS: readonly Pair[] = [
  ['BTC/USD', 89_990.4, 1],
  ['ETH/USD', 3_021.55, 2],
  ['SOL/USD', 138.42, 2],
  ['XRP/USD', 2.10455, 5],
  ['DOGE/USD', 0.1482331, 7],
].map(([symbol, price, decimals]) => ({
  symbol: String(symbol),
  price: Number(price),
  decimals: { price: Number(decimals), qty: 8 },
}))

/** So many pairs. */
export function pairs(count: number): readonly Pair[] {
  const more = Array.from({ length: Math.max(0, count - PAIRS.length) }, (_, place) => ({
    symbol: `X${String.fromCharCode(65 + (place % 26))}${Math.floor(place / 26)}/USD`,
    price: 10 + 7.31 * place,
    decimals: { price: 3, qty: 8 },
  }))
  return [...PAIRS, ...more].slice(0, count)
}

/** What can be done to the next message of a book. */
export type Fault = 'drop' | 'corrupt' | 'cross' | 'disconnect'

/** A message of a book as it was sent: what a page may show from then on. */
export interface Sent {
  readonly at: number
  readonly symbol: string
  /** Null where the connection was cut instead. */
  readonly said: Said | null
  /** What was done to it; null if nothing. */
  readonly fault: Fault | null
}

interface Stream {
  readonly socket: ServerSocket
  readonly market: Market
  readonly pair: Pair
  owed: number
}

const TICK_MS = 4
/** A page that does not read is not sent more. */
const FULL = 4_000_000

/** Serves one page, over as many connections as it likes, each with pairs of its own. */
export class Venue {
  readonly #streams = new Set<Stream>()
  readonly #trades = new Map<ServerSocket, Set<string>>()
  readonly #faults = new Map<string, Fault>()
  readonly #markets = new Map<string, Market>()
  readonly #timer: ReturnType<typeof setInterval>
  #last = performance.now()
  sent = 0

  constructor(
    /** Book messages a second and pair. */
    public rate: number,
    readonly seed = 7,
    readonly pairs: readonly Pair[] = PAIRS,
    /** Told of each book message. */
    readonly onSent: (sent: Sent) => void = () => {},
    /** How long a snapshot takes: Kraken is not next door. */
    readonly snapshotMs = 0,
  ) {
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  accept(socket: ServerSocket): void {
    this.#trades.set(socket, new Set())
    socket.onText = (text) => this.#asked(socket, text)
    socket.onEnd = () => {
      this.#trades.delete(socket)
      for (const stream of this.#streams) if (stream.socket === socket) this.#streams.delete(stream)
    }
    socket.send(frame('{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online","api_version":"v2","connection_id":1}]}'))
  }

  /** Orders a fault for the next message of a pair's book. */
  fault(symbol: string, fault: Fault): void {
    this.#faults.set(symbol, fault)
  }

  close(): void {
    clearInterval(this.#timer)
    for (const socket of this.#trades.keys()) socket.cut()
  }

  #asked(socket: ServerSocket, text: string): void {
    const request: unknown = JSON.parse(text)
    if (typeof request !== 'object' || request === null) return
    const { method, params, req_id: id } = request as { method?: unknown; params?: Record<string, unknown>; req_id?: number }
    const time = now()
    const stamps = `"time_in":"${time}","time_out":"${time}"`
    const number = id === undefined ? '' : `"req_id":${id},`
    if (method === 'ping') return socket.send(frame(`{"method":"pong",${number}${stamps}}`))
    const channel = String(params?.['channel'])
    const symbols = Array.isArray(params?.['symbol']) ? params['symbol'].map(String) : []
    if (symbols.length === 0) {
      socket.send(frame(`{"method":"${String(method)}",${number}"result":{"channel":"${channel}","snapshot":true},"success":true,${stamps}}`))
      if (channel === 'instrument' && method === 'subscribe') socket.send(frame(this.#instruments()))
    }
    const depth = Number(params?.['depth'] ?? 10)
    for (const symbol of symbols) {
      const more = channel === 'book' ? `,"depth":${depth}` : ''
      socket.send(
        frame(`{"method":"${String(method)}",${number}"result":{"channel":"${channel}","symbol":"${symbol}","snapshot":true${more}},"success":true,${stamps}}`),
      )
      if (channel === 'book') this.#book(socket, symbol, depth, method === 'subscribe')
      if (channel === 'trade' && method === 'subscribe') {
        this.#trades.get(socket)?.add(symbol)
        socket.send(frame('{"channel":"trade","type":"snapshot","data":[]}'))
      }
      if (channel === 'ticker' && method === 'subscribe') this.#ticker(socket, symbol)
    }
  }

  #book(socket: ServerSocket, symbol: string, depth: number, wanted: boolean): void {
    for (const stream of this.#streams)
      if (stream.socket === socket && stream.pair.symbol === symbol) this.#streams.delete(stream)
    const place = this.pairs.findIndex((pair) => pair.symbol === symbol)
    const pair = this.pairs[place]
    if (!wanted || pair === undefined) return
    const known = this.#markets.get(`${symbol} ${depth}`)
    const market = known ?? new Market(pair, depth, this.seed + place)
    this.#markets.set(`${symbol} ${depth}`, market)
    setTimeout(() => {
      if (!this.#trades.has(socket)) return
      const said = market.snapshot(now())
      socket.send(frame(said.text))
      this.onSent({ at: performance.now(), symbol, said, fault: null })
      this.#streams.add({ socket, market, pair, owed: 0 })
    }, this.snapshotMs)
  }

  #ticker(socket: ServerSocket, symbol: string): void {
    const pair = this.pairs.find((each) => each.symbol === symbol)
    if (pair === undefined) return
    const price = pair.price
    socket.send(
      frame(`{"channel":"ticker","type":"snapshot","data":[{"symbol":"${symbol}","bid":${price},"bid_qty":1.00000000,"ask":${price},"ask_qty":1.00000000,"last":${price},"volume":1.00000000,"vwap":${price},"low":${price},"high":${price},"change":0.0,"change_pct":0.00,"timestamp":"${now()}"}]}`),
    )
  }

  #instruments(): string {
    const names = [...new Set(this.pairs.flatMap(({ symbol }) => symbol.split('/')))]
    const assets = names.map(
      (id) => `{"id":"${id}","status":"enabled","precision":10,"precision_display":8,"borrowable":true,"collateral_value":1.0}`,
    )
    const pairs = this.pairs.map(({ symbol, decimals }) => {
      const [base, quote] = symbol.split('/')
      const step = `1e-${decimals.price}`
      return `{"symbol":"${symbol}","base":"${base}","quote":"${quote}","status":"online","qty_precision":${decimals.qty},"qty_increment":1e-${decimals.qty},"price_precision":${decimals.price},"cost_precision":5,"marginable":false,"has_index":false,"cost_min":0.5,"tick_size":${step},"price_increment":${step},"qty_min":0.0001}`
    })
    return `{"channel":"instrument","type":"snapshot","data":{"assets":[${assets.join()}],"pairs":[${pairs.join()}]}}`
  }

  #tick(): void {
    const at = performance.now()
    const elapsed = Math.min(100, at - this.#last)
    this.#last = at
    const time = now()
    const out = new Map<ServerSocket, Buffer[]>()
    for (const stream of this.#streams) {
      stream.owed += (elapsed / 1000) * this.rate
      const frames = out.get(stream.socket) ?? []
      out.set(stream.socket, frames)
      for (; stream.owed >= 1 && stream.socket.waiting < FULL; stream.owed -= 1) this.#say(stream, time, at, frames)
    }
    for (const [socket, frames] of out) if (frames.length > 0) socket.send(...frames)
  }

  #say(stream: Stream, time: string, at: number, frames: Buffer[]): void {
    const { symbol } = stream.pair
    const fault = this.#faults.get(symbol) ?? null
    this.#faults.delete(symbol)
    if (fault === 'disconnect') {
      stream.socket.cut()
      return this.onSent({ at, symbol, said: null, fault })
    }
    if (fault === 'cross') {
      const said = stream.market.crossed(time)
      frames.push(frame(said.text))
      return this.onSent({ at, symbol, said, fault })
    }
    for (const said of stream.market.next(time)) {
      if (said.channel === 'trade') {
        if (this.#trades.get(stream.socket)?.has(symbol) === true) frames.push(frame(said.text))
        continue
      }
      this.sent += 1
      if (fault !== 'drop') frames.push(frame(fault === 'corrupt' ? corrupted(said.text) : said.text))
      this.onSent({ at, symbol, said, fault })
    }
  }
}

/** The same message with another last digit in its checksum. */
function corrupted(text: string): string {
  return text.replace(/"checksum":(\d+)/, (_, sum: string) => `"checksum":${(Number(sum) + 1) % 2 ** 32}`)
}

function now(): string {
  return new Date().toISOString().replace('Z', '000Z')
}
