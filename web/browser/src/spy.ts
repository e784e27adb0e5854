/** What the ladder writes, frame by frame, seen from outside of the page's own code: at the canvas itself. */

import type { Page } from 'playwright-core'

/** What was on the ladder after a frame, noted whenever it changed. */
export interface Shown {
  /** Milliseconds since 1970. */
  readonly at: number
  /** From the row between the sides, as written there; null without one. */
  readonly spread: string | null
  readonly middle: string | null
  /** Whether anything was written in the colour of a side. */
  readonly isColoured: boolean
  readonly standing: string
}

interface Text {
  readonly text: string
  readonly y: number
  readonly colour: string
}

/** Notes from now on what is written on the ladder of every page. */
export async function spied(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const shown: Shown[] = []
    let frames = 0
    const texts = new WeakMap<HTMLCanvasElement, Text[]>()
    Object.assign(window, { shown, frames: () => frames })
    const { fillText, fillRect } = CanvasRenderingContext2D.prototype
    CanvasRenderingContext2D.prototype.fillText = function (text, x, y, width) {
      const known = texts.get(this.canvas) ?? []
      texts.set(this.canvas, known)
      known.push({ text, y, colour: String(this.fillStyle) })
      return width === undefined ? fillText.call(this, text, x, y) : fillText.call(this, text, x, y, width)
    }
    CanvasRenderingContext2D.prototype.fillRect = function (x, y, width, height) {
      // What is painted over from edge to edge, as a whole or in rows, is gone.
      if (x <= 0 && width >= this.canvas.clientWidth && this.globalAlpha === 1)
        texts.set(this.canvas, texts.get(this.canvas)?.filter((text) => text.y < y || text.y >= y + height) ?? [])
      fillRect.call(this, x, y, width, height)
    }
    const colour = (name: string): string => {
      const probe = document.createElement('canvas').getContext('2d')
      if (probe === null) return ''
      probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name).trim()
      return String(probe.fillStyle)
    }
    let sides: readonly string[] = []
    const look = (): void => {
      requestAnimationFrame(look)
      // It runs before the page's own drawing, and sees what the frame before has left on the screen.
      const canvas = document.querySelector<HTMLCanvasElement>('section[aria-label="Ladder"] canvas')
      const page = document.querySelector<HTMLElement>('[data-standing]')
      if (canvas === null || page === null) return
      frames += 1
      if (sides.length === 0) sides = [colour('--bid'), colour('--ask')]
      const written = texts.get(canvas) ?? []
      const spread = written.find(({ text }) => text.startsWith('spread '))
      const middle = written.find(({ text, y }) => y === spread?.y && /^[\d,.]+$/.test(text))
      const now = {
        at: performance.timeOrigin + performance.now(),
        spread: spread?.text.slice(7) ?? null,
        middle: middle?.text.replaceAll(',', '') ?? null,
        isColoured: written.some(({ colour: used }) => sides.includes(used)),
        standing: page.dataset['standing'] ?? '',
      }
      const last = shown.at(-1)
      const isSame =
        last?.spread === now.spread && last.middle === now.middle && last.isColoured === now.isColoured && last.standing === now.standing
      if (!isSame) shown.push(now)
    }
    requestAnimationFrame(look)
  })
}

/** Takes away what was noted so far, and how many frames were looked at. */
export function seen(page: Page): Promise<{ readonly shown: readonly Shown[]; readonly frames: number }> {
  return page.evaluate(() => {
    const { shown, frames } = window as unknown as { shown: Shown[]; frames: () => number }
    return { shown: shown.splice(0), frames: frames() }
  })
}
