/** A window over the page that has the keyboard while it is open, and gives it back. */

import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

interface Properties {
  readonly label: string
  readonly kind?: 'side' | 'centre' | 'broad'
  readonly onClose: () => void
  readonly children: ComponentChildren
}

export function Dialog({ label, kind = 'centre', onClose, children }: Properties) {
  const element = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const before = document.activeElement
    element.current?.showModal()
    return () => {
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  const cancelled = (event: Event) => {
    event.preventDefault()
    onClose()
  }
  const clicked = (event: MouseEvent) => {
    if (event.target === element.current) onClose()
  }
  return (
    <dialog ref={element} role="dialog" class={`dialog ${kind}`} aria-label={label} onCancel={cancelled} onClick={clicked}>
      <div class="dialog-body">{children}</div>
    </dialog>
  )
}
