import { expect, test } from 'vitest'

import { Desk } from '../src/desk.js'
import { Machine } from '../src/machine.js'
import type { Helper } from '../src/options.js'
import type { Order, Tell } from '../src/words.js'
import { Market, SYMBOL, env, recording } from './fake.js'

/** A worker in this thread; what it says has been copied, as between threads. */
class Here implements Helper {
  readonly #listeners: ((event: { readonly data: Tell }) => void)[] = []
  readonly #machine: Machine
  idle: Promise<void> = Promise.resolve()

  constructor(files: Readonly<Record<string, string>>) {
    const post = (tell: Tell): void => {
      const data = structuredClone(tell)
      for (const listener of this.#listeners) listener({ data })
    }
    this.#machine = new Machine({ ...env([], files), post })
  }

  postMessage(order: Order): void {
    this.idle = this.idle.then(() => this.#machine.handle(order))
  }

  addEventListener(_: 'message', listener: (event: { readonly data: Tell }) => void): void {
    this.#listeners.push(listener)
  }

  terminate(): void {
    this.#machine.close()
  }

  /** Waits until everything that was asked for has been done, and what that has led to. */
  async quiet(): Promise<void> {
    for (let idle: Promise<void> | null = null; idle !== this.idle; ) {
      idle = this.idle
      await idle
    }
  }
}

const URL_ = new URL('http://here/replay/one.jsonl')
const SAID = new Market(21).life(1500)
const [FIRST, LAST] = [SAID[0]?.ms ?? 0, SAID.at(-1)?.ms ?? 0]

/** A page on a recording, and its frames. */
function opened(t?: number, text = recording(SAID)) {
  const frames: (() => void)[] = []
  const clock = { now: 0 }
  const helper = new Here({ [URL_.href]: text })
  const desk = new Desk({
    worker: () => helper,
    replay: URL_,
    now: () => clock.now,
    frame: (work) => void frames.push(work),
    ...(t === undefined ? {} : { t }),
  })
  const turn = async (): Promise<void> => {
    for (const work of frames.splice(0)) work()
    await helper.quiet()
  }
  return { desk, helper, clock, turn, frames }
}

/** Everything that a picture is made of. */
function picture(desk: Desk): unknown {
  const { book, facts, tape, heat, timeline, integrity } = desk.view(SYMBOL)
  const shown = book.frame && { bids: book.frame.levels('bid'), asks: book.frame.levels('ask'), sum: book.frame.checksum }
  const known = [...(facts?.prices?.() ?? [])].map((price) => [price, facts?.at(price)])
  return { book: { ...book, frame: shown }, known, tape, heat: { ...heat, book: null }, timeline, integrity }
}

test('the same recording at the same time makes the same picture, however one came there', async () => {
  const at = Math.floor((FIRST + LAST) / 2)
  const one = opened(at)
  one.desk.view(SYMBOL)
  await one.helper.quiet()
  expect(one.desk.symbols).toEqual([SYMBOL])
  const picked = picture(one.desk)
  expect(picked).toMatchObject({ book: { standing: 'replay', symbol: SYMBOL }, timeline: { mode: 'paused', at } })
  const other = opened()
  other.desk.view(SYMBOL)
  await other.helper.quiet()
  other.desk.pause()
  for (const ms of [LAST, FIRST + 10, at - 777, at]) {
    other.desk.seek(ms)
    await other.turn()
  }
  expect(picture(other.desk)).toEqual(picked)
  const third = opened(at)
  await third.helper.quiet()
  third.desk.view(SYMBOL)
  await third.helper.quiet()
  expect(picture(third.desk)).toEqual(picked)
})

test('nothing is shown of what comes later', async () => {
  const at = FIRST + 20_000
  const { desk, helper } = opened(at)
  desk.view(SYMBOL)
  await helper.quiet()
  const { heat, tape } = desk.view(SYMBOL)
  expect(heat.columns.length).toBeGreaterThan(10)
  expect(heat.columns.every(({ time }) => time + heat.bucketMs <= at)).toBe(true)
  expect(tape.prints.length).toBeGreaterThan(0)
  expect(tape.prints.every(({ time }) => time <= at)).toBe(true)
})

test('it plays at its speed, pauses, steps, and ends where the recording ends', async () => {
  const { desk, helper, clock, turn } = opened()
  desk.view(SYMBOL)
  await helper.quiet()
  expect(desk.view(SYMBOL).timeline).toMatchObject({ mode: 'replay', at: FIRST, from: FIRST, to: LAST })
  desk.speed(4)
  clock.now += 100
  await turn()
  expect(desk.clock()).toBe(FIRST + 400)
  desk.pause()
  await turn()
  const next = SAID.find(({ ms }) => ms > FIRST + 400)?.ms
  desk.step(1)
  await turn()
  expect(desk.clock()).toBe(next)
  desk.step(-1)
  await turn()
  expect(desk.clock()).toBe(SAID.findLast(({ ms }) => ms < (next ?? 0))?.ms)
  desk.play()
  clock.now += LAST
  await turn()
  expect(desk.view(SYMBOL).timeline).toMatchObject({ mode: 'paused', at: LAST })
})

test('listeners are called once a frame, however much has changed', async () => {
  const { desk, helper, turn, frames } = opened(FIRST + 1000)
  let calls = 0
  desk.subscribe(() => (calls += 1))
  desk.view(SYMBOL)
  await helper.quiet()
  const { version } = desk.view(SYMBOL)
  desk.seek(FIRST + 2000)
  desk.seek(FIRST + 3000)
  desk.seek(FIRST + 4000)
  await helper.quiet()
  expect(frames).toHaveLength(1)
  await turn()
  expect(calls).toBe(1)
  expect(desk.view(SYMBOL).version).toBeGreaterThan(version)
  expect(desk.view(SYMBOL).book.frame).not.toBeNull()
})

test('an incident is a recording again, and shows the same book', async () => {
  const { desk, helper } = opened(LAST - 5000)
  desk.view(SYMBOL)
  await helper.quiet()
  const exporting = desk.export(SYMBOL)
  await helper.quiet()
  const text = await (await exporting).text()
  expect(text.split('\n')[0]).toContain('"dir":"tx"')
  const again = opened(LAST - 5000, text)
  again.desk.view(SYMBOL)
  await again.helper.quiet()
  const [one, other] = [desk.view(SYMBOL).book.frame, again.desk.view(SYMBOL).book.frame]
  expect(one?.levels('bid')).toEqual(other?.levels('bid'))
  expect(one?.levels('ask')).toEqual(other?.levels('ask'))
})

test('what is no recording says so, with the line', async () => {
  const { desk, helper } = opened(0, `${recording(SAID.slice(0, 3))}\nnonsense`)
  await helper.quiet()
  expect(desk.failure).toBe('line 4: a JSON object was expected')
})
