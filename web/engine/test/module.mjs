/** The module's plain functions with names and texts, as its tests need them. */

import { readFile } from 'node:fs/promises'

const FILE = new URL('../havklo.wasm', import.meta.url)
const RULES = ['unknown_delete', 'unchanged_level', 'short_side', 'better_refill']
const REASONS = ['checksum', 'malformed', 'missing_checksum', ...RULES, 'crossed']
const STATES = ['awaiting', 'live', 'desynced', 'closed']
const HEADER = 24

/** The compiled module. */
export const compiled = WebAssembly.compile(await readFile(FILE))

/** An instance of the module: it imports nothing, so there is nothing to give it. */
export async function exportsOf() {
  return (await WebAssembly.instantiate(await compiled, {})).exports
}

/** One engine in an instance of its own. */
export class Engine {
  #encoder = new TextEncoder()
  #decoder = new TextDecoder()
  #wasm
  #handle
  #symbols = []

  constructor(wasm, rules = RULES) {
    this.#wasm = wasm
    this.#handle = wasm.engine_new(rules.reduce((sum, rule) => sum + 2 ** RULES.indexOf(rule), 0))
  }

  /** Gives the engine's memory back. */
  free() {
    this.#wasm.engine_free(this.#handle)
  }

  /** Tracks a symbol and gives its book's number; throws a RangeError for settings that Kraken does not offer. */
  track(symbol, depth, precision) {
    const [price, qty] = precision ?? [-1, -1]
    const book = this.#wasm.engine_track(this.#handle, this.#write(symbol), depth, price, qty)
    if (book < 0) throw new RangeError(`${symbol} can't be tracked at depth ${depth}`)
    this.#symbols[book] = symbol
    return book
  }

  untrack(book) {
    this.#wasm.engine_untrack(this.#handle, book)
  }

  /** Makes a book, or with null every one, await a snapshot. */
  suspend(book) {
    this.#wasm.engine_suspend(this.#handle, book ?? -1)
  }

  /** Takes in a frame, a text or bytes, and says what comes of it in the form of the vectors. */
  receive(frame, ms = 0) {
    const code = this.#wasm.engine_receive(this.#handle, this.#write(frame), ms)
    if (code === 0) return 'none'
    if (code < 0) return 'malformed'
    const [book, ...fault] = this.#outcome()
    if (code === 3) return { desync: { symbols: this.#desynced(), ...told(fault) } }
    const { bids, asks, checksum, crossed, timestamp } = this.read(book)
    const type = code === 2 ? 'snapshot' : 'update'
    return { update: { symbol: this.#symbols[book], type, bids, asks, checksum, crossed, timestamp } }
  }

  /** Only the code, for measuring. */
  receiveCode(frame, ms = 0) {
    return this.#wasm.engine_receive(this.#handle, this.#write(frame), ms)
  }

  /** A book's state by name. */
  state(book) {
    return STATES[this.#wasm.engine_state(this.#handle, book)]
  }

  /** Where and why the last frame was refused. */
  refusal() {
    const [offset, address, length] = this.#outcome()
    return { offset, expected: this.#decoder.decode(new Uint8Array(this.#wasm.memory.buffer, address, length)) }
  }

  /** A book's best levels as texts, best first, and what its header tells. */
  read(book, levels = 0xffff) {
    const length = this.#wasm.engine_read(this.#handle, book, levels)
    if (length === 0) return { bids: null, asks: null }
    const words = new BigUint64Array(this.#wasm.memory.buffer, this.#wasm.engine_output(this.#handle), length)
    const [version, state, flags, priceScale, qtyScale, bids, asks, checksum, ...counts] = Array.from(
      words.subarray(0, HEADER),
      Number,
    )
    if (version !== 1) throw new RangeError(`a layout of version ${version}`)
    const width = flags & 2 ? 2 : 1
    let at = HEADER
    const numbers = (count, scale) =>
      Array.from({ length: count }, () => {
        const value = words[at] + (width === 2 ? words[at + 1] << 64n : 0n)
        at += width
        return plain(value, scale)
      })
    const side = (count) => {
      const prices = numbers(count, priceScale)
      const quantities = numbers(count, qtyScale)
      return prices.map((price, rank) => [price, quantities[rank]])
    }
    const ladders = { bids: side(bids), asks: side(asks) }
    if (at !== length) throw new RangeError(`the output has ${length} words, not ${at}`)
    const [messages, verified, ignored, desyncs, , proven] = counts
    const time = new Uint8Array(words.buffer, words.byteOffset + 8 * 19, Number(words[18]))
    return {
      ...ladders,
      ...{ state: STATES[state], crossed: (flags & 1) === 1, checksum, proven },
      ...{ messages, verified, ignored, desyncs, recvNs: BigInt.asIntN(64, words[12]) },
      fault: words[14] === 0n ? null : told(counts.slice(6, 10)),
      timestamp: this.#decoder.decode(time) || null,
    }
  }

  #write(text) {
    const bytes = typeof text === 'string' ? this.#encoder.encode(text) : text
    const address = this.#wasm.engine_input(this.#handle, bytes.length)
    new Uint8Array(this.#wasm.memory.buffer, address, bytes.length).set(bytes)
    return bytes.length
  }

  #outcome() {
    return new Uint32Array(this.#wasm.memory.buffer, this.#wasm.engine_outcome(this.#handle), 5)
  }

  #desynced() {
    const symbols = []
    for (let index = 0; ; index += 1) {
      const book = this.#wasm.engine_desynced(this.#handle, index)
      if (book < 0) return symbols
      symbols.push(this.#symbols[book])
    }
  }
}

/** A fault's numbers in words. */
function told([reason, known, expected, computed]) {
  return {
    reason: REASONS[reason - 1],
    expected: known & 1 ? expected : null,
    computed: known & 2 ? computed : null,
  }
}

/** An integer of so many decimals as text, trailing zeros and all. */
function plain(value, scale) {
  if (scale === 0) return `${value}`
  const digits = `${value}`.padStart(scale + 1, '0')
  return `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
