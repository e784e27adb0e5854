/** Header and footer: the market in a line, and how far it can be relied on. */

import { plain } from '@havklo/kraken-wasm'
import { inThrees } from '@havklo/kit'
import type { BookModel } from '@havklo/kit'

import { LinkButton } from '../../shared/link_button.js'
import { basisPoints } from './measure.js'
import type { Parts } from './view.js'

const WORDS: Readonly<Record<BookModel['standing'], string>> = {
  connecting: 'Connecting',
  live: 'Live',
  stale: 'Stale',
  resync: 'Resync',
  replay: 'Replay',
  closed: 'Closed',
}

/** The price where one more lot of either side would balance the best two: between them, nearer to the thinner. */
function figures({ frame }: BookModel) {
  const [bid, ask] = [frame?.level('bid', 0), frame?.level('ask', 0)]
  if (!frame || !bid || !ask) return null
  const { price } = frame.decimals
  const both = bid.qty + ask.qty
  const micro = both === 0n ? null : (10n * (bid.price * ask.qty + ask.price * bid.qty)) / both
  const sum = bid.price + ask.price
  // Within ten basis points of the middle, both sides.
  let [bids, asks] = [0n, 0n]
  for (const { price: at, qty } of frame.levels('bid')) if (2n * at * 1000n >= sum * 999n) bids += qty
  for (const { price: at, qty } of frame.levels('ask')) if (2n * at * 1000n <= sum * 1001n) asks += qty
  return {
    middle: inThrees(plain(sum * 5n, price + 1)),
    spread: plain(ask.price - bid.price, price),
    spreadBp: sum === 0n ? '' : plain(((ask.price - bid.price) * 2_000_000n) / sum, 2),
    micro: micro === null ? '' : inThrees(plain(micro, price + 1)),
    imbalance: bids + asks === 0n ? 0n : ((bids - asks) * 100n) / (bids + asks),
  }
}

export function Header({ actions, scene }: Parts) {
  void scene.beat.value
  const { book, timeline, session } = actions.view
  const { layout } = actions
  const shown = figures(book)
  const last = scene.last.value
  return (
    <header class="header">
      <span class="logo">
        hav<b>syn</b>
      </span>
      <button class="button pair" aria-haspopup="dialog" title="Choose a pair (/)" onClick={() => actions.find('pairs')}>
        {actions.symbol} <Caret />
      </button>
      <span class="price mono" data-side={last === null ? undefined : last.side === 'buy' ? 'bid' : 'ask'}>
        {last !== null && <Arrow isUp={last.side === 'buy'} />}
        {last === null ? (shown?.middle ?? '\u2013') : last.text}
      </span>
      {shown !== null && (
        <>
          <Figure label="Spread" value={`${shown.spread} · ${shown.spreadBp} bp`} />
          <Figure label="Micro" value={shown.micro} />
          <Figure label="Imb ±10 bp" value={basisPoints(shown.imbalance)} side={shown.imbalance < 0n ? 'ask' : 'bid'} />
          {session !== null && session.changePct !== null && <Figure label="Session" value={`${session.changePct} %`} />}
        </>
      )}
      <span class="space" />
      <span class="stepper" role="group" aria-label="Rows">
        <button class="button" aria-label="Finer rows" title="Finer rows (−)" onClick={() => actions.group(-1)}>
          {'\u2212'}
        </button>
        <span class="mono">{actions.rowText(layout.group.value)}</span>
        <button class="button" aria-label="Coarser rows" title="Coarser rows (+)" onClick={() => actions.group(1)}>
          +
        </button>
      </span>
      <button class="button mode" aria-pressed={timeline.mode === 'live'} title="Back to live (L)" onClick={() => actions.live()}>
        <i class="dot" /> {timeline.mode === 'live' ? WORDS[book.standing] : 'Replay'}
      </button>
      <LinkButton colour={layout.link} />
      <button class="button wide" aria-haspopup="dialog" onClick={() => actions.find('all')}>
        ⌘K
      </button>
    </header>
  )
}

function Figure({ label, value, side }: { readonly label: string; readonly value: string; readonly side?: 'bid' | 'ask' }) {
  return (
    <span class="figure">
      {label}{' '}
      <b class="mono" data-side={side}>
        {value}
      </b>
    </span>
  )
}

/** The fonts have no such marks. */
function Arrow({ isUp }: { readonly isUp: boolean }) {
  return (
    <svg class="arrow" viewBox="0 0 10 10" role="img" aria-label={isUp ? 'bought' : 'sold'}>
      <path d={isUp ? 'M5 1 10 9H0z' : 'M5 9 0 1h10z'} />
    </svg>
  )
}

function Caret() {
  return (
    <svg class="caret" viewBox="0 0 8 8" aria-hidden="true">
      <path d="M1 2.5h6L4 6z" />
    </svg>
  )
}

export function Footer({ actions, scene }: Parts) {
  void scene.beat.value
  const { book, integrity } = actions.view
  const { fps, drawMs } = scene.loop.pace()
  return (
    <footer class="footer mono">
      <button class="button state" aria-haspopup="dialog" title="Integrity inspector (I)" onClick={() => actions.inspect()}>
        <i class="dot" /> {WORDS[book.standing]}
        {book.reason === '' ? '' : `: ${book.reason}`}
      </button>
      <span>
        CRC {inThrees(String(integrity.verified))} ok, {integrity.checksumFaults} bad
      </span>
      <span class="wide">rtt {integrity.rttMs === null ? '\u2013' : `${Math.round(integrity.rttMs)} ms`}</span>
      <span>age {age(book.ageMs)}</span>
      <span>{Math.round(integrity.perSecond)} msg/s</span>
      <span class="wide">
        {Math.round(fps)} fps · {drawMs.toFixed(1)} ms
      </span>
      <span class="space" />
      <span class="wide keys">? keys · Space pause · ← → scrub · C centre · + − rows</span>
    </footer>
  )
}

export function age(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  const seconds = Math.floor(ms / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
