/** Havsyn without a mouse: every key, and every task. */

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Browser, Page } from 'playwright-core'

import { launch, open } from '../src/chromium.ts'
import type { Watched } from '../src/chromium.ts'
import { Stage } from '../src/stage.ts'

let browser: Browser
let stage: Stage
let watched: Watched
let page: Page

beforeAll(async () => {
  ;[browser, stage] = await Promise.all([launch(), Stage.open()])
})

afterAll(async () => {
  await browser.close()
  await stage.close()
})

beforeEach(async () => {
  watched = await open(browser, { acceptDownloads: true })
  page = watched.page
  await page.goto(stage.url('havsyn'))
  await standing('live')
  return async () => {
    expect(watched.errors).toEqual([])
    await page.context().close()
  }
})

async function standing(wanted: string): Promise<void> {
  await page.waitForSelector(`[data-standing="${wanted}"]`)
}

/** The layout that the address holds, once it holds this. */
async function layout(key: string, wanted: string | null): Promise<void> {
  const holds = ([name, value]: readonly [string, string | null]) =>
    new URLSearchParams(location.hash.slice(1)).get(name) === value
  await page.waitForFunction(holds, [key, wanted] as const, { timeout: 3000 })
}

async function press(...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key)
}

test('the keys of the layout: rows, panes, looks', async () => {
  const steps: readonly (readonly [key: string, name: string, value: string | null])[] = [
    ['+', 'group', '2'],
    ['=', 'group', '5'],
    ['-', 'group', '2'],
    ['-', 'group', null],
    ['h', 'heat', '0'],
    ['h', 'heat', null],
    ['b', 'bubbles', '0'],
    ['p', 'profile', '0'],
    ['w', 'window', '120'],
    ['g', 'merge', '250'],
    ['d', 'density', 'comfortable'],
    ['d', 'density', 'touch'],
    ['d', 'density', null],
    ['z', 'text', '110'],
    ['n', 'theme', 'light'],
    ['n', 'theme', null],
    ['v', 'sides', 'cvd'],
    ['v', 'sides', 'mono'],
    ['t', 'table', '1'],
    ['Shift+Digit1', 'map', '0'],
    ['Shift+Digit2', 'trades', '0'],
    ['Shift+Digit3', 'walls', '0'],
    ['Shift+Digit1', 'map', null],
    ['2', 'pair', 'ETH/USD'],
    ['1', 'pair', 'BTC/USD'],
  ]
  for (const [key, name, value] of steps) {
    await press(key)
    await layout(name, value)
  }
  // A link is a layout.
  const address = page.url()
  await page.goto('about:blank')
  await page.goto(address)
  await standing('live')
  expect(await page.getAttribute('html', 'data-palette')).toBe('mono')
  expect(await page.locator('.right').count()).toBe(0)
  expect(await page.locator('.mirror').count()).toBe(1)
})

test('a price under the cursor: sizes, measures, alerts', async () => {
  await press('ArrowUp', 'Shift+ArrowUp')
  await page.waitForSelector('.readout b[data-side="ask"]')
  expect(await page.textContent('.readout')).toMatch(/\+\d+\.\d\d bp\s*Σ \d+\.\d+.*cost/)
  await press('m', 'ArrowDown', 'ArrowDown')
  await page.waitForFunction(() => /from [\d,.]+: \u22122 ticks/.test(document.querySelector('.readout')?.textContent ?? ''))
  await press('a')
  await page.waitForSelector('.note >> text=Alert set')
  await press('Escape')
  await page.waitForFunction(() => !/from/.test(document.querySelector('.readout')?.textContent ?? ''))
  await press('Escape')
  await page.waitForSelector('.readout >> text=point at a price')
  await press('a')
  await page.waitForSelector('.note >> text=Point at a price')
  await press('c', 'Shift+A')
})

test('the palette finds and does, the help tells, the inspector shows', async () => {
  await press('Control+k')
  await page.waitForSelector('[role="dialog"] input:focus')
  await page.keyboard.type('colour')
  await press('Enter')
  await layout('sides', 'cvd')
  await press('/')
  await page.waitForSelector('[role="dialog"] input:focus')
  await page.keyboard.type('XRP')
  await press('Enter')
  await layout('pair', 'XRP/USD')
  await standing('live')
  await press('?')
  await page.waitForSelector('[role="dialog"] >> text=Previous event')
  await press('Escape')
  await page.waitForSelector('[role="dialog"]', { state: 'hidden' })
  await press('i')
  await page.waitForSelector('[role="dialog"]')
  await press('Escape')
  await page.waitForSelector('[role="dialog"]', { state: 'hidden' })
})

test('time: pause, back and forth by frames and events, faster, and live again', async () => {
  await page.waitForTimeout(1500)
  await press(' ')
  await standing('replay')
  await page.waitForSelector('.timeline-row:not([hidden])')
  const at = () => page.evaluate(() => Number(document.querySelector<HTMLElement>('.page')?.dataset['at']))
  const began = await at()
  await press('Shift+ArrowLeft')
  await page.waitForFunction((before) => Number(document.querySelector<HTMLElement>('.page')?.dataset['at']) < before, began)
  const back = await at()
  await press('ArrowRight')
  await page.waitForFunction((before) => Number(document.querySelector<HTMLElement>('.page')?.dataset['at']) > before, back)
  await press('.')
  await page.waitForSelector('.note >> text=Speed 2×')
  await press(',', ',')
  await page.waitForSelector('.note >> text=Speed 0.5×')
  const still = await at()
  await press(' ')
  await page.waitForFunction((before) => Number(document.querySelector<HTMLElement>('.page')?.dataset['at']) > before, still)
  await press('l')
  await standing('live')
  await page.waitForSelector('.timeline-row', { state: 'hidden' })
})

test('files: a picture and an incident', async () => {
  const picture = page.waitForEvent('download')
  await press('s')
  expect((await picture).suggestedFilename()).toMatch(/^havsyn-BTC-USD-.*\.png$/)
  const incident = page.waitForEvent('download')
  await press('e')
  expect((await incident).suggestedFilename()).toMatch(/^havsyn-BTC-USD-.*\.jsonl$/)
})

test('splitters and fields with the keyboard', async () => {
  await page.focus('[role="separator"][aria-label="Width of the ladder"]')
  await press('ArrowLeft')
  await layout('ladder', '416')
  await page.fill('input[placeholder="all"]', '0.5')
  await press('Enter')
  await layout('least', '0.5')
  await page.fill('input[placeholder="all"]', 'much')
  await press('Enter')
  await page.waitForSelector('.note[data-tone="warn"]')
})
