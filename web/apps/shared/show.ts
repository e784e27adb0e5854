/** A page's beginning: its looks, its keys, its first picture. */

import { render } from 'preact'
import type { VNode } from 'preact'

import type { Command } from './commands.js'
import { listen } from './commands.js'
import type { Doings, Fleeting } from './doings.js'
import type { Loop } from './loop.js'
import { dress } from './theme.js'
import type { Looks } from './theme.js'

/** Draws a page. */
interface Scene {
  readonly loop: Loop
  dirty(): void
}

/** Shows a page, and goes on showing it. */
export function show(actions: Doings<Looks, Fleeting>, scene: Scene, commands: () => readonly Command[], page: VNode): void {
  dress(actions.layout, () => scene.dirty())
  listen(commands, () => actions.passing.palette.value !== 'closed')
  const root = document.querySelector('#app')
  if (root === null) throw new Error('the page has no place for the app')
  root.replaceChildren()
  render(page, root)
  scene.loop.start()
  // The letters come later than the first picture, and are wider or narrower than those before them.
  void document.fonts.ready.then(() => scene.dirty())
}
