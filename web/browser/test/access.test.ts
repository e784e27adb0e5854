/** For everybody: axe finds nothing, in any look; phones, large text and screen readers are served. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

import { violations } from '../src/axe.ts'
import { launch, open } from '../src/chromium.ts'
import { Stage } from '../src/stage.ts'

let browser: Browser
let stage: Stage

beforeAll(async () => {
  ;[browser, stage] = await Promise.all([launch(), Stage.open()])
})

afterAll(async () => {
  await browser.close()
  await stage.close()
})

async function live(layout: string, options: BrowserContextOptions = {}): Promise<Page> {
  const { page } = await open(browser, { bypassCSP: true, ...options })
  await page.goto(stage.url('havsyn', '', layout))
  await page.waitForSelector('[data-standing="live"]')
  return page
}

const LOOKS = ['theme=dark', 'theme=light', 'sides=cvd', 'theme=light&sides=cvd', 'sides=mono', 'theme=light&sides=mono']

test.each(LOOKS)('axe finds nothing: %s', async (look) => {
  const page = await live(look)
  expect(await violations(page)).toEqual([])
  await page.keyboard.press('t')
  await page.keyboard.press(' ')
  await page.waitForSelector('.timeline-row:not([hidden])')
  await page.keyboard.press('i')
  await page.waitForSelector('[role="dialog"]')
  expect(await violations(page)).toEqual([])
  await page.keyboard.press('Escape')
  for (const key of ['Control+k', '?']) {
    await page.keyboard.press(key)
    await page.waitForSelector('[role="dialog"]')
    expect(await violations(page)).toEqual([])
    await page.keyboard.press('Escape')
  }
  await page.context().close()
})

test('a phone of 360 pixels: nothing is cut, the trades come from below', async () => {
  const page = await live('', { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true })
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
  const box = (name: string) => page.locator(name).first().boundingBox()
  expect((await box('section[aria-label="Ladder"]'))?.width).toBe(360)
  expect((await box('section[aria-label="Liquidity over time"]'))?.height).toBe(128)
  const before = (await box('.right'))?.height ?? 0
  await page.locator('.sheet-head').tap()
  await page.waitForFunction((small) => (document.querySelector('.right')?.clientHeight ?? 0) > small + 200, before)
  expect(await violations(page)).toEqual([])
  await page.context().close()
})

test('text at 150 %, and a window at 200 %: everything is there', async () => {
  const page = await live('text=150', { viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 })
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(720)
  expect(await violations(page)).toEqual([])
  await page.context().close()
})

test('a screen reader hears the market in a sentence, and reads the ladder as a table', async () => {
  const page = await live('table=1')
  const voice = page.locator('[aria-live="polite"]').last()
  await page.waitForFunction(() =>
    [...document.querySelectorAll('[aria-live="polite"]')].some(({ textContent }) =>
      /^BTC\/USD [\d,.]+, spread [\d.]+, (bids|asks|both)/.test(textContent ?? ''),
    ),
  )
  expect(await voice.count()).toBe(1)
  // It is written a few times a second, so it may be a moment behind.
  await page.waitForFunction(() => document.querySelectorAll('.mirror table tbody tr').length > 10)
  for (const canvas of await page.locator('canvas').all()) {
    expect(await canvas.getAttribute('role')).toBe('img')
    expect(await canvas.getAttribute('aria-label')).not.toBe(null)
  }
  await page.context().close()
})

test('who asks for less motion gets none', async () => {
  const page = await live('', { reducedMotion: 'reduce' })
  const moving = await page.evaluate(() =>
    [...document.querySelectorAll('*')].filter((element) => {
      const { transitionDuration, animationName } = getComputedStyle(element)
      return transitionDuration.split(',').some((time) => Number.parseFloat(time) > 0) || animationName !== 'none'
    }).length,
  )
  expect(moving).toBe(0)
  await page.context().close()
})
