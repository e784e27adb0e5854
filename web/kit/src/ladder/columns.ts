/** Where the columns of a ladder are. */

/** From left to right; a column of no width is left out. */
export interface Columns {
  /** Right edges, in pixels. */
  readonly own: number
  readonly size: number
  readonly price: number
  readonly moves: number
  readonly volume: number
  readonly sizeWidth: number
  readonly volumeWidth: number
  /** Where the prices begin. */
  readonly priceLeft: number
}

const OWN = 80
const MOVES = 60
const GAP = 8

/** Shares `width` out; in narrow places what is least needed goes first. */
export function columns(width: number, priceWidth: number, hasOwn: boolean): Columns {
  const own = hasOwn || width >= 360 ? Math.min(OWN, width / 4) : 0
  const price = priceWidth + 2 * GAP
  const moves = width >= 300 ? MOVES : 0
  const rest = Math.max(0, width - own - price - moves)
  const volumeWidth = width >= 240 ? rest * 0.42 : 0
  const sizeWidth = rest - volumeWidth
  const size = own + sizeWidth
  return {
    own,
    size,
    price: size + price - GAP,
    moves: size + price + moves,
    volume: width,
    sizeWidth,
    volumeWidth,
    priceLeft: size + GAP,
  }
}
