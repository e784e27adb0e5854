/** Havnet: many engines, each on its own. One that is killed or has a fault is grey alone, and the rest go on. */

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

import { violations } from '../src/axe.ts'
import { launch, open } from '../src/chromium.ts'
import type { Watched } from '../src/chromium.ts'
import { Stage } from '../src/stage.ts'

const BOOKS = 12

let browser: Browser
let stage: Stage

beforeAll(async () => {
  browser = await launch()
})

afterAll(async () => {
  await browser.close()
})

beforeEach(async () => {
  stage = await Stage.open({ rate: 20, books: BOOKS })
  return () => stage.close()
})

/** The page, once all its books are live. */
async function live(layout = '', options: BrowserContextOptions = {}): Promise<Watched> {
  const watched = await open(browser, { bypassCSP: true, ...options })
  await watched.page.goto(stage.url('havnet', '', layout))
  await trusted(watched.page, BOOKS)
  return watched
}

async function trusted(page: Page, count: number): Promise<void> {
  await page.waitForFunction((all) => document.querySelectorAll('[data-symbol][data-trusted="1"]').length === all, count)
}

/** The figures of all other cards' ages and states, as texts. */
function standings(page: Page): Promise<Record<string, string>> {
  return page.evaluate(() =>
    Object.fromEntries(
      [...document.querySelectorAll<HTMLElement>('.card')].map(({ dataset }) => [dataset['symbol'], dataset['standing'] ?? '']),
    ),
  )
}

test('an engine that is killed is grey alone, and comes back alone', async () => {
  const { page, errors } = await live()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('x')
  await page.waitForSelector('[data-symbol="ETH/USD"][data-trusted="0"]')
  await trusted(page, BOOKS - 1)
  const others = Object.entries(await standings(page)).filter(([symbol]) => symbol !== 'ETH/USD')
  expect(new Set(others.map(([, standing]) => standing))).toEqual(new Set(['live']))
  await page.keyboard.press('x')
  await trusted(page, BOOKS)
  expect(errors).toEqual([])
  await page.context().close()
})

test('a wrong checksum is seen on one card, healed, and explained by its inspector', async () => {
  const { page, errors } = await live()
  stage.venue.fault('SOL/USD', 'corrupt')
  await page.waitForFunction(() => /1 bad/.test(document.querySelector('[data-symbol="SOL/USD"] .card-foot')?.textContent ?? ''))
  await trusted(page, BOOKS)
  await page.click('[data-symbol="SOL/USD"] .card-foot')
  await page.waitForSelector('[role="dialog"] .sums')
  const sums = await page.locator('.sums dd').allTextContents()
  expect(sums).toHaveLength(2)
  expect(sums[0]).not.toBe(sums[1])
  expect(await page.locator('.fault tbody tr').count()).toBe(10)
  expect(errors).toEqual([])
  await page.context().close()
})

test('all is done by keys: find, order, pin, table, rewind, open and close', async () => {
  const { page, errors } = await live()
  const has = (name: string, value: string | null) =>
    page.waitForFunction(([key, wanted]) => new URLSearchParams(location.hash.slice(1)).get(key ?? '') === wanted, [name, value])
  await page.keyboard.press('/')
  await page.waitForSelector('[role="combobox"]:focus')
  await page.keyboard.type('xrp')
  await page.keyboard.press('Enter')
  await page.waitForSelector('[data-symbol="XRP/USD"][data-chosen="1"]')
  await page.keyboard.press('p')
  await has('pins', 'XRP/USD')
  await page.waitForSelector('.card:first-child[data-symbol="XRP/USD"]')
  await page.keyboard.press('g')
  await has('sort', 'move')
  await page.keyboard.press('t')
  await page.waitForSelector('.table tbody tr:first-child[data-symbol="XRP/USD"]')
  await page.keyboard.press('t')
  await page.waitForSelector('.card')
  await page.keyboard.press(' ')
  await page.waitForSelector('.timeline-row:not([hidden])')
  await page.keyboard.press('ArrowLeft')
  await page.waitForSelector('.page[data-standing="replay"]')
  await page.keyboard.press('l')
  await page.waitForSelector('.page[data-standing="live"]')
  await page.keyboard.press('o')
  await page.waitForSelector('.large canvas')
  await has('open', 'XRP/USD')
  await page.keyboard.press('Escape')
  await has('open', null)
  expect(await page.locator('.large').count()).toBe(0)
  expect(errors).toEqual([])
  await page.context().close()
})

test('pages of one colour look at one pair, whichever of them it was chosen in', async () => {
  const { page, errors } = await live('link=blue')
  const close = await page.context().newPage()
  await close.goto(stage.url('havsyn', '', 'link=blue'))
  await close.waitForSelector('[data-standing="live"]')
  const shows = (name: string) =>
    close.waitForFunction((pair) => document.querySelector('.header .pair')?.textContent?.trim().startsWith(pair), name)
  await shows('BTC/USD')
  await page.bringToFront()
  await page.keyboard.press('3')
  await page.waitForSelector('[data-symbol="SOL/USD"][data-chosen="1"]')
  await close.bringToFront()
  await shows('SOL/USD')
  await close.keyboard.press('k')
  await page.bringToFront()
  await page.keyboard.press('2')
  await page.waitForSelector('[data-symbol="ETH/USD"][data-chosen="1"]')
  await close.bringToFront()
  await close.waitForSelector('.link[data-colour="amber"]')
  await shows('SOL/USD')
  expect(errors).toEqual([])
  await page.context().close()
})

test.each(['theme=dark', 'theme=light', 'sides=cvd', 'theme=light&sides=mono'])('axe finds nothing: %s', async (look) => {
  const { page } = await live(look)
  expect(await violations(page)).toEqual([])
  await page.keyboard.press('t')
  await page.waitForSelector('.table')
  expect(await violations(page)).toEqual([])
  await page.context().close()
})

test('a phone of 360 pixels: cards side by side, and nothing is cut', async () => {
  const { page } = await live('', { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true })
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
  const [first, second] = await Promise.all([0, 1].map((place) => page.locator('.card').nth(place).boundingBox()))
  expect(first?.y).toBe(second?.y)
  await page.context().close()
})
