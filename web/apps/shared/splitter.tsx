/** A line between two panes that can be moved, by pointer or by arrow keys. */

import type { Signal } from '@preact/signals'

const STEP = 16

interface Properties {
  readonly label: string
  /** The width of the pane to the right of it. */
  readonly width: Signal<number>
  readonly least: number
  readonly most: number
}

export function Splitter({ label, width, least, most }: Properties) {
  const set = (to: number) => void (width.value = Math.round(Math.min(most, Math.max(least, to))))

  const dragged = (event: PointerEvent & { readonly currentTarget: HTMLElement }) => {
    const bar = event.currentTarget
    const [from, began] = [event.clientX, width.value]
    bar.setPointerCapture(event.pointerId)
    const move = (moved: PointerEvent) => set(began - (moved.clientX - from))
    bar.addEventListener('pointermove', move)
    bar.addEventListener('lostpointercapture', () => bar.removeEventListener('pointermove', move), { once: true })
  }

  const pressed = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowLeft' ? STEP : event.key === 'ArrowRight' ? -STEP : 0
    if (by === 0) return
    event.preventDefault()
    set(width.value + by)
  }

  return (
    <div
      class="splitter"
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-orientation="vertical"
      aria-valuenow={width.value}
      aria-valuemin={least}
      aria-valuemax={most}
      onPointerDown={dragged}
      onKeyDown={pressed}
    />
  )
}
