/**
 * What a message costs in the browser's engine, beside `JSON.parse` of the same text alone.
 *
 *     node benches/web/engine.mjs ROUNDS CHANNEL:DEPTH:FILE ...
 *
 * A file holds a stream, a message a line, the snapshot first. The contenders take turns, round by round, each time on a
 * fresh engine; what is written, as JSON, is every round's microseconds a message.
 */

import { readFileSync } from 'node:fs'

import { Engine, load, loadLevel3 } from '../../web/engine/dist/index.js'

const SYMBOL = 'BTC/USD'
const SHOWN = 25

const modules = { book: value(await load()), level3: value(await loadLevel3()) }
const [rounds, ...streams] = process.argv.slice(2)
const samples = {}

for (const stream of streams) {
  const [channel, depth, file] = stream.split(':')
  const messages = readFileSync(file, 'utf8').split('\n')
  const contenders = {
    'JSON.parse': () => parse(messages),
    apply: () => take(channel, Number(depth), messages, (engine, text) => engine.apply(text)),
    'apply and frame': () => take(channel, Number(depth), messages, (engine, text) => engine.applyAndGet(text, SHOWN)),
    'apply and frame into one buffer': () => {
      const pool = new ArrayBuffer(1 << 16)
      return take(channel, Number(depth), messages, (engine, text, book) => {
        const outcome = engine.apply(text)
        book.frame(SHOWN, pool)
        return outcome
      })
    },
  }
  for (const run of Object.values(contenders)) run()
  for (let round = 0; round < Number(rounds); round += 1) {
    for (const [name, run] of Object.entries(contenders)) {
      const key = `${channel} d${depth}/${name}`
      samples[key] = [...(samples[key] ?? []), run()]
    }
  }
}

process.stdout.write(JSON.stringify(samples))

/** The text is read and thrown away; one field of it is used, so that nothing can be left out. */
function parse(messages) {
  let sum = 0
  const began = performance.now()
  for (const text of messages) sum += JSON.parse(text).data[0].checksum
  const spent = performance.now() - began
  if (!(sum > 0)) throw new Error('no message has a checksum')
  return (spent * 1000) / messages.length
}

function take(channel, depth, messages, step) {
  const engine = new Engine(modules[channel])
  const book = value(engine.track(SYMBOL, { channel, depth }))
  let proven = 0
  const began = performance.now()
  for (const text of messages) if (step(engine, text, book).kind === 'update') proven += 1
  const spent = performance.now() - began
  if (proven !== messages.length) throw new Error(`${messages.length - proven} messages were not proven`)
  return (spent * 1000) / messages.length
}

function value(result) {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}
