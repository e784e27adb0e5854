/** The way out: a WebSocket of the platform, or one that was handed in. */

/** What is needed of a WebSocket class; the platform's, and those of node's packages, are such. */
export interface SocketClass {
  new (url: string): Socket
}

export interface Socket {
  send(text: string): void
  close(): void
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: SocketEvent) => void): void
}

/** What is needed of its events. */
export interface SocketEvent {
  readonly type: string
  readonly data?: unknown
  readonly code?: number
  readonly reason?: string
  readonly message?: string
}

/** Who hears of a connection; never from within the call that opened it. */
export interface Ears {
  opened(): void
  /** A message came; null if it was no text. */
  message(text: string | null): void
  /** It has ended, or was never there. */
  ended(reason: string, code: number | null): void
}

const NO_CODE = 1005 // what the platform says when the peer sent none
const ABNORMAL = 1006 // what it says when there was no close frame at all

/** Opens a connection; what it gives lets go of it, after which nobody hears of it any more. */
export function dial(make: SocketClass | undefined, url: string, ears: Ears): Line {
  let deaf = false
  let trouble = ''
  const end = (reason: string, code: number | null): void => {
    if (deaf) return
    deaf = true
    ears.ended(reason, code)
  }
  const later = (reason: string): Line => {
    queueMicrotask(() => end(reason, null))
    return {
      send: () => undefined,
      drop: () => {
        deaf = true
      },
    }
  }
  if (make === undefined) return later('there is no WebSocket here: hand one in')
  let socket: Socket
  try {
    socket = new make(url)
  } catch (error) {
    return later(error instanceof Error ? error.message : String(error))
  }
  socket.addEventListener('open', () => {
    if (!deaf) ears.opened()
  })
  socket.addEventListener('message', ({ data }) => {
    if (!deaf) ears.message(typeof data === 'string' ? data : null)
  })
  socket.addEventListener('error', ({ message }) => {
    trouble = message ?? ''
  })
  socket.addEventListener('close', ({ code = NO_CODE, reason = '' }) => {
    end(reason || trouble || 'the connection ended', code === NO_CODE || code === ABNORMAL ? null : code)
  })
  return {
    send: (text) => socket.send(text),
    drop: () => {
      deaf = true
      socket.close()
    },
  }
}

/** An open connection, or one that is being opened. */
export interface Line {
  send(text: string): void
  drop(): void
}
