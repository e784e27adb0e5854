/** The command palette and the help: everything that can be done, found by a few letters. */

import { useEffect, useRef, useState } from 'preact/hooks'

import { cap } from './commands.js'
import type { Command } from './commands.js'
import { Dialog } from './dialog.js'

interface PaletteProperties {
  readonly commands: readonly Command[]
  /** Only those of this group. */
  readonly group: string | null
  readonly onClose: () => void
}

export function Palette({ commands, group, onClose }: PaletteProperties) {
  const [text, setText] = useState('')
  const [place, setPlace] = useState(0)
  const chosen = useRef<HTMLLIElement>(null)
  const found = matching(commands.filter((command) => group === null || command.group === group), text)
  useEffect(() => chosen.current?.scrollIntoView({ block: 'nearest' }), [place, text])

  const run = (command: Command | undefined) => {
    onClose()
    command?.run()
  }
  const pressed = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (by !== 0) setPlace((found.length + place + by) % Math.max(1, found.length))
    else if (event.key === 'Enter') run(found[place])
    else return
    event.preventDefault()
  }
  return (
    <Dialog label={group === null ? 'Commands' : group} onClose={onClose}>
      <input
        class="search"
        role="combobox"
        aria-expanded="true"
        aria-controls="found"
        aria-activedescendant={found[place] === undefined ? undefined : `found-${found[place].id}`}
        aria-label={group === null ? 'Find a command' : `Find in ${group}`}
        placeholder={group === null ? 'Find a command' : `Find in ${group}`}
        autofocus
        value={text}
        onInput={({ currentTarget }) => {
          setText(currentTarget.value)
          setPlace(0)
        }}
        onKeyDown={pressed}
      />
      <ul id="found" role="listbox" aria-label="Commands" class="found">
        {found.map((command, at) => (
          <li
            key={command.id}
            id={`found-${command.id}`}
            role="option"
            aria-selected={at === place}
            ref={at === place ? chosen : null}
            onClick={() => run(command)}
            onMouseMove={() => at !== place && setPlace(at)}
          >
            <span class="group">{command.group}</span>
            <span class="label">{command.label}</span>
            <Keys command={command} />
          </li>
        ))}
      </ul>
    </Dialog>
  )
}

export function Help({ commands, onClose }: Omit<PaletteProperties, 'group'>) {
  const withKeys = commands.filter(({ keys }) => keys.length > 0)
  const groups = [...new Set(withKeys.map(({ group }) => group))]
  return (
    <Dialog label="Keys" kind="broad" onClose={onClose}>
      <div class="dialog-head">
        <h2>Keys</h2>
        <span class="space" />
        <button class="button" onClick={onClose}>
          Close
        </button>
      </div>
      <div class="help" tabIndex={0} role="group" aria-label="All keys">
        {groups.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {withKeys
                .filter((command) => command.group === group)
                .map((command) => (
                  <div key={command.id}>
                    <dt>{command.label}</dt>
                    <dd>
                      <Keys command={command} />
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}

function Keys({ command }: { readonly command: Command }) {
  const [first] = command.keys
  return first === undefined ? null : <kbd class="mono">{cap(first)}</kbd>
}

/** Those that have all the words, the ones that begin with them first. */
export function matching(commands: readonly Command[], text: string): Command[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const name = ({ group, label }: Command) => `${group} ${label}`.toLowerCase()
  const rank = (command: Command) => (words.every((word) => command.label.toLowerCase().includes(word)) ? 0 : 1)
  return commands
    .filter((command) => words.every((word) => name(command).includes(word)))
    .sort((a, b) => rank(a) - rank(b))
}
