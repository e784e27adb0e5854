/** The page around the canvases: panes, their heads, and what lies on top. */

import { useComputed } from '@preact/signals'

import { Inspector } from '../../shared/inspector.js'
import { Mirror } from '../../shared/mirror.js'
import { Help, Palette } from '../../shared/palette.js'
import { Splitter } from '../../shared/splitter.js'
import { next } from '../../shared/theme.js'
import { Timeline } from '../../shared/timeline.js'
import { exactly } from './actions.js'
import type { Actions } from './actions.js'
import { Footer, Header } from './chrome.js'
import { commands } from './commands.js'
import { Readout } from './readout.js'
import type { Scene } from './scene.js'
import { MERGES, WINDOWS } from './state.js'
import { WallList } from './wall_list.js'

export interface Parts {
  readonly actions: Actions
  readonly scene: Scene
}

export function Page({ actions, scene }: Parts) {
  const { layout, passing } = actions
  const hasRight = useComputed(() => layout.trades.value || layout.walls.value)
  const style = { '--ladder-width': `${layout.ladder.value}px`, '--right-width': `${layout.right.value}px` }
  return (
    <div class="page" ref={scene.page}>
      <Header actions={actions} scene={scene} />
      <main class="body" data-map={bit(layout.map.value)} data-right={bit(hasRight.value)} style={style}>
        <h1 class="spoken">Havsyn: the order book</h1>
        {layout.map.value && <MapPane actions={actions} scene={scene} />}
        {layout.map.value && (
          <Splitter label="Width of the ladder" width={layout.ladder} least={320} most={900} />
        )}
        <LadderPane actions={actions} scene={scene} />
        {hasRight.value && <Splitter label="Width of the trades" width={layout.right} least={240} most={700} />}
        {hasRight.value && (
          <div class="right" data-trades={bit(layout.trades.value)} data-sheet={bit(passing.sheet.value)}>
            {layout.trades.value && <TapePane actions={actions} scene={scene} />}
            {layout.walls.value && <WallPane actions={actions} scene={scene} />}
          </div>
        )}
      </main>
      <Playback actions={actions} scene={scene} />
      <Footer actions={actions} scene={scene} />
      <div class="notes" role="status">
        {passing.notes.value.map(({ id, text, tone }) => (
          <div key={id} class="note" data-tone={tone}>
            {text}
          </div>
        ))}
      </div>
      <Overlays actions={actions} scene={scene} />
      <div class="spoken" aria-live="polite" ref={scene.voice} />
    </div>
  )
}

function MapPane({ actions, scene }: Parts) {
  const { layout } = actions
  return (
    <section class="pane map" aria-label="Liquidity over time">
      <div class="head">
        <h2>Liquidity</h2>
        <span>{scene.span}</span>
        <span class="space" />
        <Toggle label="Heat" on={layout.heat} />
        <Toggle label="Bubbles" on={layout.bubbles} />
        <Toggle label="Profile" on={layout.profile} />
      </div>
      <div class="host" ref={scene.heatmap} />
    </section>
  )
}

function LadderPane({ actions, scene }: Parts) {
  const { layout } = actions
  return (
    <section class="pane" aria-label="Ladder">
      <div class="head">
        <h2>Ladder</h2>
        <span class="space" />
        <label>
          bold ≥{' '}
          <input
            class="field mono"
            inputMode="decimal"
            placeholder={scene.wallText.value}
            value={layout.wall.value}
            onChange={({ currentTarget }) => accept(actions, currentTarget, layout.wall)}
          />
        </label>
        <button
          class="button"
          title="Window of pulling and stacking (W)"
          onClick={() => void (layout.window.value = next(WINDOWS, layout.window.value))}
        >
          ± {layout.window.value} s
        </button>
        <Toggle label="Table" on={layout.table} />
      </div>
      <div class="host" ref={scene.ladder} />
      {layout.table.value && <Table actions={actions} scene={scene} />}
      <Readout actions={actions} scene={scene} />
    </section>
  )
}

function TapePane({ actions, scene }: Parts) {
  const { layout, passing } = actions
  return (
    <section class="pane" aria-label="Trades">
      <div class="head">
        <button
          class="button sheet-head"
          aria-expanded={passing.sheet.value}
          onClick={() => void (passing.sheet.value = !passing.sheet.value)}
        >
          {passing.sheet.value ? 'Close' : 'Open'}
        </button>
        <h2>Trades</h2>
        <label>
          ≥{' '}
          <input
            class="field mono"
            inputMode="decimal"
            placeholder="all"
            value={layout.least.value}
            onChange={({ currentTarget }) => accept(actions, currentTarget, layout.least)}
          />
        </label>
        <span class="space" />
        <button
          class="button"
          title="Trades of one side within this time are one row (G)"
          onClick={() => void (layout.merge.value = next(MERGES, layout.merge.value))}
        >
          {layout.merge.value === 0 ? 'each' : `merge ${layout.merge.value} ms`}
        </button>
      </div>
      <div class="host" ref={scene.tape} />
    </section>
  )
}

function WallPane({ actions, scene }: Parts) {
  return (
    <section class="pane" aria-label="Walls">
      <div class="head">
        <h2>Walls</h2>
        <span>≥ {scene.wallText}</span>
      </div>
      <WallList actions={actions} scene={scene} />
    </section>
  )
}

/** The second hand of the table: who reads aloud is not interrupted more often. */
function Table({ actions, scene }: Parts) {
  void scene.second.value
  return <Mirror book={actions.view.book} />
}

function Playback({ actions, scene }: Parts) {
  void scene.beat.value
  const { timeline } = actions.view
  return (
    <div class="timeline-row" hidden={timeline.mode === 'live'}>
      {timeline.mode !== 'live' && (
        <Timeline
          model={timeline}
          onSeek={(ms) => actions.seek(ms)}
          onEvent={(by) => actions.event(by)}
          onPlay={() => actions.pause()}
          onSpeed={(by) => actions.speed(by)}
          onLive={() => actions.live()}
        />
      )}
    </div>
  )
}

function Overlays({ actions, scene }: Parts) {
  const { palette, inspector } = actions.passing
  const close = () => void (palette.value = 'closed')
  if (palette.value === 'help') return <Help commands={commands(actions)} onClose={close} />
  if (palette.value !== 'closed')
    return <Palette commands={commands(actions)} group={palette.value === 'pairs' ? 'Pairs' : null} onClose={close} />
  return inspector.value ? <Integrity actions={actions} scene={scene} /> : null
}

function Integrity({ actions, scene }: Parts) {
  void scene.beat.value
  const { integrity } = actions.view
  return (
    <Inspector
      model={integrity}
      faults={actions.source.canFault ? actions.faults : []}
      onFault={(fault) => actions.inject(fault)}
      onExport={() => actions.exportIncident()}
      onClose={() => void (actions.passing.inspector.value = false)}
    />
  )
}

function Toggle({ label, on }: { readonly label: string; readonly on: { value: boolean } }) {
  return (
    <button class="button" aria-pressed={on.value} onClick={() => void (on.value = !on.value)}>
      {label}
    </button>
  )
}

/** Takes a quantity that somebody wrote, if it is one. */
function accept(actions: Actions, input: HTMLInputElement, into: { value: string }): void {
  const text = input.value.trim()
  const decimals = actions.view.book.frame?.decimals.qty ?? 8
  if (text === '' || exactly(text, decimals) !== null) into.value = text
  else actions.note(`${text} is no quantity with at most ${decimals} decimals`, 'warn')
  input.value = into.value
}

function bit(on: boolean): '0' | '1' {
  return on ? '1' : '0'
}
