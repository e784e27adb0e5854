/** The colours of liquidity: lightness rises with size, so that they read in grey and to every eye. */

type Stop = readonly [part: number, colour: number]

const DARK: readonly Stop[] = [
  [0, 0x0b0d12],
  [0.15, 0x141a33],
  [0.35, 0x2a2c72],
  [0.55, 0x5b3fb8],
  [0.72, 0xa851c4],
  [0.86, 0xee7c6b],
  [1, 0xffe3a0],
]

/** On white it falls instead. */
const LIGHT: readonly Stop[] = [
  [0, 0xffffff],
  [0.15, 0xe6e8f8],
  [0.35, 0xbfbdf0],
  [0.55, 0x9a80dc],
  [0.72, 0x9d45b0],
  [0.86, 0xa12a4d],
  [1, 0x3d0a1c],
]

export const SHADES = 256

/** 256 colours as words of pixels, the first that of nothing. */
export function shades(isLight: boolean): Uint32Array {
  const stops = isLight ? LIGHT : DARK
  return Uint32Array.from({ length: SHADES }, (_, index) => {
    const part = index / (SHADES - 1)
    const after = Math.max(1, stops.findIndex(([at]) => at >= part))
    const [[low, from], [high, to]] = [stops[after - 1] ?? [0, 0], stops[after] ?? [1, 0]]
    const mix = (part - low) / (high - low)
    const channel = (shift: number) => Math.round(((from >> shift) & 255) * (1 - mix) + ((to >> shift) & 255) * mix)
    return ((255 << 24) | (channel(0) << 16) | (channel(8) << 8) | channel(16)) >>> 0
  })
}

/** Such a word as style sheets have it. */
export function styled(word: number): string {
  return `rgb(${word & 255} ${(word >> 8) & 255} ${(word >> 16) & 255})`
}
