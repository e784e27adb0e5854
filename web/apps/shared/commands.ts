/** Everything that can be done on a page, by name and by key: one list for the keyboard, the palette and the help. */

/** Something that can be done. */
export interface Command {
  readonly id: string
  readonly label: string
  readonly group: string
  /** As on the key's cap: `c`, `?`, `Shift+ArrowLeft`, `Mod+k` (Ctrl or ⌘). The first one is shown. */
  readonly keys: readonly string[]
  run(): void
}

/** Makes a command; what it is called tells it apart, unless that changes with what is shown. */
export function command(group: string, label: string, keys: readonly string[], run: () => void, id = label): Command {
  return { id: id.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'), group, label, keys, run }
}

/** Makes a command that turns something on and off. */
export function toggle(group: string, label: string, keys: readonly string[], on: { value: boolean }): Command {
  return command(group, label, keys, () => void (on.value = !on.value))
}

/** Words for keys whose own names are long. */
const CAPS: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  ' ': 'Space',
  Escape: 'Esc',
  Mod: 'Ctrl',
  '-': '\u2212',
}

/** Characters that some keyboards have above their digits. */
const MEANT = ['/', '?', '+', '=', '-', '_', '[', ']', ',', '.']

/** A key as people read it. */
export function cap(key: string): string {
  const parts = key === '+' ? ['+'] : key.split(/\+(?=.)/)
  return parts.map((part) => CAPS[part] ?? (part.length === 1 ? part.toUpperCase() : part)).join(' ')
}

/** The name of a key event, as in `Command.keys`. */
export function named(event: KeyboardEvent): string {
  // Where the layout writes no Latin letters, the place of the key is meant.
  const isForeign = event.key.length === 1 && event.key > '\u007f'
  const place = /^Key([A-Z])$/.exec(event.code)?.[1]
  // Shift and a digit is for panes, unless the keyboard has a character there that means something itself.
  const digit = event.shiftKey && !MEANT.includes(event.key) ? /^Digit(\d)$/.exec(event.code)?.[1] : undefined
  if (digit !== undefined) return `Shift+${digit}`
  const key = isForeign && place !== undefined ? place : event.key
  const isLetter = /^[a-zA-Z]$/.test(key)
  const parts = event.ctrlKey || event.metaKey ? ['Mod'] : []
  // Shift makes another character of all other keys, and that is their name already.
  if (event.shiftKey && (isLetter || key.length > 1)) parts.push('Shift')
  parts.push(isLetter ? key.toLowerCase() : key)
  return parts.join('+')
}

/** Runs commands by their keys; gives what ends that. `isBusy` says when keys belong to somebody else. */
export function listen(commands: () => readonly Command[], isBusy: () => boolean): () => void {
  const heard = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.altKey) return
    const name = named(event)
    if (!name.startsWith('Mod+') && (isBusy() || isTyping(event, name))) return
    const command = commands().find(({ keys }) => keys.includes(name))
    if (command === undefined) return
    event.preventDefault()
    command.run()
  }
  addEventListener('keydown', heard)
  return () => removeEventListener('keydown', heard)
}

/** Whether the key means something to what has the focus. */
function isTyping(event: KeyboardEvent, name: string): boolean {
  const { target } = event
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName)) return true
  if (target instanceof HTMLInputElement) return target.type !== 'checkbox' || name === ' '
  if (/^(slider|separator)$/.test(target.role ?? '')) return name.includes('Arrow')
  return /^(BUTTON|A|SUMMARY)$/.test(target.tagName) && (name === ' ' || name === 'Enter')
}
