/** How the page looks: light, colours of the sides, density and text size, as attributes that the style sheets read. */

import { effect } from '@preact/signals'
import type { Signal } from '@preact/signals'

import { choice, within } from './settings.js'

export const THEMES = ['dark', 'light'] as const
export const SIDES = ['normal', 'cvd', 'mono'] as const
export const DENSITIES = ['compact', 'comfortable', 'touch'] as const

/** The part of every app's layout that is about looks. */
export const APPEARANCE = {
  theme: choice(THEMES, 'dark'),
  sides: choice(SIDES, 'normal'),
  density: choice(DENSITIES, 'compact'),
  text: within(100, 150, 100),
}

export interface Looks {
  readonly theme: Signal<(typeof THEMES)[number]>
  readonly sides: Signal<(typeof SIDES)[number]>
  readonly density: Signal<(typeof DENSITIES)[number]>
  readonly text: Signal<number>
}

/** Puts the looks onto the document, now and whenever they change; `then` redraws what reads them. */
export function dress({ theme, sides, density, text }: Looks, then: () => void): void {
  effect(() => {
    const { dataset, style } = document.documentElement
    dataset['theme'] = theme.value
    dataset['palette'] = sides.value
    dataset['density'] = density.value
    style.setProperty('--text-scale', String(text.value / 100))
    then()
  })
}

/** The one after it, and after the last the first again. */
export function next<T>(options: readonly T[], now: T): T {
  const after = options[(options.indexOf(now) + 1) % options.length]
  return after ?? now
}
