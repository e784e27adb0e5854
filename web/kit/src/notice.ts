/** What is said over a picture that is not live. */

import type { Standing } from './model.js'
import { ageText } from './text.js'
import { uiFont } from './widget.js'
import type { Pen } from './widget.js'

const WORDS: Readonly<Record<Standing, string>> = {
  connecting: 'Connecting',
  live: 'Not proven',
  stale: 'Stale',
  resync: 'Resyncing',
  replay: 'Not proven',
  closed: 'Closed',
}

/** The word for a standing whose book is not to be trusted. */
export function untrusted(standing: Standing): string {
  return WORDS[standing]
}

/** Says at the top, in the middle, how old the picture is and why. */
export function notice(pen: Pen, standing: Standing, reason: string, ageMs: number | null): void {
  const { context, theme, width } = pen
  const age = ageMs === null ? '' : `  ${ageText(ageMs)}`
  const why = reason === '' ? '' : `  ${reason.replaceAll('_', ' ')}`
  context.font = uiFont(theme, 12, 600)
  const text = `${WORDS[standing]}${age}${why}`
  const wide = Math.min(width - 16, context.measureText(text).width + 24)
  const [x, y, high] = [(width - wide) / 2, 24, 24 * theme.scale]
  context.fillStyle = theme.bg3
  context.beginPath()
  context.roundRect(x, y, wide, high, 4)
  context.fill()
  context.fillStyle = theme.warn
  context.fillRect(x, y, 2, high)
  context.textAlign = 'center'
  context.fillText(text, width / 2, y + high / 2, wide - 12)
  context.textAlign = 'left'
}

/** Says in the middle that there is nothing yet. */
export function nothing(pen: Pen, text: string): void {
  const { context, theme, width, height } = pen
  context.font = uiFont(theme, 12)
  context.fillStyle = theme.text3
  context.textAlign = 'center'
  context.fillText(text, width / 2, height / 2, width - 16)
  context.textAlign = 'left'
}
