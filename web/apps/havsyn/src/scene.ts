/** The canvases of the page: mounted into their places, drawn once a frame, all of them from one state. */

import { effect, signal } from '@preact/signals'
import { Heatmap, Ladder, Tape, inThrees } from '@havklo/kit'
import type { BookModel, Hit, OwnOrder, TimelineModel } from '@havklo/kit'
import { lots, plain, ticks } from '@havklo/kraken-wasm'
import type { Lots } from '@havklo/kraken-wasm'

import { Loop } from '../../shared/loop.js'
import { place } from '../../shared/place.js'
import type { Mount } from '../../shared/place.js'
import { follow } from '../../shared/pointer.js'
import type { Target } from '../../shared/pointer.js'
import { Sluice } from '../../shared/sluice.js'
import { Voice } from '../../shared/voice.js'
import { exactly, rowOf } from './actions.js'
import type { Actions } from './actions.js'
import { due } from './alerts.js'
import { short } from './readout.js'
import { stepped } from './measure.js'
import { Orders } from './orders.js'
import { summary } from './summary.js'
import { threshold, walls } from './walls.js'

/** What people read changes ten times a second at most. */
const BEAT_MS = 100
/** Liquidity moves with its columns, and a tape is read: while nobody touches anything, neither needs every frame. */
const [HEAT_MS, TAPE_MS] = [100, 50]
/** Lists in which the eye has to find its way change more rarely. */
const WALLS_MS = 500
const SECOND_MS = 1000
/** No playback goes that far from one frame to the next. */
const JUMP_NS = 2e9
const NO_ORDERS: readonly OwnOrder[] = []

/** Draws one page. */
export class Scene {
  /** Grows ten times a second at most, and only when something has changed. */
  readonly beat = signal(0)
  /** Grows once a second. */
  readonly second = signal(0)
  /** The last trade. */
  readonly last = signal<{ readonly side: 'buy' | 'sell'; readonly text: string } | null>(null)
  /** From which quantity on a level is a wall, as text. */
  readonly wallText = signal('')
  /** How far back the heatmap reaches, and how wide its columns are. */
  readonly span = signal('')
  readonly loop = new Loop((now) => this.#draw(now))
  readonly ladder: Mount = place(() => new Ladder(), (widget) => (this.#ladder = widget), (...there) => this.#attach(...there, true))
  readonly heatmap: Mount = place(
    () => new Heatmap({ onScale: (scale) => this.#scale(scale) }),
    (widget) => (this.#heatmap = widget),
    (...there) => this.#attach(...there),
  )
  readonly tape: Mount = place(() => new Tape(), (widget) => (this.#tape = widget), (...there) => this.#attach(...there))
  #ladder: Ladder | null = null
  #heatmap: Heatmap | null = null
  #tape: Tape | null = null
  #page: HTMLElement | null = null
  #voice: Voice | null = null
  readonly #heatSluice = new Sluice(HEAT_MS)
  readonly #tapeSluice = new Sluice(TAPE_MS)
  #isDirty = true
  #version = -1
  #beatAt = -Infinity
  #wallsAt = -Infinity
  #secondAt = -Infinity
  #standing = ''
  #at = ''
  #received: bigint | null = null
  readonly #orders: Orders | null

  constructor(readonly actions: Actions) {
    const { relay, orders } = actions.source
    this.#orders = relay === null || orders.length === 0 ? null : new Orders(relay, orders, () => this.dirty())
    const { layout, passing } = actions
    effect(() => {
      // Whatever of these changes, the next frame is drawn anew.
      for (const setting of Object.values(layout)) void setting.value
      for (const state of [passing.centre, passing.hover, passing.anchor]) void state.value
      this.dirty()
    })
    effect(() => {
      if (passing.recentred.value > 0) this.#ladder?.recentre()
    })
    effect(() => actions.view.window(layout.window.value))
  }

  /** Draws everything with the next frame, whether or not the market has moved. */
  dirty(): void {
    this.#isDirty = true
  }

  readonly page: Mount = (element) => void (this.#page = element)

  readonly voice: Mount = (element) => void (this.#voice = element === null ? null : new Voice(element))

  // -- every frame ----------------------------------------------------------------------------

  #draw(now: number): void {
    const { view } = this.actions
    const { book } = view
    this.#stand(book, now)
    const isNew = view.version !== this.#version
    // The past looks the same, however one got there.
    const atOnce = this.#isDirty || view.timeline.mode !== 'live'
    if (isNew || this.#isDirty) {
      this.#version = view.version
      this.#isDirty = false
      this.#heatSluice.want()
      this.#tapeSluice.want()
      this.#paintLadder(book)
    }
    if (this.#heatSluice.passes(now, atOnce)) this.#paintHeat()
    if (this.#tapeSluice.passes(now, atOnce)) this.#paintTape(book)
    if (isNew || atOnce) this.#date(view.timeline)
    if (now - this.#beatAt >= BEAT_MS) {
      this.#beatAt = now
      this.#tick(now)
      this.#ring(book)
      this.#voice?.say(now, () => summary(book))
    }
    if (now - this.#wallsAt >= WALLS_MS) {
      this.#wallsAt = now
      this.#find()
    }
  }

  #tick(now: number): void {
    const { prints, decimals } = this.actions.view.tape
    const print = prints.at(-1)
    const text = print === undefined ? '' : inThrees(plain(print.price, decimals.price))
    const { last } = this
    if (print === undefined) last.value = null
    else if (last.value?.text !== text || last.value.side !== print.side) last.value = { side: print.side, text }
    this.beat.value += 1
    if (now - this.#secondAt < SECOND_MS) return
    this.#secondAt = now
    this.second.value += 1
  }

  #paintLadder(book: BookModel): void {
    const { view, layout, passing } = this.actions
    this.#ladder?.frame({
      book,
      facts: view.facts,
      own: this.#own(book),
      group: BigInt(layout.group.value),
      centre: passing.centre.value,
      hover: passing.hover.value,
      large: quantity(layout.wall.value, book),
    })
    if (this.#hasJumped(book)) this.#ladder?.recentre()
  }

  #paintHeat(): void {
    const { view, layout, passing } = this.actions
    const show = { heat: layout.heat.value, bubbles: layout.bubbles.value, profile: layout.profile.value }
    const scale = [layout.low.value, layout.high.value] as const
    this.#heatmap?.frame({ ...view.heat, scale, show, hover: passing.hover.value })
  }

  #paintTape(book: BookModel): void {
    const { view, layout, passing } = this.actions
    this.#tape?.frame({
      ...view.tape,
      merge: layout.merge.value,
      least: quantity(layout.least.value, book) ?? lots(0n),
      large: quantity(layout.large.value, book),
      hover: passing.hover.value,
    })
  }

  /**
   * Whether this book is of another time than the one before. Then the market is brought back into the middle: what is
   * seen at a time does not depend on how one got there.
   */
  #hasJumped({ frame, standing }: BookModel): boolean {
    const before = this.#received
    this.#received = frame?.received ?? null
    if (standing !== 'replay' || before === null || this.#received === null) return false
    return Math.abs(Number(this.#received - before)) > JUMP_NS
  }

  #own({ symbol, frame }: BookModel): readonly OwnOrder[] {
    if (this.#orders === null || frame === null) return NO_ORDERS
    this.#orders.follow(symbol)
    return this.#orders.now(frame.decimals)
  }

  /** Says on the page itself how far it can be relied on: at once when that changes. */
  #stand(book: BookModel, now: number): void {
    const { standing, symbol } = book
    if (`${symbol} ${standing}` === this.#standing || this.#page === null) return
    this.#standing = `${symbol} ${standing}`
    this.#page.dataset['standing'] = standing
    this.#page.dataset['trusted'] = standing === 'live' || standing === 'replay' ? '1' : '0'
    this.#voice?.now(now, summary(book))
    this.dirty()
  }

  /** Says on the page itself which moment it shows, once that has been drawn. */
  #date({ mode, at }: TimelineModel): void {
    const said = mode === 'live' ? '' : String(at)
    if (said === this.#at || this.#page === null) return
    this.#at = said
    this.#page.dataset['at'] = said
  }

  #ring({ symbol, standing, frame }: BookModel): void {
    const { alerts } = this.actions.passing
    if (standing !== 'live' || frame === null || alerts.value.length === 0) return
    const rung = due(alerts.value, symbol, frame)
    if (rung.length === 0) return
    alerts.value = alerts.value.filter((alert) => !rung.includes(alert))
    for (const { price } of rung) this.actions.note(`${symbol} has come to ${this.actions.priceText(price)}`, 'warn')
  }

  #find(): void {
    const { view, layout, passing } = this.actions
    const { frame } = view.book
    if (frame === null) return
    const { qty } = frame.decimals
    const written = exactly(layout.wall.value, qty)
    const large = written === null ? threshold(frame) : lots(written)
    this.wallText.value = short(plain(large, qty))
    passing.walls.value = walls(frame, view.heat, view.facts, large)
    const seconds = Math.round((this.#heatmap?.spanMs ?? 0) / 1000)
    const reach = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
    this.span.value = seconds === 0 ? '' : `${reach}, ${view.heat.bucketMs} ms columns`
  }

  // -- widgets in their places ----------------------------------------------------------------

  /** Draws what comes to its place, and follows the pointer over it. */
  #attach(element: HTMLElement, widget: Target, scrolls = false): () => void {
    this.dirty()
    return follow(element, widget, {
      over: (hit) => this.#point(hit),
      clicked: (hit) => this.#choose(hit),
      ...(scrolls ? { scrolled: (rows: number) => this.#scroll(rows) } : {}),
    })
  }

  #point(hit: Hit | null): void {
    const { hover } = this.actions.passing
    const price = hit?.price ?? null
    if (hover.value !== price) hover.value = price
  }

  /** A click holds the price where it is, in the middle. */
  #choose({ price, time }: Hit): void {
    if (price !== null) this.actions.passing.centre.value = price
    if (time !== null && this.actions.view.timeline.mode !== 'live') this.actions.seek(time)
  }

  #scale([low, high]: readonly [low: number, high: number]): void {
    const { layout } = this.actions
    layout.low.value = low
    layout.high.value = high
  }

  #scroll(rows: number): void {
    const { view, layout, passing } = this.actions
    const { frame, tick } = view.book
    const [bid, ask] = [frame?.level('bid', 0), frame?.level('ask', 0)]
    if (!bid || !ask) return
    const group = BigInt(layout.group.value)
    const from = passing.centre.value ?? rowOf(ticks((bid.price + ask.price) / 2n), group * tick)
    passing.centre.value = stepped(from, rows, group, tick)
  }
}

/** A quantity that somebody has typed; null if it is none of this pair's. */
function quantity(text: string, { frame }: BookModel): Lots | null {
  const value = exactly(text, frame?.decimals.qty ?? 0)
  return value === null ? null : lots(value)
}
