/** The client against the project's own simulated Kraken, over a real connection on this machine. */

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'

import { Client, book, trade } from '../src/index.js'
import type { SessionEvent, SocketClass, Trade, TradeGap } from '../src/index.js'
import { wasm } from './fake.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const SYMBOLS = ['BTC/USD', 'ETH/USD', 'XRP/USD']

// Node 20 has the class only when it is told so (see vitest.config.ts), and its types do not know it.
const { WebSocket } = globalThis as unknown as { readonly WebSocket: SocketClass }

let simulator: ChildProcess | null = null
let client: Client | null = null

afterEach(async () => {
  client?.close()
  await end()
})

/** Starts it, and gives its address. */
async function begin(...options: string[]): Promise<string> {
  const command = `${ROOT}.venv/bin/havklo`
  const flags = ['sim', '--port', '0', '--symbols', SYMBOLS.join(','), ...options]
  simulator = spawn(command, flags, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
  const { stdout } = simulator
  if (stdout === null) throw new Error('the simulator has no output')
  let said = ''
  const started = simulator
  return new Promise((resolve, reject) => {
    started.once('error', reject)
    started.once('exit', () => reject(new Error(`the simulator ended: ${said}`)))
    stdout.on('data', (chunk) => {
      said += String(chunk)
      const [url] = /ws:\/\/[\d.]+:\d+\/v2/.exec(said) ?? []
      if (url !== undefined) resolve(url)
    })
  })
}

async function end(): Promise<void> {
  const ending = simulator
  simulator = null
  if (ending === null || ending.exitCode !== null) return
  ending.kill()
  await once(ending, 'exit')
}

/** Waits for a condition, looked at after each event of the client. */
function until(watched: Client, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const stop = watched.on(() => {
      if (!holds()) return
      stop()
      resolve()
    })
  })
}

test('books come live, lost messages and a lost connection are healed, no trade is lost without a word', async () => {
  const url = await begin('--scenario', fileURLToPath(new URL('storm.toml', import.meta.url)))
  const kraken = new Client({ url, WebSocket, wasm, timings: { snapshot: 1000 } })
  client = kraken
  const events: SessionEvent[] = []
  kraken.on((event) => events.push(event))
  const books = SYMBOLS.map((symbol) => kraken.subscribe(book(symbol, { depth: 25 })))
  const trades = kraken.subscribe(trade('BTC/USD'))
  const told: (Trade | TradeGap)[] = []
  let [proven, isWrong] = [0, false]
  trades.on((event) => told.push(event))
  for (const feed of books) {
    feed.on((event) => {
      proven += 1
      const view = feed.getSnapshot()
      // What is told is in the value already, and what is shown as live is never crossed.
      const best = view.state === 'live' ? [view.value.level('bid', 0), view.value.level('ask', 0)] : []
      isWrong ||= best.length === 2 && (best[0]?.price ?? 0n) >= (best[1]?.price ?? 0n)
      isWrong ||= event.type === 'update' && view.state !== 'live'
    })
  }
  const ready = await Promise.all([...books.map((feed) => feed.ready()), trades.ready()])
  expect(ready.every((outcome) => outcome.ok)).toBe(true)

  const healed = (reasons: readonly string[]) =>
    events.filter((event) => event.kind === 'resync' && event.channel === 'book' && reasons.includes(event.reason))
      .length
  const lost = ['checksum', 'unknown_delete', 'unchanged_level', 'short_side', 'better_refill', 'crossed']
  await until(
    kraken,
    () =>
      healed(lost) >= 3 &&
      healed(['disconnected']) >= 3 &&
      events.some((event) => event.kind === 'connected' && event.again) &&
      books.every((feed) => feed.getSnapshot().state === 'live'),
  )
  expect(proven).toBeGreaterThan(100)
  expect(isWrong).toBe(false)

  // One after the other, or named as missing.
  const numbers = told.map((event) =>
    event.kind === 'trade' ? [event.tradeId, event.tradeId] : [event.first, event.last],
  )
  for (const [place, [first]] of numbers.entries())
    if (place > 0) expect(first).toBe((numbers[place - 1]?.[1] ?? NaN) + 1)
  expect(told.length).toBeGreaterThan(0)

  // And when Kraken is gone, what is shown says so.
  await Promise.all([end(), until(kraken, () => events.at(-1)?.kind === 'connection_lost')])
  expect([...books, trades].map((feed) => feed.getSnapshot().state)).toEqual(Array(4).fill('stale'))
}, 30_000)
