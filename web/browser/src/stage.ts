/** The built apps on a server of their own, beside a made-up Kraken: what a page meets in tests. */

import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

import { recording } from './recording.ts'
import type { RecordingOptions } from './recording.ts'
import { ServerSocket } from './sockets.ts'
import { Venue, pairs } from './venue.ts'
import type { Fault, Sent } from './venue.ts'

const APPS = fileURLToPath(new URL('../../apps/dist', import.meta.url))
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}
const REPLAYS: Readonly<Record<string, RecordingOptions>> = {
  '/replay/minute.jsonl': { seconds: 60, rate: 40 },
  '/replay/quarter.jsonl': { seconds: 900, rate: 40, lost: [640, 820] },
}
const kept: Record<string, string> = {}
const FAULTS: readonly Fault[] = ['drop', 'corrupt', 'cross', 'disconnect']

export interface StageOptions {
  /** Book messages a second and pair. */
  readonly rate?: number
  readonly seed?: number
  /** How many pairs are traded: beyond the well-known five they are made up. */
  readonly books?: number
  readonly onSent?: (sent: Sent) => void
  /** How long a snapshot takes, in milliseconds. */
  readonly snapshotMs?: number
}

/** A server that serves the apps, their settings and a market. */
export class Stage {
  private constructor(
    readonly server: Server,
    readonly venue: Venue,
    readonly port: number,
  ) {}

  static async open({ rate = 40, seed = 7, books = 5, onSent, snapshotMs }: StageOptions = {}): Promise<Stage> {
    const venue = new Venue(rate, seed, pairs(books), onSent, snapshotMs)
    const names = venue.pairs.map(({ symbol }) => symbol)
    const server = createServer((request, response) => {
      void answer(venue, names, request, response)
    })
    server.on('upgrade', (request, stream) => venue.accept(new ServerSocket(request, stream)))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the server has no port')
    return new Stage(server, venue, address.port)
  }

  /** The address of an app, with what comes after its `?` and `#`. */
  url(app: string, query = '', layout = ''): string {
    return `http://127.0.0.1:${this.port}/${app}/${query === '' ? '' : `?${query}`}${layout === '' ? '' : `#${layout}`}`
  }

  async close(): Promise<void> {
    this.venue.close()
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }
}

async function answer(
  venue: Venue,
  symbols: readonly string[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const host = request.headers.host ?? ''
  const { pathname } = new URL(request.url ?? '/', `http://${host}`)
  if (pathname === '/config.json') {
    const config = { ws: `ws://${host}/v2`, venue: 'sim', symbols, token: null, faults: true }
    return send(response, 200, 'application/json', JSON.stringify(config), host)
  }
  if (pathname === '/sim/faults' && request.method === 'POST') {
    const asked: unknown = JSON.parse(await body(request))
    const { symbol, fault } = asked as { symbol?: unknown; fault?: unknown }
    const known = FAULTS.find((each) => each === fault)
    if (known !== undefined) venue.fault(String(symbol), known)
    return send(response, known === undefined ? 400 : 204, 'text/plain', '', host)
  }
  const made = REPLAYS[pathname]
  if (made !== undefined) return send(response, 200, 'application/x-ndjson', (kept[pathname] ??= recording(made)), host)
  const file = join(APPS, normalize(pathname.endsWith('/') ? `${pathname}index.html` : pathname))
  try {
    send(response, 200, TYPES[extname(file)] ?? 'application/octet-stream', await readFile(file), host)
  } catch {
    // What isn't there is asked for, too: a browser's own icon.
    send(response, 404, 'text/plain', 'not found', host)
  }
}

function send(response: ServerResponse, status: number, type: string, data: string | Buffer, host: string): void {
  // As strict as the gateway: what a page needs besides would be seen here.
  const policy = `default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; worker-src 'self'; connect-src 'self' ws://${host} wss://ws.kraken.com; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
  response.writeHead(status, { 'content-type': type, 'content-security-policy': policy })
  response.end(data)
}

async function body(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}
