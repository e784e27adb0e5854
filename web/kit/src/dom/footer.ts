/** The strip at the bottom: how far the picture can be relied on, and how it is made. */

import type { FooterModel } from '../model.js'
import { ageText, inThrees } from '../text.js'
import { isTrusted } from '../trust.js'
import { make, mark, Panel, say } from './panel.js'

export interface FooterOptions {
  /** Somebody wants to see what is behind it. */
  readonly onOpen?: () => void
}

const FIELDS = ['standing', 'sums', 'rtt', 'age', 'rate', 'pace'] as const

/** Shows the health of feed and page. */
export class Footer extends Panel<FooterModel> {
  readonly #options: FooterOptions
  readonly #fields = new Map<(typeof FIELDS)[number], HTMLElement>()

  constructor(options: FooterOptions = {}) {
    super()
    this.#options = options
  }

  protected build(): HTMLElement {
    const root = make('button', { type: 'button', class: 'hav-footer hav-mono', title: 'Integrity' })
    for (const name of FIELDS) {
      const field = make('span', { 'data-field': name })
      this.#fields.set(name, field)
      root.append(field)
    }
    root.addEventListener('click', () => this.#options.onOpen?.())
    return root
  }

  protected show({ integrity, ageMs, fps, drawMs }: FooterModel): void {
    const { standing, verified, checksumFaults, rttMs, perSecond } = integrity
    const tell = (name: (typeof FIELDS)[number], text: string) => {
      const field = this.#fields.get(name)
      if (field !== undefined) say(field, text)
      return field
    }
    const dot = tell('standing', standing)
    if (dot !== undefined) mark(dot, 'data-trusted', isTrusted(standing) ? '1' : '0')
    const sums = tell('sums', `CRC ${inThrees(`${verified}`)} ok ${inThrees(`${checksumFaults}`)} bad`)
    if (sums !== undefined) mark(sums, 'data-bad', checksumFaults > 0 ? '1' : '0')
    tell('rtt', rttMs === null ? 'rtt none' : `rtt ${Math.round(rttMs)} ms`)
    tell('age', `age ${ageText(ageMs)}`)
    tell('rate', `${inThrees(`${Math.round(perSecond)}`)} msg/s`)
    tell('pace', `${Math.round(fps)} fps ${drawMs.toFixed(1)} ms`)
  }
}
