/** Kraken order books that prove themselves, in browsers, workers and node. */

export { Book, Engine } from './engine.js'
export type { Applied, BadSettings, BookOptions, Channel, Outcome } from './engine.js'
export { Fill } from './fill.js'
export type { BadArgument, Queue, Race } from './fill.js'
export { Frame, LAYOUT } from './frame.js'
export type { Level } from './frame.js'
export { load, loadFill, loadLevel3 } from './load.js'
export type { LoadError, Source, Wasm } from './load.js'
export { approximate, lots, plain, ticks } from './numbers.js'
export type { Decimals, Lots, Nanoseconds, Ticks } from './numbers.js'
export type { Result } from './result.js'
export { AMENDS, CAUSES, EVENTS, REASONS, RULES, SIDES, STATES, VERDICTS } from './words.js'
export type {
  Amend,
  Cause,
  Evidence,
  Fault,
  LevelChange,
  Order,
  OrderChange,
  OrderEvent,
  Place,
  Reason,
  Rule,
  Side,
  State,
  Verdict,
} from './words.js'
