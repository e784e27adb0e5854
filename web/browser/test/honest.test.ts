/** On no frame is a book drawn as live that is crossed, unproven or none that the market had. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Browser } from 'playwright-core'

import { launch } from '../src/chromium.ts'
import { honesty } from '../src/honesty.ts'

/** HAVKLO_SECONDS=600 is the proof. */
const SECONDS = Number(process.env['HAVKLO_SECONDS'] ?? 8)

let browser: Browser

beforeAll(async () => {
  browser = await launch()
})

afterAll(() => browser.close())

test(
  `every frame of ${SECONDS} seconds with a fault in each`,
  async () => {
    const { frames, books, faults, lies, slowestGrey } = await honesty(browser, SECONDS)
    console.log(`${frames} frames, ${faults} faults, grey after ${Math.round(slowestGrey)} ms at the latest`)
    expect(lies).toEqual([])
    expect(frames).toBeGreaterThan(20 * SECONDS)
    expect(books).toBeGreaterThan(5 * SECONDS)
    expect(faults).toBeGreaterThan(SECONDS / 2)
  },
  1000 * SECONDS + 30_000,
)
