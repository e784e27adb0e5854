/** The server's side of WebSockets, as much of it as a page needs: text frames, pings, and an end. */

import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const TEXT = 1
const CLOSE = 8
const PING = 9
const PONG = 10

/** One page's connection. */
export class ServerSocket {
  onText: (text: string) => void = () => {}
  onEnd: () => void = () => {}
  #unread: Buffer = Buffer.alloc(0)

  constructor(
    request: IncomingMessage,
    readonly stream: Duplex,
  ) {
    const key = request.headers['sec-websocket-key'] ?? ''
    const accept = createHash('sha1').update(key + GUID).digest('base64')
    stream.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    stream.on('data', (chunk: Buffer) => this.#read(chunk))
    stream.on('error', () => stream.destroy())
    stream.on('close', () => this.onEnd())
  }

  /** Bytes that wait to be sent. */
  get waiting(): number {
    return this.stream.writableLength
  }

  /** Sends frames that `frame` made, in one piece. */
  send(...frames: readonly Buffer[]): void {
    if (!this.stream.writableEnded) this.stream.write(frames.length === 1 ? (frames[0] ?? '') : Buffer.concat(frames))
  }

  /** Ends the connection without a word, as a broken line does. */
  cut(): void {
    this.stream.destroy()
  }

  #read(chunk: Buffer): void {
    this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk])
    for (let next = this.#take(); next !== null; next = this.#take()) {
      if (next.kind === TEXT) this.onText(next.data.toString())
      if (next.kind === PING) this.send(frame(next.data, PONG))
      if (next.kind === CLOSE) this.stream.end(frame(next.data, CLOSE))
    }
  }

  /** The next whole frame; null while there is none. Pages send short messages in one frame, and mask them. */
  #take(): { readonly kind: number; readonly data: Buffer } | null {
    const bytes = this.#unread
    if (bytes.length < 2) return null
    const short = (bytes[1] ?? 0) & 0x7f
    const head = short === 126 ? 4 : 2
    if (short === 127 || bytes.length < head + 4) return null
    const length = short === 126 ? bytes.readUInt16BE(2) : short
    const end = head + 4 + length
    if (bytes.length < end) return null
    const mask = bytes.subarray(head, head + 4)
    const data = Buffer.from(bytes.subarray(head + 4, end).map((byte, at) => byte ^ (mask[at % 4] ?? 0)))
    this.#unread = bytes.subarray(end)
    return { kind: (bytes[0] ?? 0) & 0x0f, data }
  }
}

/** A message as it goes over the wire. */
export function frame(text: string | Buffer, kind = TEXT): Buffer {
  const data = typeof text === 'string' ? Buffer.from(text) : text
  const head =
    data.length < 126
      ? Buffer.from([0x80 | kind, data.length])
      : data.length < 65_536
        ? Buffer.from([0x80 | kind, 126, data.length >> 8, data.length & 0xff])
        : Buffer.from([0x80 | kind, 127, 0, 0, 0, 0, ...uint32(data.length)])
  return Buffer.concat([head, data])
}

function uint32(value: number): number[] {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff)
}
