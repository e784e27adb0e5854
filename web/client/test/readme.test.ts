/** The page of the README is ten lines to copy, and does what it says. */

import { readFileSync } from 'node:fs'
import { afterEach, expect, test, vi } from 'vitest'

import * as package_ from '../src/index.js'
import { FakeSocket, frames, socket } from './fake.js'

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const { symbol, frames: said } = frames('life', 'a lost message')

afterEach(() => {
  vi.unstubAllGlobals()
})

test('the page shows the best bid and ask, and otherwise where it stands', async () => {
  const [, page = ''] = /```html\n([^`]*(?:`[^`]+`[^`]*)*?)```\n/.exec(README) ?? []
  expect(page.trim().split('\n').length).toBe(10)
  const [, script = ''] = /<script type="module">\n([\s\S]*)<\/script>/.exec(page) ?? []
  expect(script).toContain("import { Client, book } from '@havklo/client'")
  vi.stubGlobal('WebSocket', FakeSocket)
  const element = { textContent: '' }
  const clients: package_.Client[] = []
  class Client extends package_.Client {
    constructor() {
      super()
      clients.push(this)
    }
  }
  const run = new Function('Client', 'book', 'document', script.replace(/^import.*/, ''))
  run(Client, (asked: string) => package_.book(asked === 'BTC/USD' ? symbol : asked), { querySelector: () => element })
  await vi.waitFor(() => socket())
  socket().happen('open')
  socket().ack()
  socket().say(said[0] ?? '')
  expect(element.textContent).toMatch(/^[\d.]+,[\d.]+\n[\d.]+,[\d.]+$/)
  socket().say(said[1] ?? '')
  expect(element.textContent).toBe('resync')
  for (const client of clients) client.close()
  expect(element.textContent).toBe('closed')
})
