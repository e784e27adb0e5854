/** Topics that go on over another connection, for who has several; apart, for a client with one has no use for it. */

import type { Action } from './actions.js'
import type { Life } from './life.js'
import type { Session } from './session.js'
import type { Topic } from './topic.js'
import { wanted } from './wants.js'

/** Lets go of topics that another connection takes over; this one is not open, and their books stay tracked. */
export function release(
  session: Session,
  topics: readonly Topic[],
): { readonly actions: Action[]; readonly lives: Life[] } {
  const lives = wanted(session.lives, topics)
  for (const life of lives) session.lives.forget(life)
  return { actions: session.unlessIdle([]), lives }
}

/** Takes over what another connection has let go of. */
export function adopt(session: Session, lives: readonly Life[], now: number): Action[] {
  for (const life of lives) {
    const former = session.lives.get(life.topic.channel, life.topic.symbol)
    if (former === undefined) life.queue(now)
    else follow(life, former)
    session.lives.add(life)
  }
  return session.goOn([], now)
}

/** Takes the place of one that is being taken back: its unsubscribe is still awaited. */
function follow(life: Life, { phase, due, reqId, asked, token }: Life): void {
  Object.assign(life, { phase, due, reqId, asked, token })
}
