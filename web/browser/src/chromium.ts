/** Debian's Chromium, driven without anything that calls home. */

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

const PATIENCE_MS = 8000
const NAMES = ['chromium', 'chromium-browser', 'google-chrome']
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Pictures are the same on every machine only without what each draws its letters by.
  '--font-render-hinting=none',
  '--disable-lcd-text',
  '--force-color-profile=srgb',
]

/** Starts it. @throws Error with a hint if there is none. */
export function launch(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: found(), args: [...ARGUMENTS, ...more] })
}

function found(): string {
  const wanted = process.env['HAVKLO_CHROMIUM']
  if (wanted !== undefined) return wanted
  for (const folder of (process.env['PATH'] ?? '').split(delimiter))
    for (const name of NAMES) if (isProgram(join(folder, name))) return join(folder, name)
  throw new Error('no Chromium in PATH: apt-get install chromium, or say where one is with HAVKLO_CHROMIUM')
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** A page and all that went wrong on it, or left it. */
export interface Watched {
  readonly page: Page
  /** What the page complained about. */
  readonly errors: string[]
  /** Where it wanted to go, sockets included. */
  readonly requests: string[]
}

export async function open(browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  const [errors, requests]: [string[], string[]] = [[], []]
  page.on('pageerror', (error) => errors.push(String(error.stack)))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) errors.push(message.text())
  })
  context.on('request', (request) => requests.push(request.url()))
  page.on('websocket', (socket) => requests.push(socket.url()))
  return { page, errors, requests }
}
