/** Pages that are linked by a colour. */

import { signal } from '@preact/signals'
import { expect, test, vi } from 'vitest'

import { linked } from '../shared/linked.js'
import type { Colour } from '../shared/linked.js'

/** A page that shows what it is told to. */
function page(first: Colour, begin: string) {
  const [colour, pair] = [signal<Colour>(first), signal(begin)]
  const heard: string[] = []
  const stop = linked(colour, pair, (chosen) => {
    heard.push(chosen)
    pair.value = chosen
  })
  return { colour, pair, heard, stop }
}

test('what is chosen in one page is shown by those of its colour, once, and by no others', async () => {
  const pages = [page('blue', 'A/B'), page('blue', 'C/D'), page('amber', 'E/F'), page('none', 'G/H')] as const
  const [one, two, other, alone] = pages
  one.pair.value = 'I/J'
  await vi.waitFor(() => expect(two.pair.value).toBe('I/J'))
  two.pair.value = 'K/L'
  await vi.waitFor(() => expect(one.pair.value).toBe('K/L'))
  other.colour.value = 'blue'
  alone.pair.value = 'M/N'
  one.pair.value = 'O/P'
  await vi.waitFor(() => expect([two.pair.value, other.pair.value]).toEqual(['O/P', 'O/P']))
  expect(pages.map(({ heard }) => heard)).toEqual([['K/L'], ['I/J', 'O/P'], ['O/P'], []])
  for (const { stop } of pages) stop()
})
