/** Each step of each story gives exactly the actions, the deadline and the clock that it tells of. */

import { readFileSync, readdirSync } from 'node:fs'
import { expect, test } from 'vitest'

import { Player, asData } from './story.js'
import type { Story } from './story.js'

const FOLDER = new URL('../../../vectors/sessions/', import.meta.url)
const STORIES = readdirSync(FOLDER).filter((name) => name.endsWith('.json'))

test('the stories are found: an empty folder is no success', () => {
  expect(STORIES.length).toBeGreaterThanOrEqual(40)
})

// None is left out: those of level 3 need a token, but no secret, for a story brings its own.
test.each(STORIES)('%s', (name) => {
  const story = JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Story
  const player = new Player(story)
  for (const [number, step] of story.steps.entries()) {
    const where = `step ${number + 1}: ${JSON.stringify(step)}`
    expect(player.perform(step).map(asData), where).toStrictEqual(step.expect)
    const { nextDeadline, clock } = player.session(step)
    if (step.deadline_ms !== undefined) expect(nextDeadline, where).toBe(step.deadline_ms)
    if (step.clock !== undefined) {
      const figure = (value: bigint | undefined) => (value === undefined ? null : Number(value))
      const figures = [clock?.aheadNs, clock?.errorNs, clock?.roundTripNs].map(figure)
      expect({ ahead_ns: figures[0], error_ns: figures[1], round_trip_ns: figures[2] }, where).toEqual(step.clock)
    }
    // After a tick what was due is done.
    if (step.do === 'tick') expect(nextDeadline ?? Infinity, where).toBeGreaterThan(step.at_ms)
  }
})
