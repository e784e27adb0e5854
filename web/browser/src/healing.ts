/** A page that is lied to once: when it turned grey, and when it was well again. */

import type { Browser, Page } from 'playwright-core'

import { open } from './chromium.ts'
import type { Watched } from './chromium.ts'
import { Stage } from './stage.ts'
import type { Fault, Sent } from './venue.ts'

/** Milliseconds from when the wrong message was sent; of `drop`, which nobody can see at once, from when it should have been. */
export interface Healing {
  readonly grey: number
  readonly healed: number
}

const SYMBOL = 'BTC/USD'
/** How far away a snapshot is. */
const SNAPSHOT_MS = 100

/** Havsyn on a market of its own, live and calm. */
export class Patient {
  readonly stage: Stage
  readonly watched: Watched
  /** What was sent wrong. */
  readonly broken: readonly Sent[]

  private constructor(stage: Stage, watched: Watched, broken: readonly Sent[]) {
    this.stage = stage
    this.watched = watched
    this.broken = broken
  }

  static async open(browser: Browser): Promise<Patient> {
    const broken: Sent[] = []
    const stage = await Stage.open({ rate: 60, snapshotMs: SNAPSHOT_MS, onSent: (sent) => void (sent.fault !== null && broken.push(sent)) })
    const watched = await open(browser)
    const { page } = watched
    // When the page's word about itself changed.
    await page.addInitScript(() => {
      const told: [string, number][] = []
      Object.assign(window, { told })
      new MutationObserver(() => {
        const now = document.querySelector<HTMLElement>('[data-standing]')?.dataset['standing']
        if (now !== undefined && told.at(-1)?.[0] !== now) told.push([now, performance.timeOrigin + performance.now()])
      }).observe(document, { attributes: true, childList: true, subtree: true })
    })
    await page.goto(stage.url('havsyn'))
    await page.waitForSelector('[data-standing="live"]')
    await page.waitForTimeout(500)
    return new Patient(stage, watched, broken)
  }

  get page(): Page {
    return this.watched.page
  }

  /** From one fault to health again. */
  async suffer(fault: Fault): Promise<Healing> {
    const before = (await this.#told()).length
    const origin = performance.timeOrigin
    const ordered = origin + performance.now()
    this.stage.venue.fault(SYMBOL, fault)
    await this.page.waitForFunction((seen) => {
      const { told } = window as unknown as { told: [string, number][] }
      return told.length > seen + 1 && told.at(-1)?.[0] === 'live'
    }, before)
    const after = (await this.#told()).slice(before)
    const began = this.broken.length === 0 ? ordered : origin + (this.broken.at(-1)?.at ?? 0)
    const [first, last] = [after[0], after.at(-1)]
    if (first?.[0] === 'live') throw new Error(`the page was not grey after ${fault}`)
    return { grey: (first?.[1] ?? NaN) - began, healed: (last?.[1] ?? NaN) - began }
  }

  async close(): Promise<void> {
    await this.page.context().close()
    await this.stage.close()
  }

  async #told(): Promise<[string, number][]> {
    return this.page.evaluate(() => (window as unknown as { told: [string, number][] }).told)
  }
}
