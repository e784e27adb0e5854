/** A desk and its machine in one thread, with clocks in the test's hands. */

import { load } from '@havklo/kraken-wasm'
import type { Wasm } from '@havklo/kraken-wasm'

import type { Env } from '../src/machine.js'
import { snapshot } from '../src/key.js'
import { Levels } from '../src/levels.js'
import { proof } from '../src/proof.js'
import type { Tell } from '../src/words.js'
import { lots, plain, ticks } from '@havklo/kraken-wasm'

const loaded = await load()
if (!loaded.ok) throw new Error(loaded.error.kind)
export const wasm: Wasm = loaded.value

export const SYMBOL = 'BTC/USD'
export const DECIMALS = { price: 1, qty: 8 } as const
/** A time that begins a bucket. */
export const BEGIN = 1_790_000_000_000

/** A repeatable stream of numbers in [0, 1). */
export function dice(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export interface Said {
  readonly ms: number
  readonly text: string
}

/** A made-up market that sends proven messages: what an exchange would say. */
export class Market {
  readonly levels = new Levels()
  readonly depth: number
  readonly random: () => number
  ms = BEGIN
  #trade = 0

  constructor(seed: number, depth = 10) {
    this.random = dice(seed)
    this.depth = depth
    for (let rank = 0; rank < depth; rank += 1) {
      this.levels.bid.set(ticks(600_000n - BigInt(2 * rank)), this.size())
      this.levels.ask.set(ticks(600_003n + BigInt(2 * rank)), this.size())
    }
  }

  size() {
    return lots(1n + BigInt(Math.floor(this.random() * 5e8)))
  }

  snapshot(): Said {
    return { ms: this.ms, text: snapshot(SYMBOL, this.levels, DECIMALS) }
  }

  /** Changes a level that is there. */
  update(): Said {
    this.ms += Math.floor(this.random() * 200)
    const side = this.random() < 0.5 ? 'bid' : 'ask'
    const half = this.levels.half(side)
    const price = half.prices[Math.floor(this.random() * half.count)] ?? ticks(0n)
    let qty = this.size()
    if (half.at(price) === qty) qty = lots(qty + 1n)
    half.set(price, qty)
    return { ms: this.ms, text: this.message(side, price, qty) }
  }

  message(side: 'bid' | 'ask', price: bigint, qty: bigint): string {
    const level = `{"price":${plain(price, 1)},"qty":${plain(qty, 8)}}`
    const [bids, asks] = side === 'bid' ? [level, ''] : ['', level]
    const { computed } = proof(this.levels, DECIMALS)
    const data = `"symbol":"${SYMBOL}","bids":[${bids}],"asks":[${asks}],"checksum":${computed}`
    return `{"channel":"book","type":"update","data":[{${data},"timestamp":"2026-11-22T00:00:01.000001Z"}]}`
  }

  trade(): Said {
    this.#trade += 1
    const side = this.random() < 0.5 ? 'buy' : 'sell'
    const price = (side === 'buy' ? this.levels.ask.best : this.levels.bid.best) ?? 0n
    const qty = plain(this.size(), 8)
    const row = `"symbol":"${SYMBOL}","side":"${side}","price":${plain(price, 1)},"qty":${qty},"ord_type":"market"`
    const time = new Date(this.ms).toISOString()
    const text = `{"channel":"trade","type":"update","data":[{${row},"trade_id":${this.#trade},"timestamp":"${time}"}]}`
    return { ms: this.ms, text }
  }

  /** A stretch of its life, from a snapshot on. */
  life(count: number): Said[] {
    const said = [this.snapshot()]
    while (said.length < count) said.push(this.random() < 0.15 ? this.trade() : this.update())
    return said
  }
}

/** Makes a recording of what was said. */
export function recording(said: readonly Said[]): string {
  return said.map(({ ms, text }) => `{"rx_ns": ${BigInt(ms) * 1_000_000n}, "frame": ${text}}`).join('\n')
}

/** What a machine is given in tests. */
export function env(told: Tell[], files: Readonly<Record<string, string>> = {}): Env & { now(): number } {
  return {
    post: (tell) => void told.push(tell),
    now: () => BEGIN,
    micros: () => 0,
    every: () => () => undefined,
    fetch: (url) => Promise.resolve(files[url] ?? ''),
    WebSocket: undefined,
    load: () => Promise.resolve({ ok: true, value: wasm }),
  }
}
