/** The page: the strip of totals, the cards or the table, and what lies on top. */

import type { Signal } from '@preact/signals'
import type { VNode } from 'preact'
import { useRef } from 'preact/hooks'

import { Inspector } from '../../shared/inspector.js'
import { LinkButton } from '../../shared/link_button.js'
import { Help, Palette } from '../../shared/palette.js'
import { Timeline } from '../../shared/timeline.js'
import type { Actions } from './actions.js'
import { Card } from './card.js'
import { commands } from './commands.js'
import type { Figures } from './figures.js'
import { Large } from './large.js'
import { SORTS, SORT_WORDS } from './order.js'
import type { Scene } from './scene.js'
import { Health, Matrix, Totals } from './strip.js'
import { Table } from './table.js'

export interface Parts {
  readonly actions: Actions
  readonly scene: Scene
}

export function Page({ actions, scene }: Parts) {
  const { layout, passing } = actions
  const { mode } = actions.view.timeline
  void scene.rows.value
  return (
    <div class="page" data-standing={mode === 'live' ? 'live' : 'replay'}>
      <Head actions={actions} scene={scene} />
      <main class="body">
        <h1 class="spoken">Havnet: many order books</h1>
        <div class="strip">
          <Totals actions={actions} scene={scene} />
          {layout.matrix.value && scene.rows.value.length > 1 && <Matrix actions={actions} scene={scene} />}
        </div>
        {layout.table.value ? <Table actions={actions} scene={scene} /> : <Cards actions={actions} scene={scene} />}
        <Large actions={actions} scene={scene} />
      </main>
      <Playback actions={actions} scene={scene} />
      <footer class="footer mono">
        <Health actions={actions} scene={scene} />
        <span class="space" />
        <span class="wide keys">? keys · T table · G order · X kill · Enter open</span>
      </footer>
      <div class="notes" role="status">
        {passing.notes.value.map(({ id, text, tone }) => (
          <div key={id} class="note" data-tone={tone}>
            {text}
          </div>
        ))}
      </div>
      <div class="spoken" aria-live="polite" ref={scene.voice} />
      <Overlays actions={actions} scene={scene} />
    </div>
  )
}

function Head({ actions }: Parts) {
  const { layout } = actions
  const { mode } = actions.view.timeline
  return (
    <header class="header">
      <span class="logo">
        hav<b>net</b>
      </span>
      <input
        class="field filter"
        type="search"
        aria-label="Only pairs with"
        placeholder="Filter"
        value={layout.filter.value}
        onInput={({ currentTarget }) => void (layout.filter.value = currentTarget.value)}
      />
      <select
        class="field sort"
        aria-label="Order"
        value={layout.sort.value}
        onChange={({ currentTarget }) => {
          const sort = SORTS.find((each) => each === currentTarget.value)
          if (sort !== undefined) layout.sort.value = sort
        }}
      >
        {SORTS.map((sort) => (
          <option key={sort} value={sort}>
            {SORT_WORDS[sort]}
          </option>
        ))}
      </select>
      <span class="space" />
      <Toggle label="Lead-lag" title="Who moves first (M)" on={layout.matrix} />
      <Toggle label="Table" title="Table (T)" on={layout.table} />
      <button class="button mode" aria-pressed={mode === 'live'} title="Back to live (L)" onClick={() => actions.desk.live()}>
        <i class="dot" /> {mode === 'live' ? 'Live' : 'Replay'}
      </button>
      <LinkButton colour={layout.link} />
      <button class="button wide" aria-haspopup="dialog" onClick={() => void (actions.passing.palette.value = 'all')}>
        ⌘K
      </button>
    </header>
  )
}

interface Switch {
  readonly label: string
  readonly title: string
  readonly on: Signal<boolean>
}

function Toggle({ label, title, on }: Switch) {
  return (
    <button class="button" aria-pressed={on.value} title={title} onClick={() => void (on.value = !on.value)}>
      {label}
    </button>
  )
}

interface Kept {
  readonly figures: Figures
  readonly flags: string
  readonly card: VNode
}

function Cards({ actions, scene }: Parts) {
  const kept = useRef(new Map<string, Kept>()).current
  const { chosen, killed } = actions.passing
  const pins = actions.pins
  return (
    <div class="grid">
      {scene.rows.value.map((figures) => {
        const { symbol } = figures
        const [isPinned, isKilled, isChosen] = [pins.includes(symbol), killed.value.has(symbol), chosen.value === symbol]
        const flags = `${isPinned} ${isKilled} ${isChosen}`
        const known = kept.get(symbol)
        // The very same element is skipped: of a hundred cards only a few read differently each time.
        if (known?.figures === figures && known.flags === flags) return known.card
        const card = <Card key={symbol} {...{ actions, scene, figures, isPinned, isKilled, isChosen }} />
        kept.set(symbol, { figures, flags, card })
        return card
      })}
    </div>
  )
}

function Playback({ actions, scene }: Parts) {
  void scene.rows.value
  const { timeline } = actions.view
  return (
    <div class="timeline-row" hidden={timeline.mode === 'live'}>
      {timeline.mode !== 'live' && (
        <Timeline
          model={timeline}
          onSeek={(ms) => actions.desk.seek(ms)}
          onEvent={(by) => actions.event(by)}
          onPlay={() => actions.pause()}
          onSpeed={(by) => actions.speed(by)}
          onLive={() => actions.desk.live()}
        />
      )}
    </div>
  )
}

function Overlays({ actions, scene }: Parts) {
  const { palette, inspected } = actions.passing
  const close = () => void (palette.value = 'closed')
  if (palette.value === 'help') return <Help commands={commands(actions)} onClose={close} />
  if (palette.value !== 'closed')
    return <Palette commands={commands(actions)} group={palette.value === 'pairs' ? 'Pairs' : null} onClose={close} />
  if (inspected.value === '') return null
  void scene.rows.value
  const symbol = inspected.value
  return (
    <Inspector
      model={actions.desk.view(symbol).integrity}
      faults={actions.source.canFault ? actions.faults : []}
      onFault={(fault) => actions.inject(fault, symbol)}
      onExport={() => actions.exportIncident(symbol)}
      onClose={() => void (inspected.value = '')}
    />
  )
}
