/** Havnet: many order books at once, each proven by an engine of its own. */

import { linked } from '../../shared/linked.js'
import { show } from '../../shared/show.js'
import { source } from '../../shared/source.js'
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
  linked(actions.layout.link, actions.passing.chosen, (pair) => actions.desk.symbols.includes(pair) && actions.choose(pair))
  show(actions, scene, () => commands(actions), <Page actions={actions} scene={scene} />)
}

void start()
