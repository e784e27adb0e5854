/** Which colour links this page with others. */

import type { Signal } from '@preact/signals'

import { COLOURS } from './linked.js'
import type { Colour } from './linked.js'
import { next } from './theme.js'

export function LinkButton({ colour }: { readonly colour: Signal<Colour> }) {
  const { value } = colour
  const label = value === 'none' ? 'Link: no other page' : `Link: the ${value} pages`
  return (
    <button
      class="button link wide"
      data-colour={value}
      aria-label={label}
      title={`${label} (K)`}
      onClick={() => void (colour.value = next(COLOURS, value))}
    >
      <i class="dot" /> Link
    </button>
  )
}
