/** What is watched inside of a page, put there before its own code. */

import type { Page } from 'playwright-core'

/** Frames, drawing and long tasks since `begin`. */
export interface Motion {
  /** Milliseconds from one frame to the next. */
  readonly frames: readonly number[]
  /** Milliseconds of script in each. */
  readonly draws: readonly number[]
  readonly longTasks: readonly number[]
}

interface Probe {
  begin(): void
  end(): Motion
}

/** Watches the frames of all pages that are opened from now on. */
export async function probed(page: Page): Promise<void> {
  await page.addInitScript(() => {
    let frames: number[] = []
    let draws: number[] = []
    let longTasks: number[] = []
    let [last, spent, isOn] = [NaN, 0, false]
    const request = window.requestAnimationFrame.bind(window)
    window.requestAnimationFrame = (callback) =>
      request((now) => {
        const began = performance.now()
        callback(now)
        spent += performance.now() - began
      })
    const frame = (now: number): void => {
      if (isOn && !Number.isNaN(last)) {
        frames.push(now - last)
        draws.push(spent)
      }
      last = now
      spent = 0
      request(frame)
    }
    request(frame)
    new PerformanceObserver((list) => {
      if (isOn) longTasks.push(...list.getEntries().map(({ duration }) => duration))
    }).observe({ entryTypes: ['longtask'] })
    const probe: Probe = {
      begin: () => {
        ;[frames, draws, longTasks, isOn] = [[], [], [], true]
      },
      end: () => {
        isOn = false
        return { frames, draws, longTasks }
      },
    }
    Object.assign(window, { probe })
  })
}

/** Watches for so many seconds. */
export async function motion(page: Page, seconds: number): Promise<Motion> {
  await page.evaluate(() => (window as unknown as { probe: Probe }).probe.begin())
  await page.waitForTimeout(1000 * seconds)
  return page.evaluate(() => (window as unknown as { probe: Probe }).probe.end())
}

/** When the page first showed a proven book, in milliseconds from navigation; to be put there before. */
export async function firstBook(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const marks: { book?: number; shift: number } = { shift: 0 }
    Object.assign(window, { marks })
    new MutationObserver((_, watcher) => {
      if (document.querySelector('[data-standing="live"]') === null) return
      watcher.disconnect()
      // It is on the screen once the frame after this one begins.
      requestAnimationFrame(() => requestAnimationFrame(() => void (marks.book = performance.now())))
    }).observe(document, { attributes: true, childList: true, subtree: true })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) marks.shift += (entry as unknown as { value: number }).value
    }).observe({ type: 'layout-shift', buffered: true })
  })
}

export interface Firsts {
  readonly book: number
  readonly paint: number
  readonly shift: number
}

export async function firsts(page: Page): Promise<Firsts> {
  await page.waitForFunction(() => (window as unknown as { marks: { book?: number } }).marks.book !== undefined)
  return page.evaluate(() => {
    const { marks } = window as unknown as { marks: { book: number; shift: number } }
    const paint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN
    return { book: marks.book, paint, shift: marks.shift }
  })
}

/** The page's heap after all that nobody needs is gone, in bytes. */
export async function heap(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page)
  try {
    await session.send('HeapProfiler.enable')
    await session.send('HeapProfiler.collectGarbage')
    const { usedSize } = await session.send('Runtime.getHeapUsage')
    return usedSize
  } finally {
    await session.detach()
  }
}
