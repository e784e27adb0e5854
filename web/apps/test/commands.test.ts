/** Keys by their names, whatever the keyboard. */

import { expect, test } from 'vitest'

import { cap, named } from '../shared/commands.js'

function key(key: string, more: Partial<Pick<KeyboardEvent, 'code' | 'ctrlKey' | 'metaKey' | 'shiftKey'>> = {}): KeyboardEvent {
  const event = { key, code: '', ctrlKey: false, metaKey: false, shiftKey: false, ...more }
  // Only what is read is here: node has no keyboard.
  return event as KeyboardEvent
}

test('letters, with Shift and Ctrl, and on keyboards without Latin letters', () => {
  expect(named(key('c'))).toBe('c')
  expect(named(key('C', { shiftKey: true }))).toBe('Shift+c')
  expect(named(key('C'))).toBe('c')
  expect(named(key('k', { metaKey: true }))).toBe('Mod+k')
  expect(named(key('с', { code: 'KeyC' }))).toBe('c')
})

test('digits with Shift are digits, other characters are what they are', () => {
  expect(named(key('!', { code: 'Digit1', shiftKey: true }))).toBe('Shift+1')
  expect(named(key('3', { code: 'Digit3' }))).toBe('3')
  expect(named(key('?', { code: 'Slash', shiftKey: true }))).toBe('?')
  expect(named(key('+', { code: 'Equal', shiftKey: true }))).toBe('+')
  expect(named(key('ArrowLeft', { shiftKey: true }))).toBe('Shift+ArrowLeft')
  expect(named(key('/', { code: 'Digit7', shiftKey: true }))).toBe('/')
})

test('as people read them', () => {
  expect([cap('Mod+k'), cap('Shift+ArrowLeft'), cap('+'), cap(' '), cap('-')]).toEqual(['Ctrl K', 'Shift ←', '+', 'Space', '\u2212'])
})
