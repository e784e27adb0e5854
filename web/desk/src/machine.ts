/** The worker's doings, without a worker: orders in, tellings out; sockets, time and chance are handed in. */

import { Client, book, instrument, scaled, trade } from '@havklo/client'
import type { BookFeed, ClientOptions, SocketClass } from '@havklo/client'
import { load } from '@havklo/kraken-wasm'
import type { LoadError, Result, Wasm } from '@havklo/kraken-wasm'

import { incident } from './incident.js'
import { addressed, isListing, pairs } from './messages.js'
import { openRecording } from './recording.js'
import { Station } from './station.js'
import type { Link } from './station.js'
import { tapped } from './tap.js'
import type { Order, Setup, Tell } from './words.js'

export const REACH_MS = 15 * 60_000
/** How often the page is told: what is drawn in its next frame is that much older. Cards are read at a glance. */
const FLUSH_MS = { full: 4, card: 16 } as const
const ENGINES_MS = 500
const DEPTHS = [10, 25, 100, 500, 1000] as const

export interface Env {
  post(tell: Tell, transfer: readonly ArrayBuffer[]): void
  /** Milliseconds since 1970, and microseconds of any beginning. */
  now(): number
  micros(): number
  /** Calls back again and again; gives what ends that. */
  every(ms: number, work: () => void): () => void
  fetch(url: string): Promise<string>
  readonly WebSocket: SocketClass | undefined
  /** What differs from a client's usual patience. */
  readonly timings?: NonNullable<ClientOptions['timings']>
  readonly load?: () => Promise<Result<Wasm, LoadError>>
}

const REPLAYED: Link = { standing: 'replay', reason: '', rttMs: null, reconnects: 0 }

/** Keeps the symbols of one worker. */
export class Machine {
  readonly #env: Env
  readonly #stations = new Map<string, Station>()
  readonly #feeds = new Map<string, BookFeed>()
  readonly #stops: (() => void)[] = []
  #client: Client | null = null
  #setup: Setup | null = null
  #isReplay = false
  #reconnects = 0
  #enginesAt = -Infinity
  #started: Promise<void> = Promise.resolve()

  constructor(env: Env) {
    this.#env = env
  }

  /** Does what the page asks. */
  async handle(order: Order): Promise<void> {
    if (order.do === 'start') this.#started = this.#guard(() => this.#start(order.setup))
    if (order.do === 'replay') this.#started = this.#guard(() => this.#replay(order.url, order.setup))
    // What is asked for while the engine still loads waits for it, in its order.
    await this.#started
    switch (order.do) {
      case 'start':
      case 'replay':
        return
      case 'watch':
        this.#stations.get(order.symbol)?.watch()
        return this.flush()
      case 'window': {
        const station = this.#stations.get(order.symbol)
        if (station !== undefined) station.window = order.window
        return station?.dirty()
      }
      case 'seek':
        return this.#seek(order.symbols, order.ms)
      case 'step':
        return this.#step(order.symbol, order.frames)
      case 'buffers':
        for (const { symbol, buffer } of order.buffers) this.#stations.get(symbol)?.giveBack(buffer)
        return
      case 'export':
        return this.#export(order.id, order.symbol, order.ms)
      case 'kill':
        return this.#stations.get(order.symbol)?.kill()
      case 'restart':
        return this.#restart(order.symbol)
      case 'close':
        return this.close()
    }
  }

  close(): void {
    for (const stop of this.#stops) stop()
    this.#client?.close()
    this.#stations.clear()
  }

  /** Tells what has changed. */
  flush(): void {
    const now = this.#env.now()
    const changes = [...this.#stations.values()].flatMap((station) => {
      const change = station.change(this.#time(station, now), this.#link(station.symbol))
      return change === null ? [] : [change]
    })
    if (changes.length > 0) {
      const frames = changes.flatMap(({ frame }) => (frame === null ? [] : [frame]))
      this.#env.post({ tell: 'changes', changes }, frames)
    }
    if (now - this.#enginesAt < ENGINES_MS) return
    this.#enginesAt = now
    const engines = [...this.#stations.values()].map((station) => station.report(now, this.#link(station.symbol)))
    this.#env.post({ tell: 'engines', engines }, [])
  }

  /** A recording's time is its own. */
  #time({ track }: Station, now: number): number {
    return this.#isReplay ? (track.ring.to ?? 0) : now
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#env.post({ tell: 'failed', detail: error instanceof Error ? error.message : String(error) }, [])
    }
  }

  async #wasm(): Promise<Wasm> {
    const loaded = await (this.#env.load ?? load)()
    if (loaded.ok) return loaded.value
    throw new Error(`there is no engine: ${loaded.error.kind}`)
  }

  #add(symbol: string, wasm: Wasm, setup: Setup, depth: number, count: number, reachMs = REACH_MS): Station {
    const bytes = Math.floor(setup.ringBytes / count)
    const station = new Station({ symbol, depth, wasm, detail: setup.detail, bytes, reachMs })
    this.#stations.set(symbol, station)
    if (setup.detail === 'card') station.watch()
    return station
  }

  // -- a market -------------------------------------------------------------------------------

  async #start(setup: Setup): Promise<void> {
    this.#setup = setup
    const { now, every } = this.#env
    const wasm = await this.#wasm()
    for (const symbol of setup.symbols) this.#add(symbol, wasm, setup, setup.depth, setup.symbols.length)
    const { WebSocket: Base } = this.#env
    const WebSocket = Base === undefined ? {} : { WebSocket: tapped(Base, (text, ms) => this.#hear(text, ms), now) }
    const { timings = {} } = this.#env
    const client = new Client({ url: setup.url, wasm, timings, ...WebSocket })
    this.#client = client
    const depth = DEPTHS.find((known) => known >= setup.depth) ?? 1000
    for (const symbol of setup.symbols) {
      const feed = client.subscribe(book(symbol, { depth }))
      this.#feeds.set(symbol, feed)
      feed.subscribe(() => this.#stations.get(symbol)?.dirty())
      client.subscribe(trade(symbol, { keep: 1 })).subscribe(() => undefined)
    }
    client.subscribe(instrument()).subscribe(() => undefined)
    client.on((event) => {
      const ms = now()
      if (event.kind === 'connection_lost')
        for (const { track } of this.#stations.values())
          track.suspend('disconnected', ms, { time: ms, kind: 'disconnect', severity: 3, label: event.reason })
      if (event.kind === 'connected' && event.again) {
        this.#reconnects += 1
        for (const { track } of this.#stations.values())
          track.mark({ time: ms, kind: 'reconnect', severity: 1, label: `after ${event.attempts} attempts` })
      }
    })
    this.#stops.push(every(FLUSH_MS[setup.detail], () => this.flush()))
    this.flush()
  }

  #hear(text: string, ms: number): void {
    const address = addressed(text)
    if (address !== null) this.#stations.get(address.symbol)?.receive(text, ms, address, this.#env.micros)
    else if (isListing(text)) this.#list(text)
  }

  #list(text: string): void {
    for (const { symbol, priceIncrement, pricePrecision } of pairs(text)) {
      const station = this.#stations.get(symbol)
      if (station === undefined || priceIncrement === null) continue
      const tick = scaled(priceIncrement, pricePrecision)
      if (tick !== null && tick > 0n) station.track.tick = tick
    }
  }

  #link(symbol: string): Link {
    if (this.#isReplay) return REPLAYED
    const view = this.#feeds.get(symbol)
    const rttMs = this.#client?.health().roundTripMs ?? null
    const reconnects = this.#reconnects
    if (view === undefined) return { standing: 'connecting', reason: '', rttMs, reconnects }
    if (view.state === 'live') return { standing: 'live', reason: '', rttMs, reconnects }
    const shown = view.getSnapshot()
    const reason = 'reason' in shown ? shown.reason : shown.state === 'closed' ? (shown.error?.kind ?? 'closed') : ''
    return { standing: shown.state, reason, rttMs, reconnects }
  }

  #restart(symbol: string): void {
    const [station, feed] = [this.#stations.get(symbol), this.#feeds.get(symbol)]
    if (station === undefined) return
    station.restart()
    station.watch()
    if (feed !== undefined) this.#client?.resync(feed)
  }

  // -- a recording ----------------------------------------------------------------------------

  async #replay(url: string, setup: Setup): Promise<void> {
    this.#setup = setup
    this.#isReplay = true
    const [text, wasm] = await Promise.all([this.#env.fetch(url), this.#wasm()])
    const { books, lines } = openRecording(text, setup.symbols)
    const [from, to] = [lines[0]?.ms ?? 0, lines.at(-1)?.ms ?? 0]
    // A recording is shown from its beginning, as far as its bytes go.
    const reach = Math.max(REACH_MS, to - from + 60_000)
    for (const [symbol, depth] of books) this.#add(symbol, wasm, setup, depth, books.size, reach)
    for (const { ms, text: said } of lines) this.#hear(said, ms)
    for (const { track } of this.#stations.values()) track.roll(to)
    const reached = [...this.#stations.values()].map(({ track }) => track.ring.from ?? to)
    this.#env.post({ tell: 'loaded', symbols: [...books.keys()], from: Math.min(to, ...reached), to }, [])
  }

  // -- time -----------------------------------------------------------------------------------

  #seek(symbols: readonly string[], ms: number): void {
    const moments = symbols.flatMap((symbol) => {
      const station = this.#stations.get(symbol)
      if (station === undefined) return []
      // Of what is over nothing is open any more.
      station.track.roll(this.#time(station, this.#env.now()))
      return [{ symbol, ...station.cursor.seek(ms, 1000 * station.window) }]
    })
    const frames = moments.flatMap(({ frame }) => (frame === null ? [] : [frame]))
    this.#env.post({ tell: 'moments', moments }, frames)
  }

  #step(symbol: string, frames: number): void {
    const station = this.#stations.get(symbol)
    if (station === undefined) return
    this.#env.post({ tell: 'stepped', ms: station.cursor.stepped(frames) }, [])
    this.#seek([symbol], station.cursor.stepped(frames))
  }

  #export(id: number, symbol: string, ms: number | null): void {
    const station = this.#stations.get(symbol)
    if (station === undefined || this.#setup === null) return
    const now = this.#time(station, this.#env.now())
    const integrity = station.integrity(now, this.#link(symbol))
    this.#env.post({ tell: 'exported', id, text: incident(station.track, integrity, ms, now) }, [])
  }
}
