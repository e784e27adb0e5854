/**
 * How likely a resting order is to be filled, from its place in the queue and three rates.
 *
 * The model is that of Cont, Stoikov and Talreja, "A stochastic model for order book dynamics" (2010). Queues are
 * counted in orders from the front to the own one, which is the last of them; times and rates share a unit. What comes out is a
 * number of the model, not of a market: trades that come in clusters make it far too sure.
 */

import type { Wasm } from './load.js'
import { bad, good } from './result.js'
import type { Result } from './result.js'

/** An argument that can't be meant. */
export interface BadArgument {
  readonly kind: 'bad_argument'
  readonly name: string
  readonly must: string
}

/** A queue, the rate of trades that take from it, and the rate at which each other order in it is cancelled. */
export interface Queue {
  readonly queue: number
  readonly marketRate: number
  readonly cancelRate: number
}

/** Both best queues. New orders at the own price stand behind the own order, so no answer depends on them. */
export interface Race extends Queue {
  readonly limitRate: number
  /** All orders of the opposite best price. */
  readonly opposite: number
  readonly oppositeLimitRate: number
  readonly oppositeMarketRate: number
  readonly oppositeCancelRate: number
}

interface Exports {
  readonly memory: WebAssembly.Memory
  fill_ask(question: number, ...numbers: number[]): number
}

const decoder = new TextDecoder()
const TEXTS = 16

/** The mathematics of fills, out of the module that `loadFill` gives. */
export class Fill {
  readonly #wasm: Exports

  constructor(wasm: Wasm) {
    // That the module has these exports was found out when it was loaded.
    this.#wasm = new WebAssembly.Instance(wasm, {}).exports as unknown as Exports
  }

  /** The probability that a trade reaches the order within a time, if it is not cancelled. */
  fillWithin(asked: Queue & { readonly within: number }): Result<number, BadArgument> {
    return this.#one(0, asked.queue, asked.within, asked.marketRate, asked.cancelRate)
  }

  /** The same with a rate of trades that is itself uncertain: gamma distributed, its mean `marketRate`. */
  fillWithinMixed(asked: Queue & { readonly within: number; readonly shape: number }): Result<number, BadArgument> {
    return this.#one(1, asked.queue, asked.within, asked.marketRate, asked.shape, asked.cancelRate)
  }

  /** The probability that an order of `own` units is filled whole within a time. */
  fillWithinFull(asked: Queue & { readonly within: number; readonly own: number }): Result<number, BadArgument> {
    return this.#one(2, asked.queue, asked.own, asked.within, asked.marketRate, asked.cancelRate)
  }

  /** Mean and variance of the time until a trade reaches the order. */
  fillTime(asked: Queue): Result<{ readonly mean: number; readonly variance: number }, BadArgument> {
    const answer = this.#ask(3, asked.queue, asked.marketRate, asked.cancelRate)
    return answer.ok ? good({ mean: answer.value[0], variance: answer.value[1] }) : answer
  }

  /** The probability that the order is filled before the opposite queue is empty. Both queues are whole numbers. */
  fillBeforeMove(asked: Race): Result<number, BadArgument> {
    return this.#one(4, asked.queue, asked.opposite, ...rates(asked))
  }

  /** The probabilities of either within a time: filled first, or the opposite queue empty first. The rest is open. */
  fillBeforeMoveWithin(
    asked: Race & { readonly within: number },
  ): Result<{ readonly filled: number; readonly away: number }, BadArgument> {
    const answer = this.#ask(5, asked.queue, asked.opposite, asked.within, ...rates(asked))
    return answer.ok ? good({ filled: answer.value[0], away: answer.value[1] }) : answer
  }

  #one(question: number, ...numbers: number[]): Result<number, BadArgument> {
    const answer = this.#ask(question, ...numbers)
    return answer.ok ? good(answer.value[0]) : answer
  }

  #ask(question: number, ...numbers: number[]): Result<readonly [number, number], BadArgument> {
    const address = this.#wasm.fill_ask(question, ...numbers)
    const view = new DataView(this.#wasm.memory.buffer, address)
    const text = (at: number) =>
      decoder.decode(new Uint8Array(this.#wasm.memory.buffer, view.getUint32(at, true), view.getUint32(at + 4, true)))
    const name = text(TEXTS)
    if (name !== '') return bad({ kind: 'bad_argument', name, must: text(TEXTS + 8) })
    return good([view.getFloat64(0, true), view.getFloat64(8, true)])
  }
}

function rates(asked: Race): number[] {
  const { limitRate, marketRate, cancelRate, oppositeLimitRate, oppositeMarketRate, oppositeCancelRate } = asked
  return [limitRate, marketRate, cancelRate, oppositeLimitRate, oppositeMarketRate, oppositeCancelRate]
}
