/** A page's layout: signals that are kept in the address, so that a link is a layout, and remembered on this machine. */

import { effect, signal } from '@preact/signals'
import type { Signal } from '@preact/signals'

/** How a setting is written into an address. */
export interface Setting<T> {
  readonly initial: T
  /** Null if the text means nothing; then it stays as it was. */
  read(text: string): T | null
  write(value: T): string
}

type Definitions = Readonly<Record<string, Setting<never>>>
type ValueOf<D> = D extends Setting<infer T> ? T : never
export type Settings<D> = { readonly [K in keyof D]: Signal<ValueOf<D[K]>> }

/** One of a few words or numbers. */
export function choice<T extends string | number>(options: readonly T[], initial: T): Setting<T> {
  return { initial, read: (text) => options.find((option) => String(option) === text) ?? null, write: String }
}

export function flag(initial: boolean): Setting<boolean> {
  return { initial, read: (text) => (text === '1' ? true : text === '0' ? false : null), write: (on) => (on ? '1' : '0') }
}

/** A number within bounds. */
export function within(least: number, most: number, initial: number): Setting<number> {
  const read = (text: string) => {
    const value = text === '' ? NaN : Number(text)
    return value >= least && value <= most ? value : null
  }
  return { initial, read, write: (value) => String(Math.round(value * 100) / 100) }
}

export function words(initial: string): Setting<string> {
  return { initial, read: (text) => text, write: (text) => text }
}

/** Reads the settings of an address, or failing that those remembered, and keeps both up to date from then on. */
export function settings<D extends { readonly [K in keyof D]: Setting<ValueOf<D[K]>> }>(
  name: string,
  definitions: D,
): Settings<D> {
  const text = location.hash.length > 1 ? location.hash.slice(1) : remembered(name)
  const given = new URLSearchParams(text)
  const entries = Object.entries(definitions as unknown as Definitions).map(([key, setting]) => {
    const said = given.get(key)
    return [key, setting, signal((said === null ? null : setting.read(said)) ?? setting.initial)] as const
  })
  let timer: ReturnType<typeof setTimeout> | undefined
  effect(() => {
    const written = new URLSearchParams()
    for (const [key, setting, { value }] of entries)
      if (setting.write(value) !== setting.write(setting.initial)) written.set(key, setting.write(value))
    // Browsers refuse more than a few changes of the address a second, as a splitter would make.
    clearTimeout(timer)
    timer = setTimeout(() => keep(name, written.toString()), 150)
  })
  return Object.fromEntries(entries.map(([key, , value]) => [key, value])) as unknown as Settings<D>
}

/** The link to this very layout. */
export function link(): string {
  return location.href
}

/** Forgets the layout and begins anew. */
export function reset(name: string): void {
  keep(name, '')
  location.reload()
}

function keep(name: string, text: string): void {
  const { pathname, search } = location
  history.replaceState(null, '', `${pathname}${search}${text === '' ? '' : `#${text}`}`)
  try {
    localStorage.setItem(`havklo.${name}`, text)
  } catch {
    // A browser that keeps nothing is no reason not to show a book: the address still has it.
  }
}

function remembered(name: string): string {
  try {
    return localStorage.getItem(`havklo.${name}`) ?? ''
  } catch {
    return ''
  }
}
