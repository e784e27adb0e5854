/** The page's side: workers that keep the books, views of what they tell, and one clock for all of them. */

import type { EventMark } from '@havklo/kit'

import type { DeskOptions, Helper } from './options.js'
import { Playback } from './playback.js'
import { SymbolView } from './view.js'
import type { Buffered, Change, EngineReport, Order, Setup, Tell } from './words.js'

const RING_BYTES = 24 << 20

/** All that a page shows of a market. */
export class Desk {
  readonly playback: Playback
  readonly #options: DeskOptions
  readonly #helpers: Helper[]
  readonly #owners = new Map<string, Helper>()
  readonly #views = new Map<string, SymbolView>()
  readonly #listeners = new Set<() => void>()
  readonly #exports = new Map<number, { done: (blob: Blob) => void; failed: (error: Error) => void }>()
  readonly #reports = new Map<Helper, readonly EngineReport[]>()
  readonly #spent: Buffered[] = []
  readonly #now: () => number
  readonly #frame: (work: () => void) => void
  #symbols: readonly string[]
  #last: string | null = null
  #ids = 0
  #isDue = false
  #wasDirty = false
  #isSeeking = false
  #wanted: number | null = null
  #isClosed = false
  /** What has gone wrong for good, such as a recording that can't be read; null if nothing has. */
  failure: string | null = null

  constructor(options: DeskOptions) {
    this.#options = options
    this.#now = options.now ?? (() => Date.now())
    this.#frame = options.frame ?? ((work) => void requestAnimationFrame(work))
    this.#symbols = options.symbols ?? []
    const { replay, speed } = options
    this.playback = new Playback(replay === undefined, speed === undefined ? {} : { speed })
    const count = replay === undefined ? Math.max(1, Math.min(options.workers ?? 1, this.#symbols.length)) : 1
    this.#helpers = Array.from({ length: count }, () => options.worker() as Helper)
    for (const [place, helper] of this.#helpers.entries()) this.#begin(helper, place, count)
  }

  get symbols(): readonly string[] {
    return this.#symbols
  }

  /** How the engines are, one a symbol. */
  get engines(): readonly EngineReport[] {
    return this.#helpers.flatMap((helper) => this.#reports.get(helper) ?? [])
  }

  /** What is shown of a symbol; asking for it has its worker tell of it from now on. */
  view(symbol: string): SymbolView {
    this.#last = symbol
    return this.#view(symbol)
  }

  /** Calls `listener` when something has changed, once a frame at most; gives what takes that back. */
  subscribe(listener: () => void): () => void {
    const own = (): void => listener()
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  // -- time -----------------------------------------------------------------------------------

  /** The time that is shown. */
  clock(): number {
    return this.playback.mode === 'live' ? this.#now() : this.playback.at
  }

  play(): void {
    this.playback.play(this.#now())
    this.#touch()
  }

  pause(): void {
    this.playback.pause()
    this.#want(this.playback.at)
  }

  live(): void {
    this.playback.live()
    for (const view of this.#views.values()) view.touch()
    if (this.playback.mode !== 'live') this.#want(this.playback.at)
    this.#touch()
  }

  seek(ms: number): void {
    this.#want(this.playback.seek(ms))
  }

  /** Goes so many messages on, or back, of the symbol that was looked at last. */
  step(frames: number, symbol = this.#last): void {
    if (this.playback.mode !== 'paused') this.pause()
    if (symbol !== null) this.#ask(symbol, { do: 'step', symbol, frames })
  }

  speed(times: number): void {
    this.playback.setSpeed(times)
    this.#touch()
  }

  /** What can be jumped to, of all symbols that are looked at. */
  get events(): readonly EventMark[] {
    return [...this.#views.values()].flatMap(({ events }) => events).sort((a, b) => a.time - b.time)
  }

  // -- requests -------------------------------------------------------------------------------

  /** Asks the simulator for a fault; gives the gateway's words if it refuses. */
  async inject(symbol: string, fault: string): Promise<string | null> {
    const { faults = '/sim/faults' } = this.#options
    try {
      const body = JSON.stringify({ symbol, fault })
      const headers = { 'Content-Type': 'application/json' }
      const response = await fetch(faults, { method: 'POST', headers, body })
      return response.ok ? null : await response.text()
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  /** The raw frames around the last fault, or around where playback stands, for `havklo verify`. */
  export(symbol: string): Promise<Blob> {
    const id = (this.#ids += 1)
    const ms = this.playback.mode === 'live' ? null : this.playback.at
    return new Promise((done, failed) => {
      if (!this.#owners.has(symbol)) return failed(new Error(`nothing is kept of ${symbol}`))
      this.#exports.set(id, { done, failed })
      this.#ask(symbol, { do: 'export', id, symbol, ms })
    })
  }

  /** Ends a symbol's engine; the others do not notice. */
  kill(symbol: string): void {
    this.#ask(symbol, { do: 'kill', symbol })
  }

  restart(symbol: string): void {
    this.#ask(symbol, { do: 'restart', symbol })
  }

  close(): void {
    this.#isClosed = true
    for (const helper of this.#helpers) {
      helper.postMessage({ do: 'close' }, [])
      helper.terminate()
    }
    for (const { failed } of this.#exports.values()) failed(new Error('the desk was closed'))
    this.#exports.clear()
  }

  // -- its own --------------------------------------------------------------------------------

  #begin(helper: Helper, place: number, count: number): void {
    const { url = 'wss://ws.kraken.com/v2', depth = 100, detail = 'full', replay } = this.#options
    const ringBytes = Math.floor((this.#options.ringBytes ?? RING_BYTES) / count)
    const symbols = this.#symbols.filter((_, at) => at % count === place)
    for (const symbol of symbols) this.#owners.set(symbol, helper)
    const setup: Setup = { url, symbols, depth, detail, ringBytes }
    helper.addEventListener('message', ({ data }) => this.#hear(helper, data))
    const order: Order =
      replay === undefined ? { do: 'start', setup } : { do: 'replay', url: replay.href, setup: { ...setup, url: '' } }
    helper.postMessage(order, [])
  }

  #view(symbol: string): SymbolView {
    let view = this.#views.get(symbol)
    if (view === undefined) {
      const window = (of: string, seconds: 5 | 30 | 120): void => {
        this.#ask(of, { do: 'window', symbol: of, window: seconds })
        if (this.playback.mode !== 'live') this.seek(this.playback.at)
      }
      const giveBack = (of: string, buffer: ArrayBuffer): void => void this.#spent.push({ symbol: of, buffer })
      view = new SymbolView(symbol, { playback: this.playback, window, giveBack })
      this.#views.set(symbol, view)
      this.#ask(symbol, { do: 'watch', symbol })
      if (this.playback.mode !== 'live') this.#want(this.playback.at)
    }
    return view
  }

  #ask(symbol: string, order: Order): void {
    this.#owners.get(symbol)?.postMessage(order, [])
  }

  #hear(helper: Helper, tell: Tell): void {
    if (this.#isClosed) return
    switch (tell.tell) {
      case 'changes':
        for (const change of tell.changes) this.#change(change)
        this.#giveBack(helper)
        break
      case 'loaded':
        this.#loaded(helper, tell)
        break
      case 'moments':
        this.#isSeeking = false
        for (const moment of tell.moments) this.#views.get(moment.symbol)?.moment(moment)
        if (this.#wanted !== null) this.#want(this.#wanted)
        break
      case 'stepped':
        // Live or playing again: the answer has come too late.
        if (this.playback.mode === 'paused') this.playback.seek(tell.ms)
        break
      case 'exported':
        this.#exports.get(tell.id)?.done(new Blob([tell.text], { type: 'application/x-ndjson' }))
        this.#exports.delete(tell.id)
        break
      case 'engines':
        this.#reports.set(helper, tell.engines)
        break
      case 'failed':
        this.failure = tell.detail
        break
    }
    this.#touch()
  }

  #change(change: Change): void {
    const { from, to, symbol } = change
    const { playback } = this
    if (playback.hasMarket && to !== null) playback.reach(Math.min(from ?? to, to), Math.max(playback.to, to))
    this.#view(symbol).change(change)
  }

  /** Sends the buffers back that a helper's changes have replaced. */
  #giveBack(helper: Helper): void {
    const buffers = this.#spent.splice(0)
    if (buffers.length > 0) helper.postMessage({ do: 'buffers', buffers }, buffers.map(({ buffer }) => buffer))
  }

  #loaded(helper: Helper, { symbols, from, to }: Extract<Tell, { tell: 'loaded' }>): void {
    this.#symbols = symbols
    for (const symbol of symbols) this.#owners.set(symbol, helper)
    for (const symbol of this.#views.keys()) this.#ask(symbol, { do: 'watch', symbol })
    this.playback.reach(from, to)
    const { t } = this.#options
    this.seek(t ?? from)
    if (t === undefined) this.play()
  }

  /** Has a moment shown: one is asked for at a time, and of those wanted meanwhile only the last. */
  #want(ms: number): void {
    this.#wanted = this.#isSeeking ? ms : null
    if (this.#isSeeking || this.#views.size === 0) return
    for (const helper of this.#helpers) {
      const symbols = [...this.#views.keys()].filter((symbol) => this.#owners.get(symbol) === helper)
      if (symbols.length === 0) continue
      this.#isSeeking = true
      helper.postMessage({ do: 'seek', symbols, ms }, [])
    }
  }

  #touch(): void {
    this.#wasDirty = true
    if (this.#isDue || this.#isClosed) return
    this.#isDue = true
    this.#frame(() => this.#turn())
  }

  #turn(): void {
    this.#isDue = false
    if (this.#isClosed) return
    const at = this.playback.tick(this.#now())
    if (at !== null) this.#want(at)
    if (this.#wasDirty) {
      this.#wasDirty = false
      if (this.playback.mode !== 'live') for (const view of this.#views.values()) view.touch()
      for (const listener of [...this.#listeners]) listener()
    }
    if (this.playback.mode === 'replay') this.#touch()
  }
}
