/** The worker's machine against the project's own simulated Kraken, in a storm of faults. */

import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { SocketClass } from '@havklo/client'
import { Frame } from '@havklo/kraken-wasm'
import { afterEach, expect, test } from 'vitest'

import { Machine } from '../src/machine.js'
import type { Change, Tell } from '../src/words.js'
import { crc32 } from '../src/crc.js'
import { wasm } from './fake.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const HAVKLO = `${ROOT}.venv/bin/havklo`
const SYMBOLS = ['BTC/USD', 'ETH/USD', 'XRP/USD']
const STORM = fileURLToPath(new URL('../../client/test/storm.toml', import.meta.url))

// Node 20 has the class only when it is told so (see vitest.config.ts), and its types do not know it.
const { WebSocket } = globalThis as unknown as { readonly WebSocket: SocketClass }

let simulator: ChildProcess | null = null
let machine: Machine | null = null

afterEach(async () => {
  machine?.close()
  const ending = simulator
  simulator = null
  if (ending === null || ending.exitCode !== null) return
  ending.kill()
  await once(ending, 'exit')
})

async function begin(): Promise<string> {
  const flags = ['sim', '--port', '0', '--symbols', SYMBOLS.join(','), '--scenario', STORM]
  const started = spawn(HAVKLO, flags, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
  simulator = started
  let said = ''
  return new Promise((resolve, reject) => {
    started.once('error', reject)
    started.once('exit', () => reject(new Error(`the simulator ended: ${said}`)))
    started.stdout.on('data', (chunk) => {
      said += String(chunk)
      const [url] = /ws:\/\/[\d.]+:\d+\/v2/.exec(said) ?? []
      if (url !== undefined) resolve(url)
    })
  })
}

/** The changes in what was told. */
const changed = (tell: Tell | undefined): readonly Change[] => (tell?.tell === 'changes' ? tell.changes : [])

/** What a machine has told, and waiting for it. */
function listening() {
  const told: Tell[] = []
  const waiting = new Set<() => void>()
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
    })
  const post = (tell: Tell): void => {
    told.push(tell)
    for (const look of [...waiting]) look()
  }
  return { told, until, post }
}

test('books are live, faults are seen and healed, the past is as it was, and an incident can be verified', async () => {
  const url = await begin()
  const { told, until, post } = listening()
  const started = new Machine({
    post,
    now: () => Date.now(),
    micros: () => 1000 * performance.now(),
    every: (ms, work) => {
      const timer = setInterval(work, ms)
      return () => clearInterval(timer)
    },
    fetch: () => Promise.reject(new Error('no recording is asked for')),
    WebSocket,
    timings: { snapshot: 1000 },
    load: () => Promise.resolve({ ok: true, value: wasm }),
  })
  machine = started
  const setup = { url, symbols: SYMBOLS, depth: 25, detail: 'full', ringBytes: 8 << 20 } as const
  void started.handle({ do: 'start', setup })
  for (const symbol of SYMBOLS) void started.handle({ do: 'watch', symbol })

  const latest = new Map<string, Change>()
  const integrity = new Map<string, NonNullable<Change['integrity']>>()
  const proven: { ms: number; symbol: string; bids: unknown }[] = []
  let [isWrong, seen] = [false, 0]
  /** Reads on in what was told, and hands buffers back as a page does. */
  const read = (): void => {
    for (; seen < told.length; seen += 1) {
      const tell = told[seen]
      for (const change of changed(tell)) {
        const { symbol, frame: buffer } = change
        latest.set(symbol, change)
        if (change.integrity !== null) integrity.set(symbol, change.integrity)
        if (buffer === null) continue
        const frame = new Frame(buffer)
        isWrong ||= frame.state !== 'live' || (frame.level('bid', 0)?.price ?? 0n) >= (frame.level('ask', 0)?.price ?? 0n)
        proven.push({ ms: change.provenMs ?? 0, symbol, bids: frame.levels('bid') })
        void started.handle({ do: 'buffers', buffers: [{ symbol, buffer }] })
      }
    }
  }
  const marks = (kind: string): number =>
    told.flatMap(changed).flatMap((change) => change.marks).filter((mark) => mark.kind === kind).length
  const sums = () =>
    [...integrity.values()].flatMap(({ faults }) => faults).filter(({ reason }) => reason === 'checksum')
  await until(() => {
    read()
    const isLive = SYMBOLS.every((symbol) => latest.get(symbol)?.standing === 'live')
    const isSeen = proven.filter(({ symbol }) => symbol === 'BTC/USD').length >= 20
    return isLive && isSeen && marks('resync') >= 3 && marks('reconnect') >= 1 && sums().some(({ healedMs }) => healedMs !== null)
  })
  expect(isWrong).toBe(false)
  expect(latest.get('BTC/USD')?.tick).toBeGreaterThan(0n)
  expect(told.flatMap(changed).some(({ columns }) => columns.length > 0)).toBe(true)
  expect(told.flatMap(changed).some(({ prints }) => prints.length > 0)).toBe(true)
  for (const { expected, computed, levels } of sums()) {
    expect(expected).not.toBe(computed)
    if (levels.length === 0) continue
    const digits = levels.flatMap(({ price, qty }) => [price, qty]).map((text) => text.replace('.', '').replace(/^0+/, ''))
    expect(crc32(digits.join(''))).toBe(computed)
  }

  // What was shown then is what rewinding shows now.
  const ended = performance.now()
  const then = proven.filter(({ symbol }) => symbol === 'BTC/USD').at(-5)
  if (then === undefined) throw new Error('nothing was shown')
  const later = proven.filter(({ symbol, ms }) => symbol === 'BTC/USD' && ms === then.ms).at(-1) ?? then
  await started.handle({ do: 'seek', symbols: ['BTC/USD'], ms: then.ms })
  const moments = told.findLast((tell) => tell.tell === 'moments')
  const [moment] = moments?.tell === 'moments' ? moments.moments : []
  if (moment === undefined || moment.frame === null) throw new Error('no moment')
  expect(performance.now() - ended).toBeLessThan(1000)
  expect(new Frame(moment.frame).levels('bid')).toEqual(later.bids)

  // One engine is ended; the others do not notice. It comes back by a snapshot of its own.
  await started.handle({ do: 'kill', symbol: 'ETH/USD' })
  const before = told.length
  await until(() => {
    read()
    const since = told.slice(before).flatMap(changed)
    const btc = since.filter(({ symbol, frame }) => symbol === 'BTC/USD' && frame !== null)
    return btc.length > 5 && latest.get('ETH/USD')?.standing === 'closed'
  })
  await started.handle({ do: 'restart', symbol: 'ETH/USD' })
  await until(() => {
    read()
    return latest.get('ETH/USD')?.standing === 'live'
  })

  await started.handle({ do: 'export', id: 7, symbol: 'BTC/USD', ms: null })
  const exported = told.findLast((tell) => tell.tell === 'exported')
  if (exported?.tell !== 'exported') throw new Error('no incident')
  const folder = await mkdtemp(join(tmpdir(), 'havklo-'))
  try {
    const file = join(folder, 'incident.jsonl')
    await writeFile(file, exported.text)
    // What went wrong in it is found once more, which is no success; what it says is what counts.
    const run = await promisify(execFile)(HAVKLO, ['verify', '--json', file]).catch((error: { stdout: string }) => error)
    const { verified, desyncs } = JSON.parse(run.stdout) as { verified: number; desyncs: number }
    expect(verified).toBeGreaterThan(10)
    const told = integrity.get('BTC/USD')?.faults.length ?? 0
    // A connection that was lost leaves a hole in a recording, too.
    expect(desyncs).toBeLessThanOrEqual(told + marks('disconnect'))
  } finally {
    await rm(folder, { recursive: true })
  }
}, 60_000)
