/** Pages of one colour look at one pair: what is chosen in one of them is shown by the others. */

import { effect } from '@preact/signals'
import type { ReadonlySignal } from '@preact/signals'

export const COLOURS = ['none', 'blue', 'amber', 'violet', 'white'] as const
export type Colour = (typeof COLOURS)[number]

const NAME = 'havklo.linked'

interface Word {
  readonly colour: string
  readonly pair: string
}

/** Lets a page take part while it has a colour; gives what ends that. Pages are those of this browser, at this address. */
export function linked(
  colour: ReadonlySignal<Colour>,
  pair: ReadonlySignal<string>,
  choose: (pair: string) => void,
): () => void {
  const channel = new BroadcastChannel(NAME)
  // A page that opens, or takes a colour, changes nothing for the others.
  let last = pair.peek()
  channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (!isWord(data) || colour.peek() === 'none' || data.colour !== colour.peek() || data.pair === last) return
    // What was heard is not told again.
    last = data.pair
    choose(data.pair)
  })
  const stop = effect(() => {
    const { value } = pair
    if (value === last) return
    last = value
    if (colour.peek() !== 'none' && value !== '') channel.postMessage({ colour: colour.peek(), pair: value } satisfies Word)
  })
  return () => {
    stop()
    channel.close()
  }
}

function isWord(data: unknown): data is Word {
  if (typeof data !== 'object' || data === null) return false
  const { colour, pair } = data as Record<string, unknown>
  return typeof colour === 'string' && typeof pair === 'string'
}
