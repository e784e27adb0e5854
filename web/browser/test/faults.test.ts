/** What breaks is grey at once and healed soon, and nothing that is not proven is ever shown as live. */

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Browser } from 'playwright-core'

import { launch } from '../src/chromium.ts'
import { Patient } from '../src/healing.ts'
import type { Healing } from '../src/healing.ts'

const HEALED_MS = 2000
/** A frame, what a worker's message takes, and what a busy machine adds to it. */
const GREY_MS = 120

let browser: Browser
let patient: Patient

beforeAll(async () => {
  browser = await launch()
})

afterAll(() => browser.close())

beforeEach(async () => {
  patient = await Patient.open(browser)
  return () => patient.close()
})

test.each(['corrupt', 'cross', 'disconnect'] as const)('%s: grey at once, healed within two seconds', async (fault) => {
  const { grey, healed } = await patient.suffer(fault)
  expect(grey).toBeLessThan(GREY_MS)
  expect(healed).toBeLessThan(HEALED_MS)
})

test('drop: grey with the first message that shows it, healed within two seconds', async () => {
  // What was lost may be deep in the book, where no checksum reaches: then the next loss shows it.
  let seen: Healing | null = null
  for (let tries = 0; tries < 3 && seen === null; tries += 1) seen = await patient.suffer('drop').catch(() => null)
  expect(seen?.healed).toBeLessThan(HEALED_MS)
})

test('the inspector shows the sum that was expected, the sum that was computed, and what it was made of', async () => {
  await patient.suffer('corrupt')
  const { page, watched, broken } = patient
  const wrong = Number(broken[0]?.said?.sum)
  await page.keyboard.press('i')
  const dialog = page.locator('[role="dialog"]')
  await dialog.waitFor()
  await page.waitForFunction(
    ([expected, computed]) => {
      const text = document.querySelector('[role="dialog"]')?.textContent ?? ''
      return text.includes(expected ?? '?') && text.includes(computed ?? '?')
    },
    [String(wrong + 1), String(wrong)],
    { timeout: 3000 },
  )
  expect(watched.errors).toEqual([])
})

test('nothing leaves for anything but the page itself', async () => {
  const { page, watched, stage } = patient
  for (const key of ['i', 'Escape', 'h', 'b', ' ', 'l', '2', '1']) await page.keyboard.press(key)
  await page.waitForTimeout(300)
  const foreign = watched.requests.filter((url) => !/^(data|blob):/.test(url) && new URL(url).host !== `127.0.0.1:${stage.port}`)
  expect(foreign).toEqual([])
  expect(watched.errors).toEqual([])
})
