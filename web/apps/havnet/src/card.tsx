/** A card: one symbol's price, spread, last minute and depth, and how its own engine is. */

import { useEffect, useMemo, useRef } from 'preact/hooks'

import { age, imbalanceText, isTrusted, moved, spreadText } from './figures.js'
import type { Figures } from './figures.js'
import type { Scene } from './scene.js'
import type { Parts } from './view.js'

interface Properties {
  readonly actions: Parts['actions']
  readonly scene: Parts['scene']
  readonly figures: Figures
  readonly isPinned: boolean
  readonly isKilled: boolean
  readonly isChosen: boolean
}

export function Card({ actions, scene, figures, isPinned, isKilled, isChosen }: Properties) {
  const { symbol, standing, price, change, perSecond, faults, ageMs } = figures
  const trusted = isTrusted(figures)
  // The canvases stay as they are while the words around them change.
  const pictures = useMemo(() => <Pictures scene={scene} symbol={symbol} />, [scene, symbol])
  const by = moved(figures)
  return (
    <article
      class="card"
      data-symbol={symbol}
      data-standing={isKilled ? 'closed' : standing}
      data-trusted={trusted ? '1' : '0'}
      data-chosen={isChosen ? '1' : '0'}
      aria-label={symbol}
    >
      <div class="card-head">
        <Name actions={actions} symbol={symbol} />
        <span class="space" />
        <button
          class="button icon"
          aria-pressed={isPinned}
          aria-label={`Pin ${symbol}`}
          title="Pin (P)"
          onClick={() => actions.pin(symbol)}
        >
          <svg viewBox="0 0 12 12" aria-hidden="true">
            <path d="M4 1h4v4l2 2H6.5v4h-1V7H2l2-2z" />
          </svg>
        </button>
        <button
          class="button icon"
          aria-label={isKilled ? `Restart the engine of ${symbol}` : `Kill the engine of ${symbol}`}
          title={isKilled ? 'Restart this engine (X)' : 'Kill this engine (X)'}
          onClick={() => actions.toggleEngine(symbol)}
        >
          <svg viewBox="0 0 12 12" aria-hidden="true">
            <path d={isKilled ? 'M3 1.5 10.5 6 3 10.5z' : 'M2.5 2.5h7v7h-7z'} />
          </svg>
        </button>
      </div>
      <div class="card-price">
        <b class="mono">{price === '' ? '\u2013' : price}</b>
        <span class="change mono" data-side={by === 0 ? undefined : by < 0 ? 'ask' : 'bid'}>
          {change === null ? '' : `${change} %`}
        </span>
        <span class="spread mono">{spreadText(figures)}</span>
      </div>
      {pictures}
      <Balance figures={figures} />
      <button class="button card-foot mono" aria-haspopup="dialog" title="Integrity (I)" onClick={() => actions.inspect(symbol)}>
        <i class="dot" />
        <span class="spoken">Integrity of {symbol}:</span>
        <span class="word">{isKilled ? 'killed' : trusted ? `${faults} bad` : standing}</span>
        <span>{Math.round(perSecond)} msg/s</span>
        <span class="age">{age(ageMs)}</span>
      </button>
    </article>
  )
}

/** Opens it; what has the focus is what keys are about. */
export function Name({ actions, symbol }: { readonly actions: Parts['actions']; readonly symbol: string }) {
  return (
    <button
      class="button name"
      title={`Open ${symbol} (Enter)`}
      onClick={() => actions.open(symbol)}
      onFocus={() => void (actions.passing.chosen.value = symbol)}
    >
      {symbol}
    </button>
  )
}

function Pictures({ scene, symbol }: { readonly scene: Scene; readonly symbol: string }) {
  const [line, depth] = [useRef<HTMLDivElement>(null), useRef<HTMLDivElement>(null)]
  useEffect(() => {
    const host = depth.current?.closest('.card')
    if (!host || depth.current === null || line.current === null) return
    return scene.place(symbol, host, depth.current, line.current)
  }, [scene, symbol])
  return (
    <div class="pictures">
      <div class="host" ref={line} />
      <div class="host" ref={depth} />
    </div>
  )
}

/** Which side is heavier near the middle: by place, by length, and in words. */
export function Balance({ figures }: { readonly figures: Figures }) {
  const { imbalance } = figures
  const value = Number(imbalance ?? 0n)
  return (
    <div class="balance" role="img" aria-label={`Bids against asks ${imbalanceText(figures)}`}>
      <i data-side={value < 0 ? 'ask' : 'bid'} style={{ left: `${value < 0 ? 50 + value / 2 : 50}%`, width: `${Math.abs(value) / 2}%` }} />
    </div>
  )
}
