/** Takes the pictures of the documentation, all from one recording. */

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'

import { launch, open } from './chromium.ts'
import { BEGIN } from './recording.ts'
import { Stage } from './stage.ts'

const DESKTOP: BrowserContextOptions = { viewport: { width: 1440, height: 900 } }
const PHONE: BrowserContextOptions = { viewport: { width: 360, height: 640 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }
/** Ten minutes into a quarter of an hour. */
const AT = BEGIN + 600_000
const REPLAY = `replay=/replay/quarter.jsonl&t=${AT}`

interface Picture {
  readonly name: string
  readonly app: string
  readonly query: string
  readonly layout: string
  readonly look: BrowserContextOptions
  readonly then?: (page: Page, stage: Stage) => Promise<void>
}

/** Away from the live market for so long that its age is seen. */
async function stale(page: Page, stage: Stage): Promise<void> {
  await page.waitForSelector('[data-standing="live"]')
  await page.waitForTimeout(6000)
  await stage.close()
  await page.waitForSelector('[data-trusted="0"]')
  await page.waitForTimeout(3500)
}

async function pressed(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    await page.keyboard.press(key)
    await page.waitForTimeout(150)
  }
}

/** A fault as the inspector shows it. */
async function inspected(page: Page, stage: Stage): Promise<void> {
  await page.waitForSelector('[data-standing="live"]')
  await page.waitForTimeout(4000)
  stage.venue.fault('BTC/USD', 'corrupt')
  await page.waitForTimeout(1500)
  await pressed(page, 'i')
  await page.waitForTimeout(600)
}

/** Once it can be said who leads whom. */
async function compared(page: Page): Promise<void> {
  await page.waitForFunction(() => document.querySelector('.matrix caption')?.textContent?.includes('\u2192'))
  await page.waitForTimeout(5000)
}

const PICTURES: readonly Picture[] = [
  { name: 'havsyn-desktop', app: 'havsyn', query: REPLAY, layout: '', look: DESKTOP, then: (page) => pressed(page, ...Array<string>(6).fill('ArrowUp')) },
  { name: 'havsyn-light', app: 'havsyn', query: REPLAY, layout: 'theme=light', look: DESKTOP },
  { name: 'havsyn-colour-blind', app: 'havsyn', query: REPLAY, layout: 'sides=cvd', look: DESKTOP },
  { name: 'havsyn-phone', app: 'havsyn', query: REPLAY, layout: '', look: PHONE },
  { name: 'havsyn-rewind', app: 'havsyn', query: REPLAY, layout: 'group=5', look: DESKTOP, then: (page) => pressed(page, ']', 'ArrowRight') },
  { name: 'havsyn-stale', app: 'havsyn', query: '', layout: '', look: DESKTOP, then: stale },
  { name: 'havsyn-inspector', app: 'havsyn', query: '', layout: '', look: DESKTOP, then: inspected },
  { name: 'havnet-desktop', app: 'havnet', query: '', layout: '', look: DESKTOP, then: compared },
  { name: 'havnet-phone', app: 'havnet', query: '', layout: '', look: PHONE },
]

/** Writes them into a folder; a name or part of it takes only those. */
export async function pictures(folder: string, only = ''): Promise<void> {
  await mkdir(folder, { recursive: true })
  const browser = await launch()
  for (const { name, app, query, layout, look, then } of PICTURES.filter((each) => each.name.includes(only))) {
    const stage = await Stage.open({ rate: 60, books: app === 'havnet' ? 20 : 5 })
    const { page } = await open(browser, { ...look, timezoneId: 'UTC', locale: 'en-GB' })
    page.setDefaultTimeout(60_000)
    const response = await page.goto(stage.url(app, query, layout))
    await page.waitForSelector(query === '' ? '[data-standing="live"]' : '[data-standing="replay"]')
    if (response?.ok() === true) {
      await page.waitForTimeout(query === '' && then === undefined ? 8000 : 1500)
      await then?.(page, stage)
      await page.screenshot({ path: join(folder, `${name}.png`) })
      console.log(`${name}.png`)
    }
    await page.context().close()
    await stage.close().catch(() => {})
  }
  await browser.close()
}
