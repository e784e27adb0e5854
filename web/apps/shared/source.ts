/** Where a page's market comes from: the gateway's word, Kraken itself, or a recording, as the address says. */

/** What feeds the page. */
export interface Source {
  readonly venue: 'sim' | 'kraken' | 'replay'
  /** The public WebSocket that is spoken with; not used in a replay. */
  readonly ws: string
  readonly symbols: readonly string[]
  readonly depth: Depth
  /** Whether the simulator behind it can be asked for faults, and the word that the gateway wants to hear with it. */
  readonly canFault: boolean
  readonly token: string | null
  readonly replay: URL | null
  /** Where the gateway tells of what needs a key, and of which orders. */
  readonly relay: URL | null
  readonly orders: readonly string[]
  /** Where to stand in the recording: milliseconds since 1970; null for its beginning, and playing. */
  readonly at: number | null
  readonly speed: number
  readonly seed: number
}

export const DEPTHS = [10, 25, 100, 500, 1000] as const
export type Depth = (typeof DEPTHS)[number]

const KRAKEN = 'wss://ws.kraken.com/v2'
const SYMBOLS = ['BTC/USD', 'ETH/USD', 'SOL/USD', 'XRP/USD', 'DOGE/USD']

interface Config {
  readonly ws: string
  readonly venue: 'sim' | 'kraken' | 'replay'
  readonly symbols: readonly string[]
  readonly token: string | null
  readonly faults: boolean
  /** The recording that it plays, if it plays one. */
  readonly replay: string | null
  readonly relay: string | null
}

/** Reads the address, and asks the gateway for what it leaves open. */
export async function source(address: URL): Promise<Source> {
  const query = address.searchParams
  const isAsked = query.has('replay') || query.has('ws')
  const told = isAsked ? null : await config(new URL('../config.json', address))
  const replay = query.get('replay') ?? told?.replay ?? null
  const symbols = list(query.get('symbols'))
  const depth = DEPTHS.find((known) => known === Number(query.get('depth')))
  return {
    venue: replay !== null ? 'replay' : told?.venue === 'sim' ? 'sim' : 'kraken',
    ws: query.get('ws') ?? told?.ws ?? KRAKEN,
    symbols: symbols ?? (told?.symbols ?? (replay === null ? SYMBOLS : [])),
    depth: depth ?? 100,
    canFault: told?.faults ?? false,
    token: told?.token ?? null,
    replay: replay === null ? null : new URL(replay, address),
    relay: relay(told, address),
    orders: list(query.get('orders')) ?? [],
    at: number(query.get('t')),
    speed: number(query.get('speed')) ?? 1,
    seed: number(query.get('seed')) ?? 1,
  }
}

/** The gateway's word; null on a static host, where there is no gateway. */
async function config(address: URL): Promise<Config | null> {
  try {
    const response = await fetch(address)
    return response.ok ? checked(await response.json()) : null
  } catch {
    // No server, or a page instead of JSON: then nobody serves a market here but Kraken.
    return null
  }
}

export function checked(value: unknown): Config | null {
  if (typeof value !== 'object' || value === null) return null
  const { ws, venue, symbols, token, faults, replay, relay } = value as Record<string, unknown>
  if (typeof ws !== 'string' || !Array.isArray(symbols)) return null
  return {
    ws,
    venue: venue === 'kraken' || venue === 'replay' ? venue : 'sim',
    symbols: symbols.filter((symbol): symbol is string => typeof symbol === 'string'),
    token: typeof token === 'string' ? token : null,
    faults: faults === true,
    replay: typeof replay === 'string' ? replay : null,
    relay: typeof relay === 'string' ? relay : null,
  }
}

function relay(told: Config | null, address: URL): URL | null {
  if (told === null || told.relay === null) return null
  const relay = new URL(told.relay, address)
  relay.protocol = relay.protocol.replace('http', 'ws')
  if (told.token !== null) relay.searchParams.set('token', told.token)
  return relay
}

/** The words between commas; null if there are none. */
function list(text: string | null): readonly string[] | null {
  const words = text?.split(',').map((word) => word.trim()).filter(Boolean) ?? []
  return words.length === 0 ? null : words
}

function number(text: string | null): number | null {
  const value = text === null || text === '' ? NaN : Number(text)
  return Number.isFinite(value) ? value : null
}
