/** The command palette, and the help sheet: everything that can be done, found by a few letters. */

import type { Command, PaletteModel } from '../model.js'
import { find } from './fuzzy.js'
import { make, mark, Panel, say } from './panel.js'

export interface PaletteOptions {
  readonly onRun?: (id: string) => void
  readonly onPair?: (symbol: string) => void
  readonly onClose?: () => void
}

interface Entry {
  readonly text: string
  readonly keys: readonly string[]
  readonly run: () => void
}

const HINTS = { all: 'Find a command', pairs: 'Find a pair', help: 'Find a key' } as const

let instances = 0

/** Shows commands, pairs, or all keys. */
export class Palette extends Panel<PaletteModel> {
  readonly #options: PaletteOptions
  #root: HTMLDialogElement | null = null
  #input: HTMLInputElement | null = null
  #list: HTMLElement | null = null
  #model: PaletteModel | null = null
  #entries: readonly Entry[] = []
  #chosen = 0
  readonly #id = `hav-palette-${(instances += 1)}`

  constructor(options: PaletteOptions = {}) {
    super()
    this.#options = options
  }

  protected build(): HTMLElement {
    const list = make('ul', { id: this.#id, role: 'listbox', 'aria-label': 'Found' })
    const input = make('input', {
      role: 'combobox',
      'aria-label': 'Search',
      'aria-expanded': 'true',
      'aria-controls': this.#id,
      'aria-autocomplete': 'list',
      autocomplete: 'off',
      spellcheck: 'false',
    })
    input.addEventListener('input', () => this.#search())
    input.addEventListener('keydown', (event) => this.#pressed(event))
    list.addEventListener('click', ({ target }) => {
      const at = [...list.children].findIndex((item) => target instanceof Node && item.contains(target))
      this.#run(at)
    })
    const root = make('dialog', { class: 'hav-palette', 'aria-label': 'Commands' }, input, list)
    root.addEventListener('cancel', (event) => {
      event.preventDefault()
      this.#options.onClose?.()
    })
    // A click beside it falls onto the dialog itself, whose content fills it.
    root.addEventListener('click', ({ target }) => target === root && this.#options.onClose?.())
    ;[this.#root, this.#input, this.#list] = [root, input, list]
    return root
  }

  protected show(model: PaletteModel): void {
    const [root, input] = [this.#root, this.#input]
    if (root === null || input === null) return
    const wasOpen = root.open
    const isOther = this.#model?.mode !== model.mode
    this.#model = model
    if (model.mode === 'closed') {
      if (wasOpen) root.close()
      return
    }
    if (!wasOpen) root.showModal()
    if (isOther) input.value = ''
    mark(input, 'placeholder', HINTS[model.mode])
    mark(root, 'data-mode', model.mode)
    if (isOther || !wasOpen) input.focus()
    this.#search()
  }

  #search(): void {
    const [model, input, list] = [this.#model, this.#input, this.#list]
    if (model === null || input === null || list === null) return
    const { onPair, onRun, onClose } = this.#options
    const close = (then: () => void) => () => {
      onClose?.()
      then()
    }
    const pair = (symbol: string): Entry => ({ text: symbol, keys: [], run: close(() => onPair?.(symbol)) })
    const command = ({ id, label, group, keys }: Command): Entry => ({
      text: `${group}: ${label}`,
      keys,
      run: close(() => onRun?.(id)),
    })
    const commands = model.commands.filter(({ keys }) => model.mode !== 'help' || keys.length > 0).map(command)
    const pairs = model.mode === 'help' ? [] : model.symbols.map(pair)
    const all = model.mode === 'pairs' ? pairs : [...commands, ...pairs]
    this.#entries = find(all, input.value, ({ text }) => text)
    list.replaceChildren(...this.#entries.map((entry, at) => item(entry, `${this.#id}-${at}`)))
    const none = { role: 'option', 'aria-disabled': 'true' }
    if (this.#entries.length === 0) list.append(make('li', none, 'Nothing is called that'))
    this.#choose(0)
  }

  #pressed(event: KeyboardEvent): void {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    const { length } = this.#entries
    if (by !== 0 && length > 0) this.#choose((this.#chosen + by + length) % length)
    else if (event.key === 'Enter') this.#run(this.#chosen)
    else return
    event.preventDefault()
  }

  #choose(at: number): void {
    const [input, list] = [this.#input, this.#list]
    if (input === null || list === null) return
    this.#chosen = at
    for (const [index, element] of [...list.children].entries()) mark(element, 'aria-selected', `${index === at}`)
    const chosen = list.children[at]
    mark(input, 'aria-activedescendant', this.#entries.length === 0 ? null : `${this.#id}-${at}`)
    chosen?.scrollIntoView({ block: 'nearest' })
  }

  #run(at: number): void {
    this.#entries[at]?.run()
  }
}

function item({ text, keys }: Entry, id: string): HTMLElement {
  const words = make('span', {})
  say(words, text)
  return make('li', { id, role: 'option' }, words, ...keys.slice(0, 2).map((key) => make('kbd', {}, key)))
}
