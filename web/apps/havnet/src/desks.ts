/** The desks of the page: one for all cards, and a full one for the symbol that is looked at closely. */

import { Desk } from '@havklo/desk'

import type { Source } from '../../shared/source.js'

/** What cards need of a market; a recording has the depth that it was made with. */
const CARD_DEPTH = 25

/** Over how many workers the engines are spread: one core stays the page's, but one worker alone is no company. */
export function workersFor(symbols: number): number {
  const cores = navigator.hardwareConcurrency
  return Math.max(1, Math.min(symbols, 4, Math.max(2, cores - 1)))
}

/** A card is drawn from the best levels; who opens it gets all that there is to see. */
export function begin(from: Source, symbols: readonly string[], detail: 'card' | 'full'): Desk {
  return new Desk({
    url: from.ws,
    symbols,
    depth: detail === 'card' && from.replay === null ? Math.min(CARD_DEPTH, from.depth) : from.depth,
    detail,
    workers: workersFor(symbols.length),
    worker: () => new Worker(new URL('../../shared/worker.ts', import.meta.url), { type: 'module' }),
    seed: from.seed,
    speed: from.speed,
    ...(from.replay === null ? {} : { replay: from.replay }),
    ...(from.at === null ? {} : { t: from.at }),
  })
}
