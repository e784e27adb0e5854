/** What the stories do not tell of a session: unconfirmed unsubscribes, connections that serve but do not last. */

import { expect, test } from 'vitest'

import { Session, TIMINGS } from '../src/protocol/index.js'
import type { Action, Topic } from '../src/protocol/index.js'
import { Pings } from '../src/protocol/pings.js'
import { Rhythm } from '../src/protocol/silence.js'

const TOPIC: Topic = { channel: 'book', symbol: 'BTC/USD', depth: 10 }

function made(): Session {
  return new Session({
    random: () => 0,
    timings: { pingFirst: 3_600_000, stallAfter: 3_600_000, deadAfter: 7_200_000 },
  })
}

function acked(session: Session, method: 'subscribe' | 'unsubscribe', reqId: number, now: number): Action[] {
  return session.receive({ kind: 'ack', method, channel: 'book', symbol: 'BTC/USD', reqId, timeOut: null }, now)
}

function proven(session: Session, now: number): Action[] {
  return session.receive({ kind: 'proven', channel: 'book', symbol: 'BTC/USD', snapshot: true, crossed: false }, now)
}

test('after an unsubscribe that nobody has acknowledged, a snapshot counts only from the next ack on', () => {
  const session = made()
  session.subscribe([TOPIC], 0)
  session.connected(1)
  acked(session, 'subscribe', 1, 2)
  proven(session, 3)
  session.resync(['BTC/USD'], 10)
  // The ack of the unsubscribe is lost; after two seconds the subscribe goes out without it.
  expect(session.tick(2010).map((action) => action.do)).toEqual(['send'])
  expect(proven(session, 2020).map((action) => action.do)).toEqual(['suspend', 'discard'])
  expect(session.isLive(TOPIC)).toBe(false)
  acked(session, 'subscribe', 3, 2030)
  proven(session, 2040)
  expect(session.isLive(TOPIC)).toBe(true)
})

test('a connection that serves and does not last is replaced within five seconds, and what it owes is not forgotten', () => {
  const session = made()
  const waits: number[] = []
  let now = 0
  const lost = (actions: readonly Action[]): void => {
    for (const action of actions) {
      if (action.do === 'emit' && action.event.kind === 'connection_lost') waits.push(action.event.retryInMs)
    }
    now = session.nextDeadline ?? now
    session.tick(now)
  }
  session.subscribe([TOPIC], now)
  for (let round = 0; round < 12; round += 1) {
    session.connected(now)
    proven(session, now)
    lost(session.disconnected('gone', now))
  }
  expect(Math.max(...waits)).toBe(5000)
  expect(waits.at(-1)).toBe(5000)
  // The first that does not serve waits eight, as if there had been five.
  lost(session.disconnected('refused', now))
  expect(waits.at(-1)).toBe(8000)
})

test('a pong is awaited from the first ping on that has none', () => {
  const pings = new Pings(TIMINGS)
  pings.start(0)
  pings.sent(1, 1000)
  pings.sent(2, 6000)
  expect(pings.isOverdue(10_999)).toBe(false)
  expect(pings.isOverdue(11_000)).toBe(true)
  pings.answered(1, null, null, 11_000)
  expect(pings.isOverdue(60_000)).toBe(false)
})

test('a pair that has proven to be quiet is asked later and later, until it is lively again', () => {
  const rhythm = new Rhythm(TIMINGS)
  rhythm.begin(0)
  expect(rhythm.isUnusual(1, 119_999, 119_999)).toBe(false)
  expect(rhythm.isUnusual(1, 120_000, 120_000)).toBe(true)
  rhythm.begin(120_000)
  expect(rhythm.isUnusual(2, 200_000, 320_000)).toBe(false)
  expect(rhythm.isUnusual(2, 240_000, 360_000)).toBe(true)
  rhythm.begin(360_000)
  expect(rhythm.isUnusual(3, 0, 361_000)).toBe(false)
  // Four messages in four seconds: half a minute without any is not like it.
  expect(rhythm.isUnusual(7, 0, 364_000)).toBe(false)
  expect(rhythm.isUnusual(7, 29_000, 393_000)).toBe(false)
  expect(rhythm.isUnusual(7, 120_000, 484_000)).toBe(true)
})
