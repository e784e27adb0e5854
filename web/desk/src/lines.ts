/** Recordings as text, one frame a line, as `havklo verify` reads them: frames are cut out, never parsed and written anew. */

/** A received frame. */
export interface Line {
  readonly ms: number
  readonly text: string
}

/** What is wrong with a recording. */
export class BadRecording extends Error {
  override readonly name = 'BadRecording'

  constructor(
    readonly line: number,
    detail: string,
  ) {
    super(`line ${line}: ${detail}`)
  }
}

const FRAME = /"frame"\s*:\s*/
const RX_NS = /"rx_ns"\s*:\s*(\d+)/
const SECONDS = /"t"\s*:\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/
const SENT = /"dir"\s*:\s*"tx"/
const TIME = /"timestamp"\s*:\s*"([^"]+)"/

/** Reads a recording. Frames without a time of arrival have the exchange's. Throws `BadRecording`. */
export function readLines(text: string): Line[] {
  const read: Line[] = []
  let last = 0
  for (const [place, raw] of text.replace(/^\uFEFF/, '').split('\n').entries()) {
    const line = raw.trim()
    if (line === '') continue
    if (!line.startsWith('{') || !line.endsWith('}')) throw new BadRecording(place + 1, 'a JSON object was expected')
    const found = FRAME.exec(line)
    const start = found === null || CHANNEL_FIRST.test(line) ? null : found.index + found[0].length
    const end = start === null ? line.length : valueEnd(line, start)
    if (end === null) throw new BadRecording(place + 1, 'its frame does not end')
    const rest = start === null ? '' : line.slice(0, start) + line.slice(end)
    if (SENT.test(start === null ? line : rest)) continue
    const value = start === null ? line : line.slice(start, end)
    const frame = value.startsWith('"') ? String(JSON.parse(value)) : value
    const [, rxNs] = RX_NS.exec(rest) ?? []
    const [, seconds] = SECONDS.exec(rest) ?? []
    const told = rxNs !== undefined ? Number(BigInt(rxNs) / 1_000_000n) : Math.floor(1000 * Number(seconds ?? NaN))
    const ms = Number.isNaN(told) ? Date.parse(TIME.exec(frame)?.[1] ?? '') : told
    // Time never runs backward in what a connection brings.
    last = Math.max(last, Number.isNaN(ms) ? last : ms)
    read.push({ ms: last, text: frame })
  }
  return read
}

/** A line that is a frame itself. */
const CHANNEL_FIRST = /^\{\s*"(?:channel|method)"/

/** Where a JSON value ends that begins at `start`; null if it does not. */
function valueEnd(line: string, start: number): number | null {
  let [depth, isText] = [0, false]
  for (let at = start; at < line.length; at += 1) {
    const sign = line[at]
    if (isText) {
      if (sign === '\\') at += 1
      else if (sign === '"') isText = false
    } else if (sign === '"') isText = true
    else if (sign === '{' || sign === '[') depth += 1
    else if (sign === '}' || sign === ']') depth -= 1
    else continue
    if (!isText && depth === 0) return at + 1
  }
  return null
}

/** A frame as a line of a recording; one that is no JSON, for that was its fault, is kept as a text. */
export function line(ms: number, text: string): string {
  return `{"rx_ns": ${BigInt(Math.floor(ms)) * 1_000_000n}, "frame": ${isObject(text) ? text.trim() : JSON.stringify(text)}}`
}

function isObject(text: string): boolean {
  try {
    return text.trimStart().startsWith('{') && JSON.parse(text) !== null && !text.includes('\n')
  } catch {
    return false
  }
}

/** A line that readers of frames pass over: what is known beside them. */
export function head(facts: object): string {
  return JSON.stringify({ dir: 'tx', havklo: facts })
}
