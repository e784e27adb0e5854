/** The mouse and fingers over canvases: what they point at is lit everywhere. */

import type { Hit } from '@havklo/kit'

/** What can be pointed at. */
export interface Target {
  hit(x: number, y: number): Hit | null
}

export interface Pointing {
  /** Something is under the pointer; null if nothing is any more. */
  over(hit: Hit | null): void
  clicked?(hit: Hit): void
  /** Scrolled by so many rows, up positive; not for targets that do not scroll. */
  scrolled?(rows: number): void
}

const ROW = 18

/** Follows the pointer over `host`; gives what ends that. */
export function follow(host: HTMLElement, target: Target, { over, clicked, scrolled }: Pointing): () => void {
  const ending = new AbortController()
  const { signal } = ending
  const at = ({ clientX, clientY }: MouseEvent): Hit | null => {
    const { left, top } = host.getBoundingClientRect()
    return target.hit(clientX - left, clientY - top)
  }
  host.addEventListener('pointermove', (event) => over(at(event)), { signal })
  host.addEventListener('pointerleave', () => over(null), { signal })
  if (clicked !== undefined) {
    const chosen = (event: MouseEvent) => {
      const hit = at(event)
      if (hit !== null) clicked(hit)
    }
    host.addEventListener('click', chosen, { signal })
  }
  if (scrolled !== undefined) {
    let rest = 0
    const wheel = (event: WheelEvent) => {
      if (event.ctrlKey) return
      event.preventDefault()
      rest -= event.deltaY
      const rows = Math.trunc(rest / ROW)
      rest -= rows * ROW
      if (rows !== 0) scrolled(rows)
    }
    host.addEventListener('wheel', wheel, { signal, passive: false })
  }
  return () => ending.abort()
}
