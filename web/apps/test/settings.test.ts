/** Layouts in addresses: what is written is read again, and nonsense changes nothing. */

import { expect, test } from 'vitest'

import { choice, flag, within, words } from '../shared/settings.js'
import { checked } from '../shared/source.js'

test('what is written is read', () => {
  const size = choice([1, 2, 5], 1)
  expect([size.read('5'), size.read('3'), size.read('')]).toEqual([5, null, null])
  expect(size.read(size.write(2))).toBe(2)
  const on = flag(true)
  expect([on.read('0'), on.read('1'), on.read('yes')]).toEqual([false, true, null])
  expect(on.read(on.write(false))).toBe(false)
  const part = within(0, 100, 99.5)
  expect([part.read('12.5'), part.read('-1'), part.read('101'), part.read('NaN'), part.read('')]).toEqual([12.5, null, null, null, null])
  expect(part.write(99.4999)).toBe('99.5')
  expect(words('').read('0.05')).toBe('0.05')
})

test('what a gateway says is looked at before it is believed', () => {
  const said = { ws: 'ws://127.0.0.1:1/v2', venue: 'sim', symbols: ['BTC/USD', 7], token: 'x', faults: true, replay: null, relay: '/relay' }
  expect(checked(said)).toEqual({ ...said, symbols: ['BTC/USD'] })
  expect(checked({ ...said, venue: 'other', token: 5, faults: 'yes', replay: '/a' })).toMatchObject({
    venue: 'sim',
    token: null,
    faults: false,
    replay: '/a',
  })
  for (const wrong of [null, 'text', [], {}, { ws: 1, symbols: [] }, { ws: 'ws://x', symbols: 'BTC/USD' }]) expect(checked(wrong)).toBe(null)
})
