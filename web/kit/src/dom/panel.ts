/** What all widgets made of elements share. */

import type { Hit } from '../model.js'

/** An element with a class, attributes and children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}

/** Writes a text, if it is another one than before. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/** Sets an attribute, if it has another value; null takes it away. */
export function mark(element: Element, name: string, value: string | null): void {
  if (element.getAttribute(name) === value) return
  if (value === null) element.removeAttribute(name)
  else element.setAttribute(name, value)
}

/** A button that does something. */
export function button(label: string, title: string, run: () => void): HTMLButtonElement {
  const element = make('button', { type: 'button', title, 'aria-label': title }, label)
  element.addEventListener('click', run)
  return element
}

/** Elements that show a model. */
export abstract class Panel<M extends object> {
  #root: HTMLElement | null = null
  #model: M | null = null
  #shown: M | null = null

  mount(host: HTMLElement): void {
    this.dispose()
    this.#root = this.build()
    host.append(this.#root)
    if (this.#model !== null) this.frame(this.#model)
  }

  /** Shows a model, at once, unless it is the one that is there already. */
  frame(model: M): void {
    this.#model = model
    if (this.#root === null || model === this.#shown) return
    this.#shown = model
    this.show(model)
  }

  /** Elements know themselves what is under a pointer. */
  hit(_x: number, _y: number): Hit | null {
    return null
  }

  dispose(): void {
    this.#root?.remove()
    this.#root = this.#shown = null
  }

  protected abstract build(): HTMLElement
  protected abstract show(model: M): void
}
