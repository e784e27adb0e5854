/** Havsyn: one order book, proven, with all that has happened in it. */

import { Desk } from '@havklo/desk'

import { linked } from '../../shared/linked.js'
import { show } from '../../shared/show.js'
import { source } from '../../shared/source.js'
import { Actions } from './actions.js'
import { commands } from './commands.js'
import { Scene } from './scene.js'
import { layout, passing } from './state.js'
import { Page } from './view.js'

const worker = (): Worker => new Worker(new URL('../../shared/worker.ts', import.meta.url), { type: 'module' })

// It loads its engine while the page still asks where the market is.
let first: Worker | null = worker()

async function begin(): Promise<void> {
  const from = await source(new URL(location.href))
  const desk = new Desk({
    url: from.ws,
    symbols: from.symbols,
    depth: from.depth,
    worker: () => {
      const ready = first ?? worker()
      first = null
      return ready
    },
    seed: from.seed,
    speed: from.speed,
    ...(from.replay === null ? {} : { replay: from.replay }),
    ...(from.at === null ? {} : { t: from.at }),
  })
  const actions = new Actions(desk, from, layout(), passing())
  const scene = new Scene(actions)
  linked(actions.layout.link, actions.layout.pair, (pair) => actions.symbols().includes(pair) && actions.pair(pair))
  show(actions, scene, () => commands(actions), <Page actions={actions} scene={scene} />)
}

void begin()
