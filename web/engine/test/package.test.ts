/** How the package gets into a page, a worker, node or a server's render, and what it weighs there. */

import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { gzipSync } from 'node:zlib'

import { Engine, Fill, Frame, load, loadFill, loadLevel3, plain } from '@havklo/kraken-wasm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { Teller, modules, pairs, value } from './teller.js'
import { vectors } from './vectors.js'
import type { Story } from './vectors.js'

const here = new URL('../', import.meta.url)
const [havklo, level3, fill] = await Promise.all(
  ['havklo.wasm', 'level3.wasm', 'fill.wasm'].map((name) => readFile(new URL(name, here))),
)

/** A snapshot of BTC/USD at depth 10 whose sum holds. */
function snapshot(): string {
  const steps = vectors<Story>('frames/life.json')[0]?.steps ?? []
  for (const step of steps)
    if ('frame' in step && typeof step.expect === 'object' && 'update' in step.expect) return step.frame
  throw new Error('no snapshot in frames/life.json')
}

const BOOK = { track: [{ symbol: 'BTC/USD', depth: 10 }] } as const

describe('the modules', () => {
  test.each([
    ['levels', havklo, 24],
    ['levels and orders', level3, 38],
    ['fills', fill, 9],
  ])('of %s import nothing, and are small enough to be waited for', async (_, bytes, kilobytes) => {
    const module = await WebAssembly.compile(bytes ?? new Uint8Array())
    expect(WebAssembly.Module.imports(module)).toEqual([])
    expect(gzipSync(bytes ?? '', { level: 9 }).length).toBeLessThanOrEqual(kilobytes * 1024)
  })

  test('come from bytes, a compiled module, and the code itself', async () => {
    for (const source of [havklo, modules.book, 'inline'] as const) {
      const book = value(new Engine(value(await load(source))).track('BTC/USD', { depth: 10 }))
      expect(book.state).toBe('awaiting')
    }
    const options = { depth: 100, channel: 'level3' } as const
    expect(new Engine(value(await loadLevel3('inline'))).track('BTC/USD', options).ok).toBe(true)
    const queue = { queue: 1, marketRate: 1, cancelRate: 0, within: 1 }
    expect(value(new Fill(value(await loadFill('inline'))).fillWithin(queue))).toBeCloseTo(1 - Math.exp(-1), 12)
  })

  describe('over HTTP', () => {
    const server = createServer((request, response) => {
      const found = request.url === '/havklo.wasm'
      response.writeHead(found ? 200 : 404).end(found ? havklo : '')
    })
    const at = (path: string) => new URL(path, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)

    beforeAll(() => new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening)))
    afterAll(() => void server.close())

    test('come from an address', async () => {
      expect(new Engine(value(await load(at('/havklo.wasm')))).track('BTC/USD', { depth: 10 }).ok).toBe(true)
    })

    test('that is not theirs are an error with its status', async () => {
      const url = at('/nothing.wasm')
      expect(await load(url)).toEqual({ ok: false, error: { kind: 'refused', url: url.href, status: 404 } })
    })
  })

  test('that are none are errors', async () => {
    const gone = await load(new URL('gone.wasm', here))
    expect(gone.ok || gone.error.kind).toBe('unreachable')
    const junk = await load(new Uint8Array([1, 2, 3]))
    expect(junk.ok || junk.error.kind).toBe('unusable')
    const other = await load(fill)
    expect(other.ok || other.error.kind).toBe('unusable')
    const levels = await loadLevel3(havklo)
    expect(levels.ok || levels.error.kind).toBe('unusable')
  })

  test('are touched by nobody who only imports the package', async () => {
    const script = `
      for (const name of ['window', 'document', 'fetch', 'WebAssembly', 'location', 'navigator', 'atob'])
        Object.defineProperty(globalThis, name, { get() { throw new Error(name + ' was touched') } })
      const { Engine, load } = await import(${JSON.stringify(new URL('dist/index.js', here).href)})
      if (typeof Engine !== 'function' || typeof load !== 'function') throw new Error('nothing is exported')
      process.stdout.write('untouched')`
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
    expect((await run).stdout).toBe('untouched')
  })
})

describe('an engine', () => {
  test('refuses settings that Kraken does not offer', () => {
    const engine = new Engine(modules.level3)
    const refused = [
      ...[0, -1, 1, 11, 1001, 10.5, Number.NaN].map((depth) => ({ depth })),
      { depth: 25, channel: 'level3' as const },
      { depth: 10, precision: { price: 29, qty: 8 } },
      { depth: 10, precision: { price: -1, qty: -1 } },
      { depth: 10, precision: { price: 1, qty: 300 } },
    ]
    for (const options of refused) {
      expect(engine.track('BTC/USD', options)).toEqual({
        ok: false,
        error: { kind: 'bad_settings', symbol: 'BTC/USD', options },
      })
    }
    for (const symbol of ['', 'BTC/ÜSD']) expect(engine.track(symbol, { depth: 10 }).ok).toBe(false)
    const options = { depth: 10, channel: 'level3' } as const
    expect(new Engine(modules.book).track('BTC/USD', options)).toMatchObject({ error: { kind: 'no_level3' } })
  })

  test('tells in a frame what a health panel needs', () => {
    const teller = new Teller(BOOK, 'book')
    const book = teller.book('BTC/USD')
    const frame = snapshot()
    const { engine } = teller
    expect(engine.apply(frame, 1_785_644_622_178.5)).toEqual({ kind: 'update', book, snapshot: true })
    const wrong = engine.apply(frame.replace('"snapshot"', '"update"').replace('45283.5', '45283.6'), 1_785_644_622_179)
    expect(wrong).toMatchObject({ kind: 'desync', books: [book], fault: { reason: 'checksum', expected: 3310070434 } })
    expect(engine.outcome).toBe(wrong)
    const told = teller.frame(book)
    expect({
      ...{ messages: told.messages, verified: told.verified, ignored: told.ignored, desyncs: told.desyncs },
      ...{ snapshots: told.snapshots, checksumFaults: told.checksumFaults, proven: told.provenDepth, book: told.book },
      ...{ state: told.state, channel: told.channel, bids: told.count('bid'), received: told.received },
    }).toEqual({
      ...{ messages: 2, verified: 1, ignored: 0, desyncs: 1, snapshots: 1, checksumFaults: 1, proven: 10, book: 0 },
      ...{ state: 'desynced', channel: 'book', bids: 0, received: 1_785_644_622_178_500_000n },
    })
    expect(told.timestamp).toBe('2026-08-02T04:23:42.000001Z')
    expect(told.exchange).toBe(1_785_644_622_000_001_000n)
    expect(told.fault).toMatchObject({ reason: 'checksum', expected: 3310070434 })
    engine.apply(frame)
    expect(teller.frame(book).fault).toBeNull()
    expect(engine.apply('{')).toMatchObject({
      kind: 'malformed',
      offset: 1,
      expected: expect.stringMatching(/string|key/),
    })
    expect(engine.apply(new TextEncoder().encode('{"channel":"heartbeat"}'))).toEqual({ kind: 'ignored' })
    engine.untrack(book)
    expect([book.state, book.frame(), book.orders('bid', 0), book.place('O1'), book.oracle()]).toEqual([
      'closed',
      null,
      [],
      null,
      null,
    ])
  })

  test('gives no more levels than asked for, into the buffer that it is given if that is large enough', () => {
    const teller = new Teller(BOOK, 'book')
    const book = teller.book('BTC/USD')
    const { frame } = teller.engine.applyAndGet(snapshot(), 1)
    expect(frame === null ? null : pairs(frame, 'bid')).toEqual([['45283.5', '0.10000000']])
    expect([frame?.count('ask'), frame?.level('bid', 1), frame?.text('ask', -1)]).toEqual([1, null, null])
    const pool = new ArrayBuffer(4096)
    expect(book.frame(10, pool)).toBe(pool)
    expect(new Frame(pool).count('ask')).toBe(10)
    expect(teller.engine.applyAndGet(snapshot(), 2, 0, pool).frame?.buffer).toBe(pool)
    expect(new Frame(pool).count('ask')).toBe(2)
    expect(book.frame(10, new ArrayBuffer(8))?.byteLength).toBe(8 * (27 + 40))
    expect(teller.engine.applyAndGet('{}', 1)).toEqual({ kind: 'ignored', frame: null })
    expect(() => new Frame(new ArrayBuffer(8 * 27))).toThrow(RangeError)
  })

  test('tells what a message changed', () => {
    const { engine } = new Teller(BOOK, 'book')
    engine.apply(snapshot())
    const changes = engine.changes()
    expect(changes).toHaveLength(20)
    expect(changes[0]).toEqual({ kind: 'level', side: 'bid', price: 452835n, qty: 10_000_000n })
    engine.apply('{"channel":"heartbeat"}')
    expect(engine.changes()).toEqual([])
  })

  test('reads names that are not ASCII and frames that are longer in UTF-8 than in UTF-16', () => {
    const { engine } = new Teller(BOOK, 'book')
    expect(engine.apply(`{"channel":"${'ü'.repeat(50_000)}"}`)).toEqual({ kind: 'ignored' })
    expect(engine.apply(snapshot())).toMatchObject({ kind: 'update' })
  })

  test('keeps its memory through resyncs', () => {
    const story = vectors<Story>('frames/window.json').find(({ name }) => name === 'depth 100')
    if (story === undefined) throw new Error('no story of depth 100')
    const teller = new Teller(story, 'book')
    const sizes: number[] = []
    for (let round = 0; round < 60; round += 1) {
      for (const step of story.steps) if ('frame' in step) teller.receive(step.frame)
      teller.engine.suspend()
      sizes.push(teller.engine.memory)
    }
    expect(sizes.at(-1)).toBe(sizes[10])
    expect(sizes.at(-1)).toBeLessThan(2 ** 20)
  })

  test('works in a worker, whose frames are transferred', async () => {
    const script = `
      import { parentPort, workerData } from 'node:worker_threads'
      const { Engine } = await import(workerData.url)
      const engine = new Engine(workerData.module)
      const { value: book } = engine.track('BTC/USD', { depth: 10 })
      engine.apply(workerData.frame)
      const buffer = book.frame(10)
      parentPort.postMessage(buffer, [buffer])
      parentPort.postMessage(buffer.byteLength)`
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`), {
      workerData: { url: new URL('dist/index.js', here).href, module: modules.book, frame: snapshot() },
    })
    const messages: unknown[] = []
    await new Promise<void>((done, fail) => {
      worker.on('error', fail)
      worker.on('message', (message: unknown) => messages.push(message) === 2 && done())
    })
    await worker.terminate()
    const [buffer, left] = messages
    expect(left).toBe(0)
    if (!(buffer instanceof ArrayBuffer)) throw new Error('no buffer came')
    expect(new Frame(buffer).text('bid', 0)).toEqual(['45283.5', '0.10000000'])
  })
})

test('an integer becomes its exact text', () => {
  expect([plain(0n, 0), plain(5n, 3), plain(-5n, 1), plain(10n ** 28n, 8), plain(123n, 2)]).toEqual([
    '0',
    '0.005',
    '-0.5',
    '100000000000000000000.00000000',
    '1.23',
  ])
})
