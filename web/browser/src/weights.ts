/** What a page weighs: all that an app loads before its first book, compressed as it travels. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const APPS = fileURLToPath(new URL('../../apps/dist', import.meta.url))

/** Bytes, gzip -9. */
export interface Weights {
  /** JavaScript and style sheets of the page, and what its worker runs. */
  readonly code: number
  readonly worker: number
  readonly wasm: number
  readonly fonts: number
}

/** Weighs what a page has asked for, by the addresses it asked. */
export async function weighed(requests: readonly string[]): Promise<Weights> {
  const sums = { code: 0, worker: 0, wasm: 0, fonts: 0 }
  const seen = new Set<string>()
  for (const request of requests) {
    const { pathname } = new URL(request)
    const kind = /\/worker[^/]*\.js$/.test(pathname) ? 'worker' : /\.(js|css)$/.test(pathname) ? 'code' : pathname.endsWith('.wasm') ? 'wasm' : pathname.endsWith('.woff2') ? 'fonts' : null
    if (kind === null || seen.has(pathname)) continue
    seen.add(pathname)
    const data = await readFile(join(APPS, pathname))
    // Fonts are compressed already, and travel as they are.
    sums[kind] += kind === 'fonts' ? data.length : gzipSync(data, { level: 9 }).length
  }
  return sums
}
