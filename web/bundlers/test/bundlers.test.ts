/** The same ten lines in Vite, webpack, Next.js and node, with the packages as they are published and no configuration. */

import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readFile, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build, preview } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Browser } from 'playwright-core'
import webpack from 'webpack'

import { launch, open } from '../../browser/src/chromium.ts'
import { Stage } from '../../browser/src/stage.ts'

const HERE = fileURLToPath(new URL('..', import.meta.url))
const BUILT = `${HERE}built`
const NEXT = `${HERE}node_modules/next/dist/bin/next`
const BEST = /^\d[\d.]*,\d[\d.]* \d[\d.]*,\d[\d.]*$/
/** Next.js takes its time. */
const PATIENCE = 180_000
const run = promisify(execFile)

let stage: Stage
let browser: Browser

beforeAll(async () => {
  await rm(BUILT, { recursive: true, force: true })
  await cp(`${HERE}apps`, BUILT, { recursive: true })
  for (const app of ['node', 'vite', 'webpack', 'next']) {
    await cp(`${HERE}book.js`, `${BUILT}/${app}/book.js`)
    for (const name of ['engine', 'client']) await install(`${HERE}../${name}`, `${BUILT}/${app}/node_modules`)
  }
  ;[stage, browser] = await Promise.all([Stage.open(), launch()])
}, PATIENCE)

afterAll(async () => {
  await browser.close()
  await stage.close()
})

/** Puts into a folder of modules what would be published of a package. */
async function install(from: string, modules: string): Promise<void> {
  const { name } = JSON.parse(await readFile(`${from}/package.json`, 'utf8')) as { name: string }
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', BUILT], { cwd: from })
  const [packed] = JSON.parse(stdout) as { filename: string }[]
  await mkdir(`${modules}/${name}`, { recursive: true })
  await run('tar', ['-xzf', `${BUILT}/${packed?.filename ?? ''}`, '--strip-components=1', '-C', `${modules}/${name}`])
}

function market(): string {
  return `ws://127.0.0.1:${stage.port}/v2`
}

/** What a page shows of the book, once it shows one. */
async function shown(address: string): Promise<string> {
  const { page, errors } = await open(browser)
  await page.goto(`${address}?url=${encodeURIComponent(market())}`)
  await page.waitForFunction(() => document.querySelector('#book')?.textContent?.includes(','), null, { timeout: 10_000 })
  const text = await page.textContent('#book')
  await page.context().close()
  expect(errors).toEqual([])
  return text ?? ''
}

/** The same for a folder of files. */
async function served(root: string, outDir: string): Promise<string> {
  const server = await preview({ root, configFile: false, logLevel: 'error', build: { outDir }, preview: { port: 0, host: '127.0.0.1' } })
  try {
    return await shown(server.resolvedUrls?.local[0] ?? '')
  } finally {
    await server.close()
  }
}

test('they are ten lines', async () => {
  const lines = (await readFile(`${HERE}book.js`, 'utf8')).trim().split('\n')
  expect(lines.filter((line) => line !== '')).toHaveLength(10)
})

test('node', async () => {
  // Node 20 has the class only when it is told so.
  const options = 'WebSocket' in globalThis ? '' : '--experimental-websocket'
  const { stdout } = await run(process.execPath, ['index.js', market()], { cwd: `${BUILT}/node`, env: { ...process.env, NODE_OPTIONS: options } })
  expect(stdout.trim()).toMatch(BEST)
})

test('Vite', async () => {
  const root = `${BUILT}/vite`
  await build({ root, configFile: false, logLevel: 'error' })
  expect(await served(root, 'dist')).toMatch(BEST)
}, PATIENCE)

test('webpack', async () => {
  const root = `${BUILT}/webpack`
  const compiler = webpack({ context: root, mode: 'production', output: { path: `${root}/dist` } })
  const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) => {
    compiler?.run((error, done) => (error ? reject(error) : resolve(done)))
  })
  expect(stats?.toJson({ all: false, errors: true, warnings: true })).toMatchObject({ errors: [], warnings: [] })
  await cp(`${root}/index.html`, `${root}/dist/index.html`)
  expect(await served(root, 'dist')).toMatch(BEST)
}, PATIENCE)

test('Next.js, which renders it on the server first', async () => {
  const root = `${BUILT}/next`
  const env = { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' }
  await run(process.execPath, [NEXT, 'build'], { cwd: root, env })
  const server = spawn(process.execPath, [NEXT, 'start', '--port', '0', '--hostname', '127.0.0.1'], { cwd: root, env })
  try {
    const address = await said(server, /http:\/\/[\d.]+:\d+/)
    expect(await (await fetch(address)).text()).toContain('nothing yet')
    expect(await shown(address)).toMatch(BEST)
  } finally {
    server.kill()
    await once(server, 'exit')
  }
}, PATIENCE)

/** What a program has said that looks like this. */
function said(child: ChildProcess, looks: RegExp): Promise<string> {
  let text = ''
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error(`it has ended: ${text}`)))
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        text += String(chunk)
        const [found] = looks.exec(text) ?? []
        if (found !== undefined) resolve(found)
      })
    }
  })
}
