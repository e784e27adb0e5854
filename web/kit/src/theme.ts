/** The colours of canvases: read from the style sheet when the theme changes, and not before. */

/** Custom properties that canvases draw with. */
const COLOURS = {
  bg0: '--bg-0',
  bg1: '--bg-1',
  bg2: '--bg-2',
  bg3: '--bg-3',
  line: '--line',
  line2: '--line-2',
  text1: '--text-1',
  text2: '--text-2',
  text3: '--text-3',
  bid: '--bid',
  ask: '--ask',
  accent: '--accent',
  own: '--own',
  warn: '--warn',
  info: '--info',
  halo: '--halo',
} as const

/** What there is where no style sheet says otherwise. */
const WITHOUT = '#7c879a'
const WATCHED = ['data-theme', 'data-palette', 'data-density', 'style', 'class']

/** Everything that a canvas takes from style sheets. */
export interface Theme extends Readonly<Record<keyof typeof COLOURS, string>> {
  readonly ui: string
  readonly mono: string
  /** Pixels a row, and the factor of all texts. */
  readonly row: number
  readonly scale: number
}

const listeners = new Set<() => void>()
let theme: Theme | null = null
let observer: MutationObserver | null = null

/** The theme as it is now. */
export function currentTheme(): Theme {
  theme ??= read()
  return theme
}

/** Calls `listener` when the theme or the letters have changed; gives what ends that. */
export function onTheme(listener: () => void): () => void {
  listeners.add(listener)
  if (observer === null) {
    observer = new MutationObserver(changed)
    observer.observe(document.documentElement, { attributes: true, attributeFilter: WATCHED })
    // Letters come later than the first picture, and are wider or narrower than those before them.
    document.fonts?.addEventListener('loadingdone', changed)
  }
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    observer?.disconnect()
    document.fonts?.removeEventListener('loadingdone', changed)
    observer = null
    theme = null
  }
}

function changed(): void {
  theme = null
  for (const listener of [...listeners]) listener()
}

function read(): Theme {
  const style = getComputedStyle(document.documentElement)
  const said = (name: string, otherwise: string) => style.getPropertyValue(name).trim() || otherwise
  const number = (name: string, otherwise: number) => Number.parseFloat(said(name, '')) || otherwise
  const entries = Object.entries(COLOURS).map(([name, property]) => [name, said(property, WITHOUT)])
  const scale = number('--text-scale', 1)
  return {
    ...(Object.fromEntries(entries) as Record<keyof typeof COLOURS, string>),
    ui: said('--kit-ui', 'sans-serif'),
    mono: said('--kit-mono', 'monospace'),
    row: Math.round(number('--row', 18) * scale),
    scale,
  }
}
