/** Gets the modules: by address, from bytes, or out of the package's own code. Importing this fetches nothing. */

import { bad, good } from './result.js'
import type { Result } from './result.js'

/** Where a module comes from: an address, its bytes, a compiled module, or `"inline"` for the copy in the package. */
export type Source = URL | BufferSource | WebAssembly.Module | 'inline'

/** Why there is no module. */
export type LoadError =
  /** It could not be fetched or read. */
  | { readonly kind: 'unreachable'; readonly url: string; readonly detail: string }
  /** The server answered, but not with the module. */
  | { readonly kind: 'refused'; readonly url: string; readonly status: number }
  /** The bytes are no module, or one of something else. */
  | { readonly kind: 'unusable'; readonly detail: string }

/** The compiled engine, from which any number of `Engine`s are made. It may be posted to workers. */
export type Wasm = WebAssembly.Module

/** Compiles the engine for books of levels; without a source from `havklo.wasm` beside the package's code. */
export function load(source?: Source): Promise<Result<Wasm, LoadError>> {
  const inline = () => import('./inline/havklo.js')
  return compiled(source ?? new URL('../havklo.wasm', import.meta.url), 'engine_receive', inline)
}

/** The same for the engine that knows books of orders as well, `level3.wasm`: a larger one. */
export function loadLevel3(source?: Source): Promise<Result<Wasm, LoadError>> {
  const inline = () => import('./inline/level3.js')
  return compiled(source ?? new URL('../level3.wasm', import.meta.url), 'engine_orders', inline)
}

/** The same for the mathematics of fills, `fill.wasm`. */
export function loadFill(source?: Source): Promise<Result<Wasm, LoadError>> {
  const inline = () => import('./inline/fill.js')
  return compiled(source ?? new URL('../fill.wasm', import.meta.url), 'fill_ask', inline)
}

async function compiled(
  source: Source,
  exported: string,
  inline: () => Promise<{ readonly base64: string }>,
): Promise<Result<Wasm, LoadError>> {
  const bytes = await bytesOf(source, inline)
  if (!bytes.ok) return bytes
  try {
    const module = bytes.value instanceof WebAssembly.Module ? bytes.value : await WebAssembly.compile(bytes.value)
    const names = WebAssembly.Module.exports(module).map(({ name }) => name)
    if (names.includes(exported)) return good(module)
    return bad({ kind: 'unusable', detail: `the module does not export ${exported}` })
  } catch (error) {
    return bad({ kind: 'unusable', detail: words(error) })
  }
}

async function bytesOf(
  source: Source,
  inline: () => Promise<{ readonly base64: string }>,
): Promise<Result<BufferSource | WebAssembly.Module, LoadError>> {
  if (source === 'inline') return good(decoded((await inline()).base64))
  if (!(source instanceof URL)) return good(source)
  try {
    if (source.protocol === 'file:') return good(await file(source))
    const response = await fetch(source)
    if (!response.ok) return bad({ kind: 'refused', url: source.href, status: response.status })
    return good(await response.arrayBuffer())
  } catch (error) {
    return bad({ kind: 'unreachable', url: source.href, detail: words(error) })
  }
}

/** Node's `fetch` knows no files. It is asked for its file system in a way that bundlers for browsers don't see. */
interface Node {
  readonly process?: {
    getBuiltinModule?(name: 'node:fs/promises'): {
      readFile(url: URL): Promise<Uint8Array<ArrayBuffer>>
    }
  }
}

async function file(url: URL): Promise<BufferSource> {
  const system = (globalThis as Node).process?.getBuiltinModule?.('node:fs/promises')
  if (system !== undefined) return system.readFile(url)
  return (await fetch(url)).arrayBuffer()
}

function decoded(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
