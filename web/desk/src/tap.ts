/** Listens in on a client's connections: whoever records has to have the very bytes. */

import type { Socket, SocketClass, SocketEvent } from '@havklo/client'

/** A WebSocket class whose messages `hear` gets first, with the time of their arrival. */
export function tapped(Base: SocketClass, hear: (text: string, ms: number) => void, now: () => number): SocketClass {
  return class implements Socket {
    readonly #socket: Socket

    constructor(url: string) {
      this.#socket = new Base(url)
    }

    send(text: string): void {
      this.#socket.send(text)
    }

    close(): void {
      this.#socket.close()
    }

    addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: SocketEvent) => void): void {
      if (type !== 'message') this.#socket.addEventListener(type, listener)
      else
        this.#socket.addEventListener(type, (event) => {
          if (typeof event.data === 'string') hear(event.data, now())
          listener(event)
        })
    }
  }
}
