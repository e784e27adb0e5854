/** The open card: its ladder, liquidity and trades, over the grid. */

import type { Parts } from './view.js'

export function Large({ actions, scene }: Parts) {
  const { closeup } = scene
  if (closeup.desk.value === null) return null
  void scene.rows.value
  const { view } = closeup
  if (view === null) return null
  const { symbol, standing, reason } = view.book
  const trusted = standing === 'live' || standing === 'replay'
  return (
    <section class="large" aria-label={`${symbol} closely`} data-standing={standing} data-trusted={trusted ? '1' : '0'}>
      <div class="head">
        <h2>{symbol}</h2>
        <span class="state">
          <i class="dot" /> {standing}
          {reason === '' ? '' : `: ${reason}`}
        </span>
        <span class="space" />
        <a class="button" href={`../havsyn/${location.search}#pair=${encodeURIComponent(symbol)}`}>
          Open in Havsyn
        </a>
        <button class="button" onClick={() => actions.inspect(symbol)}>
          Integrity
        </button>
        <button class="button" title="Close (Esc)" onClick={() => actions.close()}>
          Close
        </button>
      </div>
      <div class="large-body">
        <div class="pane heat" aria-label="Liquidity over time" role="group">
          <div class="host" ref={closeup.heatmap} />
        </div>
        <div class="pane" aria-label="Ladder" role="group">
          <div class="host" ref={closeup.ladder} />
        </div>
        <div class="pane" aria-label="Trades" role="group">
          <div class="host" ref={closeup.tape} />
        </div>
      </div>
    </section>
  )
}
