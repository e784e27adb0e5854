/** The page's drawing: small pictures in their cards, and the words beside them a few times a second. */

import { effect, signal } from '@preact/signals'
import { MiniDepth, Sparkline } from '@havklo/kit'

import { Loop } from '../../shared/loop.js'
import type { Mount } from '../../shared/place.js'
import { Voice } from '../../shared/voice.js'
import type { Actions } from './actions.js'
import { Closeup } from './closeup.js'
import { isAlike, isTrusted } from './figures.js'
import type { Figures } from './figures.js'

/** Numbers that people read change so often; pictures more often, but not all in one frame. */
const BEAT_MS = 250
const SHARES = 6
/** Levels a side in a card's depth. */
const LEVELS = 20

interface Card {
  readonly symbol: string
  readonly host: Element
  readonly depth: MiniDepth
  readonly line: Sparkline
  version: number
  standing: string
  samples: number
  isVisible: boolean
}

/** Draws one page. */
export class Scene {
  /** The cards in their order, with what is written on them. */
  readonly rows = signal<readonly Figures[]>([])
  readonly loop = new Loop((now) => this.#draw(now))
  readonly closeup: Closeup
  readonly #cards = new Map<Element, Card>()
  #seer: IntersectionObserver | null = null
  #voice: Voice | null = null
  #beatAt = -Infinity
  #share = 0
  #isDirty = true

  constructor(readonly actions: Actions) {
    this.closeup = new Closeup(actions)
    effect(() => {
      // Whatever of these changes, the next frame shows it.
      for (const setting of Object.values(actions.layout)) void setting.value
      void actions.passing.killed.value
      this.dirty()
    })
  }

  dirty(): void {
    this.#isDirty = true
    this.closeup.dirty()
  }

  readonly voice: Mount = (element) => void (this.#voice = element === null ? null : new Voice(element))

  /** Puts a card's pictures into their places; gives what takes them out again. */
  place(symbol: string, host: Element, depth: HTMLElement, line: HTMLElement): () => void {
    const card: Card = {
      symbol,
      host,
      depth: new MiniDepth(),
      line: new Sparkline(),
      version: -1,
      standing: '',
      samples: -1,
      isVisible: true,
    }
    card.depth.mount(depth)
    card.line.mount(line)
    this.#cards.set(host, card)
    this.#seer ??= new IntersectionObserver((entries) => this.#see(entries))
    this.#seer.observe(host)
    return () => {
      this.#seer?.unobserve(host)
      this.#cards.delete(host)
      card.depth.dispose()
      card.line.dispose()
    }
  }

  // -- every frame ----------------------------------------------------------------------------

  #see(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const card = this.#cards.get(target)
      if (card !== undefined) card.isVisible = isIntersecting
    }
    this.dirty()
  }

  #draw(now: number): void {
    this.#share = (this.#share + 1) % SHARES
    let [place, isTurned] = [0, false]
    for (const card of this.#cards.values()) {
      const { standing } = this.actions.desk.view(card.symbol).book
      const turned = standing !== card.standing
      isTurned ||= turned
      card.standing = standing
      // What can no longer be relied on is grey with the very next frame; all else takes its turn.
      if (card.isVisible && (turned || this.#isDirty || place % SHARES === this.#share)) this.#paint(card, turned)
      place += 1
    }
    this.closeup.draw()
    if (isTurned || this.#isDirty || now - this.#beatAt >= BEAT_MS) this.#beat(now)
    this.#isDirty = false
  }

  #paint(card: Card, isTurned: boolean): void {
    const view = this.actions.desk.view(card.symbol)
    if (view.version === card.version && !isTurned && !this.#isDirty) return
    card.version = view.version
    const { book } = view
    const { frame } = book
    const deep = frame === null ? LEVELS : Math.max(1, frame.count('bid'), frame.count('ask'))
    card.depth.frame({ book, levels: Math.min(LEVELS, deep) })
    const { mids, count } = view.card
    card.line.frame({ standing: book.standing, values: mids, count })
  }

  #beat(now: number): void {
    this.#beatAt = now
    // What reads alike stays the same object, and its card is left alone.
    const before = new Map(this.rows.peek().map((row) => [row.symbol, row]))
    this.rows.value = this.actions.rows().map((row) => {
      const known = before.get(row.symbol)
      return known !== undefined && isAlike(known, row) ? known : row
    })
    this.closeup.beat()
    this.#voice?.say(now, () => spoken(this.rows.value))
  }
}

function spoken(rows: readonly Figures[]): string {
  const troubled = rows.filter((row) => !isTrusted(row))
  const names = troubled.slice(0, 5).map(({ symbol, standing }) => `${symbol} ${standing}`)
  return `${rows.length - troubled.length} of ${rows.length} books live${names.length === 0 ? '' : `; ${names.join(', ')}`}`
}
