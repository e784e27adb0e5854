/** Level 3: books of single orders, for which Kraken wants a token. */

import { loadLevel3 } from '@havklo/kraken-wasm'
import type { Result } from '@havklo/kraken-wasm'

import { kept } from './channels.js'
import type { BookOptions, Channel } from './channels.js'
import type { Answer, Level3 } from './options.js'
import type { BookFeed } from './feed.js'
import { Admission, Budget } from './protocol/index.js'
import type { TokenError } from './protocol/index.js'

export interface AccessOptions {
  /** Gets a WebSocket token, another one than `refused`; from a server of your own, for a key never enters a page. */
  readonly token: (refused: string | null) => Promise<Result<string, TokenError>>
  /** What subscriptions may cost in a second: 200, and 500 for a pro account. */
  readonly perSecond?: number
}

/** What makes `new Client({ url: 'wss://ws-l3.kraken.com/v2', level3: access({ token }) })` able to have level 3. */
export function access({ token, perSecond }: AccessOptions): Level3 {
  const budget = new Budget(perSecond)
  return {
    load: (source) => loadLevel3(source),
    begin: (random) => {
      const admission = new Admission(random, budget)
      const answer = async (refused: string | null): Promise<Answer> => {
        const got = await token(refused).catch((error: unknown) => {
          const words = error instanceof Error ? error.message : String(error)
          return { ok: false, error: { error: words, final: false } } as const
        })
        return (session, now) =>
          got.ok ? admission.tokenCame(session, got.value, now) : admission.tokenFailed(session, got.error, now)
      }
      return { admission, answer }
    },
  }
}

/** A symbol's verified book of single orders. */
export function level3(symbol: string, options: BookOptions<10 | 100 | 1000> = {}): Channel<BookFeed> {
  return kept({ channel: 'level3', symbol, depth: options.depth ?? 10 }, options.levels)
}

export type { TokenError }
