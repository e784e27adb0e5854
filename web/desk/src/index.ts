/** What an order-book page runs on: workers that prove, record and rewind, and the page's view of them. */

export { Desk } from './desk.js'
export type { DeskOptions, Helper } from './options.js'
export type { Session } from './session.js'
export { SymbolView } from './view.js'
export type { Detail, EngineReport, Window } from './words.js'
