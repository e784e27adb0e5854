/** From the exchange's send to what is on the screen. */

import type { Browser } from 'playwright-core'

import { open } from './chromium.ts'
import { truth } from './honesty.ts'
import { seen, spied } from './spy.ts'
import { Stage } from './stage.ts'
import type { Sent } from './venue.ts'

const SYMBOL = 'BTC/USD'
const WARM_MS = 3000

/** Milliseconds for each best price that was seen to change: from its message's send to the frame after it was drawn. */
export async function latencies(browser: Browser, rate: number, seconds: number): Promise<number[]> {
  // Where the best prices stand from then on.
  const changes: { readonly at: number; readonly stand: string }[] = []
  const onSent = ({ at, symbol, said }: Sent): void => {
    if (symbol !== SYMBOL || said === null) return
    const stand = truth(said.bid, said.ask)
    if (stand !== changes.at(-1)?.stand) changes.push({ at: performance.timeOrigin + at, stand })
  }
  const stage = await Stage.open({ rate, books: 1, onSent })
  const { page } = await open(browser)
  try {
    await spied(page)
    await page.goto(stage.url('havsyn'))
    await page.waitForSelector('[data-standing="live"]')
    await page.waitForTimeout(WARM_MS)
    await seen(page)
    await page.waitForTimeout(1000 * seconds)
    const { shown } = await seen(page)
    return shown.flatMap(({ at, spread, middle, isColoured }) => {
      if (!isColoured || spread === null || middle === null) return []
      const stand = `${Number(spread)} ${Number(middle)}`
      const sent = changes.findLast((change) => change.at <= at && change.stand === stand)
      return sent === undefined ? [] : [at - sent.at]
    })
  } finally {
    await page.context().close()
    await stage.close()
  }
}
