/**
 * The browser's engine in the place of Python's: reads what `wasm_python.py` writes, answers as it would.
 *
 * A batch of commands ends with a line of one point; the answers, a line each, are written then, so that neither side ever
 * waits for the other to read. A command is the number of an engine, a letter, and its argument up to the line's end:
 * `f` takes in a frame, `s` suspends all books, `r` reads the book of a symbol.
 */

import { writeSync } from 'node:fs'

import { Engine, Frame, load, loadLevel3, plain } from '../../web/engine/dist/index.js'

const modules = { book: value(await load()), level3: value(await loadLevel3()) }
let tellers = null

/** The engines, out of their description in JSON. */
function begin(line) {
  tellers = JSON.parse(line.toString()).map((engine) => new Teller(engine))
  return `${tellers.length}`
}

async function* batches(stream) {
  let [rest, batch] = [Buffer.alloc(0), []]
  for await (const chunk of stream) {
    const bytes = Buffer.concat([rest, chunk])
    let at = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, at)) {
      const line = bytes.subarray(at, end)
      at = end + 1
      if (line.length !== 1 || line[0] !== 46) {
        batch.push(line)
        continue
      }
      yield batch
      batch = []
    }
    rest = bytes.subarray(at)
  }
}

class Teller {
  constructor({ channel, depth, symbols }) {
    this.channel = channel
    this.engine = new Engine(modules[channel])
    this.books = new Map(symbols.map((symbol) => [symbol, value(this.engine.track(symbol, { depth, channel }))]))
  }

  answer(line) {
    const argument = line.subarray(2)
    if (line[1] === 102) return this.receive(argument)
    if (line[1] === 114) return this.read(this.books.get(argument.toString()))
    this.engine.suspend()
    return 'suspended'
  }

  receive(frame) {
    const outcome = this.engine.applyAndGet(frame, 1)
    if (outcome.kind === 'desync') {
      const { reason, expected, computed } = outcome.fault
      return `desync ${outcome.books.map(({ symbol }) => symbol)} ${reason} ${expected} ${computed}`
    }
    if (outcome.kind !== 'update') return outcome.kind
    const { book, snapshot, frame: top } = outcome
    const { price, qty } = top.decimals
    const told = this.engine
      .changes()
      .map((change) =>
        change.kind === 'level'
          ? [change.side, plain(change.price, price), plain(change.qty, qty)]
          : [
              ...[change.side, change.event, change.cause, change.orderId, plain(change.price, price)],
              ...[plain(change.qty, qty), plain(change.before, qty), change.timestamp, change.entered],
              ...[change.level, change.ordersAhead, plain(change.qtyAhead, qty)],
            ],
      )
    const best = ['bid', 'ask'].map((side) => top.text(side, 0))
    const head = [book.symbol, snapshot ? 'snapshot' : 'update', top.checksum, top.crossed, top.timestamp ?? 'null']
    return `${head.join(' ')} ${best.join(' ')} ${told.join(' ')} ${this.engine.pushedOut()}`
  }

  read(book) {
    const { state } = book
    if (state !== 'live') return `${book.symbol} ${state}`
    const frame = new Frame(book.frame())
    const parts = ['bid', 'ask'].flatMap((side) =>
      frame.levels(side).map((level, rank) => {
        const text = frame.text(side, rank)
        if (this.channel === 'book') return text
        const orders = book.orders(side, rank)
        if (orders.length !== level.orders) throw new Error(`${orders.length} orders, not ${level.orders}`)
        return [...text, ...orders.map((order) => this.place(book, order, frame.decimals.qty))]
      }),
    )
    return `${book.symbol} ${state} ${frame.messages} ${frame.verified} ${frame.desyncs} ${parts.join(' ')}`
  }

  place(book, { orderId, qty, timestamp }, decimals) {
    const { level, ordersAhead, qtyAhead, qtyLevel, proven } = book.place(orderId)
    const [ahead, all] = [qtyAhead, qtyLevel].map((lots) => plain(lots, decimals))
    return [orderId, plain(qty, decimals), timestamp, level, ordersAhead, ahead, all, proven ? 'exact' : 'bounded']
  }
}

function value(result) {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}

for await (const batch of batches(process.stdin)) {
  const answers = batch.map((line) => (tellers === null ? begin(line) : tellers[line[0] - 48].answer(line)))
  let bytes = Buffer.from([...answers, '.', ''].join('\n'))
  while (bytes.length > 0) bytes = bytes.subarray(writeSync(1, bytes))
}
