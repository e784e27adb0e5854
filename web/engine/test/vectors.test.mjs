/** Every shared vector goes through the WebAssembly module: the browser's engine says what Python's says. */

import assert from 'node:assert/strict'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'

import { Engine, compiled, exportsOf } from './module.mjs'

const VECTORS = new URL('../../../vectors/', import.meta.url)
const load = (name) => JSON.parse(readFileSync(new URL(name, VECTORS), 'utf8'))
const names = (folder) => readdirSync(new URL(folder, VECTORS)).filter((name) => name.endsWith('.json'))

/** A sum that is null in a vector is not judged. */
function judged(said, expected) {
  if (typeof expected === 'string' || !expected.desync || !said.desync) return said
  const desync = { ...said.desync }
  for (const key of ['expected', 'computed']) if (expected.desync[key] === null) desync[key] = null
  return { desync }
}

function start(wasm, story) {
  const engine = new Engine(wasm, story.rules)
  const books = new Map()
  for (const { symbol, depth, precision } of story.track) books.set(symbol, engine.track(symbol, depth, precision))
  return { engine, books }
}

function take(step, engine, books) {
  if ('frame' in step) {
    assert.deepEqual(judged(engine.receive(step.frame), step.expect), step.expect)
  } else if ('read' in step) {
    const { symbol, state, bids, asks } = step.read
    assert.equal(engine.state(books.get(symbol)), state)
    const said = engine.read(books.get(symbol))
    const shown = bids === null ? [said.bids ?? [], said.asks ?? []] : [said.bids, said.asks]
    assert.deepEqual(shown, bids === null ? [[], []] : [bids, asks])
  } else if ('suspend' in step) {
    engine.suspend(step.suspend === null ? null : books.get(step.suspend))
    for (const [symbol, book] of books) {
      if (step.suspend === null || step.suspend === symbol) assert.match(engine.state(book), /awaiting|closed/)
    }
  } else if ('untrack' in step) {
    engine.untrack(books.get(step.untrack))
  } else {
    assert.ok('track' in step, `an unknown step: ${JSON.stringify(step)}`)
    books.set(step.track.symbol, engine.track(step.track.symbol, step.track.depth))
  }
}

const wasm = await exportsOf()

for (const name of names('frames/')) {
  for (const story of load(`frames/${name}`)) {
    test(`${name}: ${story.name}`, () => {
      const { engine, books } = start(wasm, story)
      story.steps.forEach((step, index) => {
        try {
          take(step, engine, books)
        } catch (error) {
          error.message = `step ${index}: ${JSON.stringify(step).slice(0, 400)}\n${error.message}`
          throw error
        }
      })
      engine.free()
    })
  }
}

for (const { name, bids, asks, checksum } of load('checksum/book.json')) {
  test(`checksum: ${name}`, () => {
    const side = (levels) => levels.map(([price, qty]) => `{"price":${price},"qty":${qty}}`).join(',')
    const frame = (sum) =>
      `{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[${side(bids)}],"asks":[${side(asks)}],"checksum":${sum}}]}`
    const engine = new Engine(wasm)
    const book = engine.track('BTC/USD', 25)
    const wrong = (checksum ^ 1) >>> 0
    const desync = { symbols: ['BTC/USD'], reason: 'checksum', expected: wrong, computed: checksum }
    assert.deepEqual(engine.receive(frame(wrong)), { desync })
    assert.equal(engine.receive(frame(checksum)).update.checksum, checksum)
    assert.equal(engine.state(book), 'live')
    engine.free()
  })
}

test('the module imports nothing', async () => {
  assert.deepEqual(WebAssembly.Module.imports(await compiled), [])
})

test('the module is small enough to be waited for', () => {
  const file = new URL('../havklo.wasm', import.meta.url)
  const packed = gzipSync(readFileSync(file), { level: 9 }).length
  assert.ok(packed <= 24 * 1024, `${statSync(file).size} bytes, ${packed} with gzip`)
})

test('settings that Kraken does not offer are refused', () => {
  const engine = new Engine(wasm)
  for (const depth of [0, 1, 11, 1001]) assert.throws(() => engine.track('BTC/USD', depth), RangeError)
  assert.throws(() => engine.track('BTC/USD', 10, [29, 8]), RangeError)
  engine.free()
})

test('the header tells what a health panel needs', () => {
  const engine = new Engine(wasm)
  const book = engine.track('BTC/USD', 10)
  const frame = load('frames/life.json')[0].steps.find((step) => step.expect?.update).frame
  engine.receive(frame, 1_785_644_622_178.5)
  engine.receive(frame.replace('"snapshot"', '"update"').replace('45283.5', '45283.6'), 1_785_644_622_179)
  const { messages, verified, ignored, desyncs, recvNs, proven, state, bids, fault, timestamp } = engine.read(book)
  assert.deepEqual(
    { messages, verified, ignored, desyncs, proven, state, bids },
    { messages: 2, verified: 1, ignored: 0, desyncs: 1, proven: 10, state: 'desynced', bids: [] },
  )
  assert.equal(recvNs, 1_785_644_622_178_500_000n)
  assert.equal(timestamp, '2026-08-02T04:23:42.000001Z')
  assert.equal(fault.reason, 'checksum')
  assert.equal(fault.expected, 3310070434)
  assert.notEqual(fault.computed, 3310070434)
  engine.receive(frame)
  assert.equal(engine.read(book).fault, null)
  assert.equal(engine.receive('{'), 'malformed')
  const { offset, expected } = engine.refusal()
  assert.equal(offset, 1)
  assert.match(expected, /string|key/)
  engine.free()
})

test('a read gives no more levels than asked for', () => {
  const engine = new Engine(wasm)
  const book = engine.track('BTC/USD', 10)
  engine.receive(load('frames/life.json')[0].steps.find((step) => step.expect?.update).frame)
  assert.deepEqual(engine.read(book, 1).bids, [['45283.5', '0.10000000']])
  assert.deepEqual(engine.read(book, 0).asks, [])
  assert.equal(engine.read(book).asks.length, 10)
  engine.free()
})

test('engines that come and go leave no memory behind', () => {
  const story = load('frames/window.json').find(({ name }) => name === 'depth 100')
  const live = () => {
    const { engine, books } = start(wasm, story)
    for (const step of story.steps) take(step, engine, books)
    engine.free()
  }
  for (let round = 0; round < 20; round += 1) live()
  const settled = wasm.memory.buffer.byteLength
  for (let round = 0; round < 200; round += 1) live()
  assert.equal(wasm.memory.buffer.byteLength, settled)
})
