/** The apps on the real gateway, with the simulated Kraken of the Python package behind it. */

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Browser } from 'playwright-core'

import { launch, open } from '../src/chromium.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

let browser: Browser
let gateway: ChildProcess
let links: Readonly<Record<string, string>>

beforeAll(async () => {
  gateway = spawn(`${ROOT}/.venv/bin/havklo`, ['serve', '--port', '0', '--rate', '200'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
  const found: Record<string, string> = {}
  if (gateway.stdout === null) throw new Error('the gateway has no output')
  for await (const line of createInterface(gateway.stdout)) {
    const [, app, link] = /^ {2}(\w+) +(http:\S+)$/.exec(line) ?? []
    if (app !== undefined && link !== undefined) found[app] = link
    if (Object.keys(found).length === 2) break
  }
  ;[browser, links] = [await launch(), found]
})

afterAll(async () => {
  await browser.close()
  gateway.kill('SIGINT')
  await once(gateway, 'exit')
})

test.each(['havsyn', 'havnet'])('%s: live by its link, whose token vanishes; a fault is seen and healed', async (app) => {
  const { page, errors, requests } = await open(browser)
  await page.goto(links[app] ?? '')
  await page.waitForSelector('[data-standing="live"]')
  expect(page.url()).not.toContain('token')
  const status = await page.evaluate(async () => {
    const order = JSON.stringify({ symbol: 'BTC/USD', fault: 'corrupt' })
    return (await fetch('../sim/faults', { method: 'POST', body: order, headers: { 'Content-Type': 'application/json' } })).status
  })
  expect(status).toBeLessThan(300)
  await page.waitForFunction(() => /CRC [\d,]+ ok, [1-9]\d* bad/.test(document.body.textContent ?? ''))
  await page.waitForSelector('[data-standing="live"]')
  expect(errors).toEqual([])
  const { host } = new URL(page.url())
  expect([...new Set(requests.map((request) => new URL(request).host))]).toEqual([host])
  await page.context().close()
})
