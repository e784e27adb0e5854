/** The same recording at the same time makes the same pixels, today and a year from now. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Browser } from 'playwright-core'

import { launch, open } from '../src/chromium.ts'
import { apart, differs } from '../src/golden.ts'
import { BEGIN } from '../src/recording.ts'
import { Stage } from '../src/stage.ts'

const MOST = 0.001
const AT = BEGIN + 45_000

let browser: Browser
let stage: Stage

beforeAll(async () => {
  ;[browser, stage] = await Promise.all([launch(), Stage.open()])
})

afterAll(async () => {
  await browser.close()
  await stage.close()
})

/** The canvases at a time of the recording, once nothing moves any more. */
async function taken(layout: string, width: number, height: number): Promise<Buffer> {
  const { page, errors } = await open(browser, { viewport: { width, height }, timezoneId: 'UTC', locale: 'en-GB' })
  await page.goto(stage.url('havsyn', `replay=/replay/minute.jsonl&t=${AT}&seed=1`, layout))
  await page.waitForSelector('[data-standing="replay"]')
  await page.evaluate(() => document.fonts.ready)
  // How the page keeps up is another thing each time.
  const take = () => page.screenshot({ mask: [page.locator('footer')], maskColor: '#000000' })
  let picture = await take()
  // Until twice the same: what comes from the worker comes in parts.
  for (let [tries, isStill] = [0, false]; tries < 20 && !isStill; tries += 1) {
    await page.waitForTimeout(600)
    const again = await take()
    isStill = again.equals(picture)
    picture = again
  }
  expect(errors).toEqual([])
  await page.context().close()
  return picture
}

const PICTURES = [
  ['dark', '', 1440, 900],
  ['light', 'theme=light', 1440, 900],
  ['cvd-grouped', 'sides=cvd&group=5&density=comfortable', 1440, 900],
  ['phone', '', 360, 640],
] as const

test.each(PICTURES)('%s', async (name, layout, width, height) => {
  const picture = await taken(layout, width, height)
  expect(await differs(new URL(`golden/${name}.png`, import.meta.url), picture)).toBeLessThanOrEqual(MOST)
})

test('twice is the same', async () => {
  const [first, second] = [await taken('', 1000, 700), await taken('', 1000, 700)]
  expect(apart(first, second).part).toBeLessThanOrEqual(MOST)
})
