/** The client over a connection in the test's hands: states, values, events, and what it says to whom. */

import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { Client, book, instrument, ohlc, ticker, trade } from '../src/index.js'
import type { BookEvent, BookFeed, ClientOptions, SessionEvent } from '../src/index.js'
import { access, level3 } from '../src/level3.js'
import { FakeSocket, frames, message, orders, printed, socket, sockets, wasm } from './fake.js'

const LOST = frames('life', 'a lost message')
const [SNAPSHOT = '', BAD = '', , , FRESH = '', NEXT = ''] = LOST.frames
const HEARTBEAT = '{"channel":"heartbeat"}'

let clients: Client[] = []

beforeEach(() => {
  vi.useFakeTimers()
  sockets.length = 0
})
afterEach(() => {
  for (const client of clients) client.close()
  clients = []
  expect(vi.getTimerCount(), 'a closed client leaves no timer behind').toBe(0)
  vi.useRealTimers()
})

function made(options: ClientOptions = {}): Client {
  const client = new Client({ WebSocket: FakeSocket, wasm, random: () => 0, ...options })
  clients.push(client)
  return client
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms)
}

/** A book that is live. */
async function live(client: Client): Promise<BookFeed> {
  const feed = client.subscribe(book(LOST.symbol))
  feed.subscribe(() => undefined)
  await pass(0)
  socket().happen('open')
  socket().ack()
  socket().say(SNAPSHOT)
  return feed
}

describe('a book', () => {
  test('is asked for when somebody listens, and not before', async () => {
    const client = made()
    const feed = client.subscribe(book('BTC/USD'))
    expect(feed.getSnapshot()).toEqual({ state: 'connecting' })
    await pass(1000)
    expect(sockets).toHaveLength(0)
    feed.subscribe(() => undefined)
    await pass(0)
    expect(socket().url).toBe('wss://ws.kraken.com/v2')
    socket().happen('open')
    expect(socket().sent).toEqual([
      { method: 'subscribe', req_id: 1, params: { channel: 'book', symbol: ['BTC/USD'], depth: 10, snapshot: true } },
    ])
  })

  test('is live with its verified snapshot, and shown as exact numbers', async () => {
    const client = made()
    const feed = client.subscribe(book(LOST.symbol, { levels: 1 }))
    const ready = feed.ready()
    await pass(0)
    socket().happen('open')
    socket().ack()
    expect(feed.getSnapshot().state).toBe('connecting')
    socket().say(SNAPSHOT)
    expect(await ready).toEqual({ ok: true, value: undefined })
    const view = feed.getSnapshot()
    if (view.state !== 'live') throw new Error(view.state)
    const [price = ''] = view.value.text('bid', 0) ?? []
    expect(SNAPSHOT).toContain(`"price":${price}`)
    expect(view.value.count('bid')).toBe(1)
    expect(view.recvMs).toBe(Date.now())
  })

  test('gives the same snapshot until something changes, and then another one', async () => {
    const client = made()
    const feed = await live(client)
    const listener = vi.fn()
    const stop = feed.subscribe(listener)
    const before = feed.getSnapshot()
    expect(feed.getSnapshot()).toBe(before)
    socket().say(HEARTBEAT)
    expect(feed.getSnapshot()).toBe(before)
    expect(listener).not.toHaveBeenCalled()
    socket().say(FRESH)
    expect(listener).toHaveBeenCalled()
    expect(feed.getSnapshot()).not.toBe(before)
    stop()
    listener.mockClear()
    socket().say(NEXT)
    expect(listener).not.toHaveBeenCalled()
  })

  test('that is desynchronised is a resync with its last values, and live again after a fresh snapshot', async () => {
    const client = made()
    const events: SessionEvent[] = []
    client.on((event) => events.push(event))
    const feed = await live(client)
    const shown = feed.getSnapshot()
    socket().say(BAD)
    expect(feed.getSnapshot()).toEqual({
      state: 'resync',
      last: shown.state === 'live' && shown.value,
      reason: 'checksum',
    })
    expect(socket().said).toEqual(['subscribe book', 'unsubscribe book'])
    socket().ack()
    expect(socket().said.at(-1)).toBe('subscribe book')
    socket().ack()
    await pass(300)
    socket().say(FRESH)
    expect(feed.getSnapshot().state).toBe('live')
    expect(events.find(({ kind }) => kind === 'resync')).toMatchObject({ reason: 'checksum', attempts: 1, tookMs: 300 })
    expect(client.health().resyncs).toBe(1)
  })

  test('of a silent connection is stale and gets older, until the connection speaks again', async () => {
    const client = made()
    const feed = await live(client)
    const listener = vi.fn()
    feed.subscribe(listener)
    await pass(3000)
    expect(feed.getSnapshot()).toMatchObject({ state: 'stale', ageMs: 3000, reason: 'stalled' })
    expect(client.health().isStalled).toBe(true)
    listener.mockClear()
    const before = feed.getSnapshot()
    await pass(999)
    expect(feed.getSnapshot()).toBe(before)
    await pass(1)
    expect(listener).toHaveBeenCalledOnce()
    expect(feed.getSnapshot()).toMatchObject({ state: 'stale', ageMs: 4000 })
    socket().say(HEARTBEAT)
    expect(feed.getSnapshot()).toMatchObject({ state: 'resync', reason: 'stalled' })
    socket().ack()
    socket().ack()
    socket().say(FRESH)
    expect(feed.getSnapshot().state).toBe('live')
  })

  test('of a lost connection is stale, and comes back over the next one', async () => {
    const client = made()
    const events: SessionEvent[] = []
    client.on((event) => events.push(event))
    const feed = await live(client)
    socket().happen('close', { code: 1006, reason: '' })
    expect(feed.getSnapshot()).toMatchObject({ state: 'stale', reason: 'disconnected' })
    expect(events.at(-1)).toMatchObject({ kind: 'connection_lost', code: null, retryInMs: 0 })
    expect(sockets).toHaveLength(2)
    socket().happen('open')
    socket().ack()
    socket().say(FRESH)
    expect(feed.getSnapshot().state).toBe('live')
  })

  test('over a connection that stays silent is given up for another, and the old one is heard no more', async () => {
    const client = made()
    const feed = await live(client)
    const events: SessionEvent[] = []
    client.on((event) => events.push(event))
    const old = socket()
    await pass(10_000)
    expect(old.isClosed).toBe(true)
    expect(sockets).toHaveLength(2)
    events.length = 0
    old.say(FRESH)
    old.say(HEARTBEAT)
    old.happen('close', { code: 1006 })
    expect(events).toEqual([])
    expect(feed.getSnapshot().state).toBe('stale')
    expect(sockets).toHaveLength(2)
  })

  test('that is settled keeps its connection alive by its own messages', async () => {
    const client = made({ timings: { settleUpdates: 1 } })
    const feed = await live(client)
    socket().say(FRESH)
    socket().say(NEXT)
    await pass(2500)
    // The session is not told of this one; when the time has come, it learns that something was heard.
    socket().say(FRESH)
    await pass(2400)
    expect(feed.getSnapshot().state).toBe('live')
    await pass(600)
    expect(feed.getSnapshot().state).toBe('stale')
  })

  test('that is silent while its connection speaks is looked into', async () => {
    const client = made()
    const events: SessionEvent[] = []
    client.on((event) => events.push(event))
    await live(client)
    for (let second = 0; second < 125; second += 1) {
      const ping = socket().sent.findLast(({ method }) => method === 'ping')
      socket().say(JSON.stringify({ method: 'pong', req_id: ping?.req_id }))
      await pass(1000)
    }
    expect(events.find(({ kind }) => kind === 'silent')).toMatchObject({ symbol: LOST.symbol, silentMs: 120_000 })
    expect(socket().said).toEqual(['subscribe book', 'unsubscribe book', 'subscribe book'])
  })

  test('of a new connection begins with a snapshot: an update before it is not told', async () => {
    const client = made()
    const feed = await live(client)
    const events: BookEvent[] = []
    feed.on((event) => events.push(event))
    socket().say(FRESH)
    socket().happen('close', { code: 1006 })
    socket().happen('open')
    socket().ack()
    socket().say(NEXT)
    expect(events.map(({ type }) => type)).toEqual(['snapshot'])
  })

  test('tells its messages with what they changed', async () => {
    const client = made()
    const events: BookEvent[] = []
    const feed = await live(client)
    const stop = feed.on((event) => events.push(event))
    socket().say(FRESH)
    socket().say(NEXT)
    stop()
    socket().say(FRESH)
    expect(events.map(({ kind, type, symbol }) => [kind, type, symbol])).toEqual([
      ['book', 'snapshot', LOST.symbol],
      ['book', 'update', LOST.symbol],
    ])
    expect(events[1]?.changes).toHaveLength(
      (JSON.parse(NEXT) as { data: [{ bids: []; asks: [] }] }).data[0].bids.length +
        (JSON.parse(NEXT) as { data: [{ bids: []; asks: [] }] }).data[0].asks.length,
    )
    expect(events[1]?.changes.every((change) => typeof change.price === 'bigint')).toBe(true)
  })

  test('of the old subscription is not told while the new one is awaited', async () => {
    const client = made()
    const feed = await live(client)
    const events: BookEvent[] = []
    feed.on((event) => events.push(event))
    client.resync(feed)
    // The unsubscribe is on its way: a snapshot that comes now is nobody's.
    socket().say(FRESH)
    expect(events).toEqual([])
    expect(feed.getSnapshot().state).toBe('resync')
  })

  test('that Kraken does not have is closed with its words', async () => {
    const client = made()
    const feed = client.subscribe(book('NO/NE'))
    const ready = feed.ready()
    await pass(0)
    socket().happen('open')
    socket().say(
      '{"error":"Currency pair not supported NO/NE","method":"subscribe","req_id":1,"success":false,"symbol":"NO/NE"}',
    )
    const error = {
      kind: 'subscription_error',
      symbol: 'NO/NE',
      channel: 'book',
      error: 'Currency pair not supported NO/NE',
    }
    expect(await ready).toEqual({ ok: false, error })
    expect(feed.getSnapshot()).toEqual({ state: 'closed', last: null, error })
    expect(socket().isClosed).toBe(true)
  })

  test('at another depth is a conflict, the same one is the same feed', async () => {
    const client = made()
    const feed = await live(client)
    const other = client.subscribe(book(LOST.symbol, { depth: 25 }))
    expect(other.getSnapshot()).toEqual({
      state: 'closed',
      last: null,
      error: { kind: 'conflict', symbol: LOST.symbol, channel: 'book' },
    })
    const again = client.subscribe(book(LOST.symbol))
    expect(again).toBe(feed)
    again.close()
    expect(feed.getSnapshot().state).toBe('live')
    feed.close()
    expect(feed.getSnapshot()).toMatchObject({ state: 'closed', error: null })
    expect(socket().said.at(-1)).toBe('unsubscribe book')
    socket().ack()
    expect(socket().isClosed).toBe(true)
  })

  test('fails if the engine can not be had, and is there when somebody asks again', async () => {
    const bytes = readFileSync(new URL('../../engine/havklo.wasm', import.meta.url))
    const fetched = vi.fn(() => Promise.resolve(new Response(bytes)))
    fetched.mockRejectedValueOnce(new Error('offline'))
    vi.stubGlobal('fetch', fetched)
    const client = made({ wasm: new URL('https://example.com/havklo.wasm') })
    expect(await client.subscribe(book('BTC/USD')).ready()).toMatchObject({ ok: false, error: { kind: 'unreachable' } })
    expect(sockets).toHaveLength(0)
    client.subscribe(book('BTC/USD')).subscribe(() => undefined)
    await vi.waitFor(() => socket())
    vi.unstubAllGlobals()
  })
})

describe('the other channels', () => {
  test('trades come once and in order, and those that a snapshot repairs as such', async () => {
    const client = made()
    const feed = client.subscribe(trade('BTC/USD', { keep: 3 }))
    const told: string[] = []
    feed.on((event) =>
      told.push(event.kind === 'trade' ? `${event.tradeId} ${event.source}` : `${event.first}-${event.last}`),
    )
    expect(feed.getSnapshot()).toEqual({ state: 'connecting' })
    await pass(0)
    socket().happen('open')
    socket().ack()
    socket().say(message('trade', 'snapshot', [printed(1)]))
    socket().say(message('trade', 'update', [printed(2)]))
    socket().say(message('trade', 'update', [printed(4)]))
    expect(feed.getSnapshot().state).toBe('resync')
    socket().ack()
    socket().ack()
    socket().say(message('trade', 'snapshot', [printed(2), printed(3), printed(4)]))
    expect(told).toEqual(['1 snapshot', '2 live', '3 repair', '4 live'])
    const view = feed.getSnapshot()
    expect(view.state === 'live' && view.value.map((event) => event.kind === 'trade' && event.tradeId)).toEqual([
      2, 3, 4,
    ])
  })

  test('a ticker shows its latest numbers as they were sent', async () => {
    const client = made()
    const feed = client.subscribe(ticker('BTC/USD', { trigger: 'bbo' }))
    feed.subscribe(() => undefined)
    await pass(0)
    socket().happen('open')
    expect(socket().sent[0]?.params).toMatchObject({ event_trigger: 'bbo' })
    socket().ack()
    const numbers = '"bid":60000.10,"bid_qty":1.50000000,"ask":60000.2,"ask_qty":1e-8,"last":60000.10'
    const day = '"volume":12345678901234567890.12345678,"vwap":1,"low":1,"high":1,"change":-429.30,"change_pct":-0.51'
    socket().say(`{"channel":"ticker","type":"snapshot","data":[{"symbol":"BTC/USD",${numbers},${day}}]}`)
    expect(feed.getSnapshot()).toMatchObject({
      state: 'live',
      value: {
        bid: '60000.10',
        bidQty: '1.50000000',
        askQty: '0.00000001',
        volume: '12345678901234567890.12345678',
        change: '-429.30',
      },
    })
  })

  test('candles replace those of the same beginning, and instruments those of the same name', async () => {
    const client = made()
    const [candles, listing] = [client.subscribe(ohlc('BTC/USD', { interval: 5 })), client.subscribe(instrument())]
    for (const feed of [candles, listing]) feed.subscribe(() => undefined)
    await pass(0)
    socket().happen('open')
    socket().ack()
    const candle = (minute: number, close: number) => ({
      symbol: 'BTC/USD',
      open: 1,
      high: 2,
      low: 1,
      close,
      vwap: 1,
      trades: 1,
      volume: 1,
      interval_begin: `2026-11-22T00:${String(minute).padStart(2, '0')}:00.000000000Z`,
      interval: 5,
    })
    socket().say(message('ohlc', 'snapshot', [candle(5, 1.1), candle(10, 1.2)]))
    socket().say(message('ohlc', 'update', [candle(10, 1.3), candle(15, 1.4)]))
    const view = candles.getSnapshot()
    expect(view.state === 'live' && view.value.map(({ close }) => close)).toEqual(['1.1', '1.3', '1.4'])
    const pair = (symbol: string, status: string) => ({
      symbol,
      base: 'B',
      quote: 'Q',
      status,
      price_precision: 1,
      qty_precision: 8,
    })
    socket().say(
      message('instrument', 'snapshot', {
        assets: [{ id: 'B' }],
        pairs: [pair('B/Q', 'online'), pair('C/Q', 'online')],
      }),
    )
    socket().say(message('instrument', 'update', { pairs: [pair('B/Q', 'maintenance')] }))
    const listed = listing.getSnapshot()
    if (listed.state !== 'live') throw new Error(listed.state)
    expect([...listed.value.pairs.values()].map(({ symbol, status }) => `${symbol} ${status}`)).toEqual([
      'B/Q maintenance',
      'C/Q online',
    ])
    expect(listed.value.assets.get('B')).toMatchObject({ precision: null })
    // A new list holds no more than it says.
    socket().say(message('instrument', 'snapshot', { assets: [], pairs: [pair('C/Q', 'online')] }))
    const anew = listing.getSnapshot()
    expect(anew.state === 'live' && [anew.value.assets.size, ...anew.value.pairs.keys()]).toEqual([0, 'C/Q'])
    await pass(3000)
    expect(listing.getSnapshot()).toMatchObject({ state: 'stale', ageMs: 3000 })
  })
})

describe('the client', () => {
  test("gives level 3 a token of the user's own", async () => {
    const token = vi.fn(() => Promise.resolve({ ok: true, value: 'T' } as const))
    token.mockRejectedValueOnce(new Error('later'))
    const client = made({ url: 'wss://ws-l3.kraken.com/v2', wasm: orders, level3: access({ token }) })
    client.subscribe(level3('BTC/USD', { depth: 100 })).subscribe(() => undefined)
    await pass(0)
    socket().happen('open')
    await pass(0)
    expect(socket().requests).toEqual([])
    await pass(500)
    expect(socket().sent[0]?.params).toMatchObject({ channel: 'level3', depth: 100, token: 'T' })
    expect(token.mock.calls).toEqual([[null], [null]])
    expect(await made().subscribe(level3('BTC/USD')).ready()).toMatchObject({ ok: false, error: { kind: 'no_level3' } })
  })

  test('without a WebSocket says so, and fails in time', async () => {
    vi.stubGlobal('WebSocket', undefined)
    const client = new Client({ wasm })
    clients.push(client)
    const ready = client.subscribe(ticker('BTC/USD')).ready()
    await pass(10_000)
    expect(await ready).toMatchObject({
      ok: false,
      error: {
        kind: 'subscribe_timeout',
        error: 'no verified snapshot within 10 s; there is no WebSocket here: hand one in',
      },
    })
    vi.unstubAllGlobals()
  })

  test("takes a message that is no text, or none of Kraken's, for a fault", async () => {
    const client = made()
    const feed = await live(client)
    const events: SessionEvent[] = []
    client.on((event) => events.push(event))
    socket().happen('message', { data: new ArrayBuffer(1) })
    expect(events.at(-1)).toMatchObject({ kind: 'malformed' })
    expect(feed.getSnapshot()).toMatchObject({ state: 'resync', reason: 'malformed' })
    socket().say('{')
    expect(events.filter(({ kind }) => kind === 'malformed')).toHaveLength(2)
  })

  test('tells the round trip, and what it has heard lately', async () => {
    const client = made()
    await live(client)
    await pass(1000)
    const ping = socket().sent.find(({ method }) => method === 'ping')
    await pass(40)
    const time = '2026-11-22T00:00:00.000000Z'
    socket().say(JSON.stringify({ method: 'pong', req_id: ping?.req_id, time_in: time, time_out: time }))
    await pass(7)
    expect(client.health()).toEqual({ link: 'open', isStalled: false, ageMs: 7, roundTripMs: 40, resyncs: 0 })
  })

  test('lets no handler suffer from another: what one throws is an uncaught error', async () => {
    const client = made()
    const uncaught: string[] = []
    const microtask = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => {
      try {
        task()
      } catch (error) {
        uncaught.push(String(error))
      }
    })
    const heard: string[] = []
    client.on(() => {
      throw new Error('mine')
    })
    client.on(({ kind }) => heard.push(kind))
    await live(client)
    expect(heard).toEqual(['connected'])
    expect(uncaught).toEqual(['Error: mine'])
    microtask.mockRestore()
  })

  test('that was closed says nothing more', async () => {
    const client = made()
    const feed = await live(client)
    client.close()
    expect(socket().isClosed).toBe(true)
    expect(feed.getSnapshot()).toMatchObject({ state: 'closed', error: null })
    expect(await client.subscribe(ticker('BTC/USD')).ready()).toMatchObject({ ok: false, error: { kind: 'closed' } })
    await pass(60_000)
    expect(sockets).toHaveLength(1)
  })
})
