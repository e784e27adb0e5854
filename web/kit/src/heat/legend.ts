/** The legend: the shades from little to much, with two handles that say where they begin and end. */

import { drain, uiFont } from '../widget.js'
import type { Pen } from '../widget.js'
import { SHADES, styled } from './colours.js'
import { sizeText } from './lines.js'
import type { Scale } from './scale.js'

const [LEFT, TOP, WIDTH, HEIGHT] = [10, 10, 132, 8]
const REACH = 10
/** Of the legend's length the least between its handles, in percentiles. */
const APART = 1
const STOPS = 16

/** Percentiles are told apart best at their upper end, where the large sizes are. */
function place(percent: number): number {
  return LEFT + (percent / 100) ** 2 * WIDTH
}

/** The percentile at a place. */
export function percentile(x: number): number {
  return Math.sqrt(Math.max(0, Math.min(1, (x - LEFT) / WIDTH))) * 100
}

/** The handle that a pointer takes hold of. */
export function handle(x: number, y: number, [low, high]: readonly [number, number]): 'low' | 'high' | null {
  if (y < TOP - REACH || y > TOP + HEIGHT + REACH || x < LEFT - REACH || x > LEFT + WIDTH + REACH) return null
  return Math.abs(x - place(low)) < Math.abs(x - place(high)) ? 'low' : 'high'
}

/** The scale with a handle moved to `x`; handles do not pass each other. */
export function moved(
  which: 'low' | 'high',
  x: number,
  [low, high]: readonly [number, number],
): readonly [number, number] {
  const at = Math.round(percentile(x) * 10) / 10
  return which === 'low' ? [Math.min(at, high - APART), high] : [low, Math.max(at, low + APART)]
}

export function legend(
  { context, theme }: Pen,
  colours: Uint32Array,
  scale: Scale,
  [low, high]: readonly [number, number],
  isLive: boolean,
): void {
  context.fillStyle = theme.halo
  context.beginPath()
  context.roundRect(LEFT - 6, TOP - 6, WIDTH + 12, 36, 4)
  context.fill()
  const [begin, end] = [place(low), place(high)]
  const shades = context.createLinearGradient(begin, 0, Math.max(begin + 1, end), 0)
  for (let stop = 0; stop <= STOPS; stop += 1) {
    const colour = colours[Math.round((stop / STOPS) * (SHADES - 1))] ?? 0
    shades.addColorStop(stop / STOPS, styled(colour))
  }
  context.fillStyle = shades
  context.fillRect(LEFT, TOP, WIDTH, HEIGHT)
  if (!isLive) drain(context, LEFT, TOP, WIDTH, HEIGHT)
  context.fillStyle = theme.text1
  for (const x of [begin, end]) context.fillRect(x - 1.5, TOP - 3, 3, HEIGHT + 6)
  context.font = uiFont(theme, 11)
  context.fillStyle = theme.text2
  context.fillText(`${sizeText(scale.low)} to ${sizeText(scale.high)}`, LEFT, TOP + HEIGHT + 10)
}
