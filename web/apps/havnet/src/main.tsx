/** Havnet: many order books at once, each proven by an engine of its own. */

import { render } from 'preact'

import { listen } from '../../shared/commands.js'
import { linked } from '../../shared/linked.js'
import { source } from '../../shared/source.js'
import { dress } from '../../shared/theme.js'
import { Actions } from './actions.js'
import { commands } from './commands.js'
import { begin } from './desks.js'
import { Scene } from './scene.js'
import { layout, passing } from './state.js'
import { Page } from './view.js'

async function start(): Promise<void> {
  const from = await source(new URL(location.href))
  const actions = new Actions(begin(from, from.symbols, 'card'), from, layout(), passing())
  const scene = new Scene(actions)
  dress(actions.layout, () => scene.dirty())
  linked(actions.layout.link, actions.passing.chosen, (pair) => actions.desk.symbols.includes(pair) && actions.choose(pair))
  listen(() => commands(actions), () => actions.passing.palette.value !== 'closed')
  const root = document.querySelector('#app')
  if (root === null) throw new Error('the page has no place for the app')
  root.replaceChildren()
  render(<Page actions={actions} scene={scene} />, root)
  scene.loop.start()
  // The letters come later than the first picture, and are wider or narrower than those before them.
  void document.fonts.ready.then(() => scene.dirty())
}

void start()
