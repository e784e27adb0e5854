/** What a level-3 subscribe needs before it goes out: its turn in the budget, and a token. */

import type { Action } from './actions.js'
import { Backoff } from './backoff.js'
import type { Life } from './life.js'
import type { Session } from './session.js'
import { mayWaitForToken } from './wants.js'
import type { Admitter } from './wants.js'

const SPAN = 1_250 // a request may be late on its way and the next one not: Kraken sees them closer
const LONGEST = 30_000
const TOKENS = 8 // so many of the latest are known to whoever is refused; one lasts for minutes
const NONE_YET = 'no token has come'

/** What the level-3 subscription of one symbol costs at each depth (Kraken's level3 page). */
const COSTS: ReadonlyMap<number | undefined, number> = new Map([
  [10, 5],
  [100, 25],
  [1000, 100],
])

/** Why there is no token. */
export interface TokenError {
  /** Kraken's own words, or what was wrong. */
  readonly error: string
  /** Whether asking again would be of no use: the key is wrong, or may not have one. */
  readonly final: boolean
}

/** What may be spent in any second; in no span of a second and a quarter is it more. Connections may share it. */
export class Budget {
  readonly perSecond: number
  #spent: { readonly at: number; readonly cost: number }[] = []
  #notBefore = 0
  #pause = 0

  constructor(perSecond = 200) {
    this.perSecond = perSecond
  }

  /** How many of this cost may be spent now. */
  fits(cost: number, now: number): number {
    this.#forget(now)
    return now < this.#notBefore ? 0 : Math.floor((this.perSecond - this.#used) / cost)
  }

  /** When one of this cost will fit beside what else is about to be spent. */
  allows(cost: number, now: number, beside: number): number {
    this.#forget(now)
    let [at, used] = [now, this.#used + beside]
    for (const spent of [...this.#spent, { at: now, cost: beside }]) {
      if (used + cost <= this.perSecond) break
      at = spent.at + SPAN
      used -= spent.cost
    }
    return Math.max(at, this.#notBefore)
  }

  spend(cost: number, now: number): void {
    this.#spent.push({ at: now, cost })
  }

  /** Kraken took it for too much: nothing for a while, and for longer each time in a row. */
  refused(now: number): void {
    // Else it is another symbol of the request that was refused already.
    if (now < this.#notBefore) return
    this.#pause = Math.min(LONGEST, Math.max(SPAN, 2 * this.#pause))
    this.#notBefore = now + this.#pause
  }

  /** Kraken has taken a subscription after the last pause: the next one is short again. */
  accepted(now: number): void {
    if (now >= this.#notBefore) this.#pause = 0
  }

  get #used(): number {
    return this.#spent.reduce((sum, { cost }) => sum + cost, 0)
  }

  #forget(now: number): void {
    this.#spent = this.#spent.filter(({ at }) => at > now - SPAN)
  }
}

/** Lets lives of one connection go out that need a token. */
export class Admission implements Admitter {
  readonly #budget: Budget
  readonly #backoff: Backoff
  #asked: { readonly refused: string | null } | null = null
  #refused: string | null = null
  /** Each with the first request that had it. */
  #shown: { readonly first: number; readonly token: string }[] = []
  #trouble = NONE_YET
  #notBefore = 0

  constructor(random: () => number, budget = new Budget()) {
    this.#budget = budget
    this.#backoff = new Backoff(random)
  }

  /** Whether a token was asked for and has not come yet. */
  get awaitsToken(): boolean {
    return this.#asked !== null
  }

  /** Those of a group that the budget has room for; the others get their time. */
  admit(group: readonly Life[], now: number): Life[] {
    const cost = costOf(group)
    const room = Math.min(this.#budget.fits(cost, now), group.length)
    const others = group.slice(room)
    if (others.length > 0) {
      const at = this.#budget.allows(cost, now, cost * room)
      for (const life of others) {
        life.trouble = `its turn has not come: level 3 may cost ${this.#budget.perSecond} a second`
        life.queue(at)
      }
    }
    return group.slice(0, room)
  }

  /** Asks for a token that a group needs, unless one was asked for already, or could not be had just now. */
  need(group: readonly Life[], now: number): Action[] {
    for (const life of group) life.trouble = this.#trouble
    if (this.#asked !== null) return []
    if (now >= this.#notBefore) return this.#ask(this.#refused)
    // What has come to its turn meanwhile waits like those who have asked.
    for (const life of group) life.queue(this.#notBefore)
    return []
  }

  /** Takes the token that a `need_token` has asked for; it is used at once, or not at all. */
  tokenCame(session: Session, token: string, now: number): Action[] {
    const again = this.#came(token)
    return again.length > 0 || session.link !== 'open' ? again : session.wants.flush(now, token)
  }

  /** No token can be had: what needs it fails if that is for good, and else waits. */
  tokenFailed(session: Session, error: TokenError, now: number): Action[] {
    const at = this.#failed(error, now)
    const actions: Action[] = []
    for (const life of session.lives.all()) {
      if (!mayWaitForToken(life) || life.due === null || life.due > now) continue
      if (error.final) actions.push(...session.wants.fail(life, error.error))
      else life.queue(at)
    }
    return session.unlessIdle(actions)
  }

  /** Asks once more if the token is one that was refused while it was on its way. */
  #came(token: string): Action[] {
    const asked = this.#asked
    this.#asked = null
    this.#trouble = NONE_YET
    this.#backoff.reset()
    return token === this.#refused && asked !== null && asked.refused !== token ? this.#ask(token) : []
  }

  /** When to ask again. */
  #failed({ error }: TokenError, now: number): number {
    this.#asked = null
    this.#trouble = `no token: ${error}`
    // What has just failed is not tried again at once.
    if (this.#backoff.attempts === 0) this.#backoff.next()
    this.#notBefore = now + this.#backoff.next()
    return this.#notBefore
  }

  wentOut(group: readonly Life[], now: number): void {
    this.#budget.spend(costOf(group) * group.length, now)
    const { reqId, token } = group[0] ?? { reqId: null, token: null }
    if (reqId === null || token === null || token === this.#shown.at(-1)?.token) return
    this.#shown = [...this.#shown.slice(1 - TOKENS), { first: reqId, token }]
  }

  accepted(now: number): void {
    this.#budget.accepted(now)
  }

  tooMuch(now: number): void {
    this.#budget.refused(now)
  }

  /** Notes that the token of a request was refused, or the latest one; says so to all, if it is still known. */
  tokenRefused(reqId: number | null): Action[] {
    const shown = this.#shown.findLast(({ first }) => reqId === null || first <= reqId)
    if (shown === undefined) return []
    this.#refused = shown.token
    return [{ do: 'drop_token', token: shown.token }]
  }

  #ask(refused: string | null): Action[] {
    this.#asked = { refused }
    return [{ do: 'need_token', refused }]
  }
}

function costOf([first]: readonly Life[]): number {
  return COSTS.get(first?.topic.depth ?? 10) ?? 100
}
