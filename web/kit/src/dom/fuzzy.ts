/** Finding by a few letters in their order. */

const [START, NEXT, ANY] = [8, 4, 1] as const
const LONG = 0.01

/** How well `query` fits; null if its letters are not in `text` in their order. Beginnings of words weigh most. */
export function score(query: string, text: string): number | null {
  const [wanted, given] = [query.toLowerCase().replace(/\s+/g, ''), text.toLowerCase()]
  let [total, last] = [0, -2]
  for (let index = 0; index < wanted.length; index += 1) {
    const found = place(wanted, index, given, last)
    if (found < 0) return null
    total += isStart(given, found) ? START : found === last + 1 ? NEXT : ANY
    last = found
  }
  return total - text.length * LONG
}

/** Where a letter is best found after `last`: right there, at the beginning of a word, or anywhere. */
function place(wanted: string, index: number, given: string, last: number): number {
  const [letter, rest] = [wanted[index] ?? '', wanted.slice(index + 1)]
  const from = Math.max(0, last + 1)
  const start = startOfWord(given, letter, from)
  for (const at of [given[from] === letter ? from : -1, start]) if (at >= 0 && holds(given, rest, at + 1)) return at
  return given.indexOf(letter, from)
}

/** Whether all letters are in the text in their order, from a place on. */
function holds(given: string, letters: string, from: number): boolean {
  let at = from
  for (const letter of letters) {
    at = given.indexOf(letter, at) + 1
    if (at === 0) return false
  }
  return true
}

/** Those that fit, best first; all in their order without a query. */
export function find<T>(items: readonly T[], query: string, text: (item: T) => string): T[] {
  if (query.trim() === '') return [...items]
  const found: { readonly item: T; readonly worth: number }[] = []
  for (const item of items) {
    const worth = score(query, text(item))
    if (worth !== null) found.push({ item, worth })
  }
  return found.sort((a, b) => b.worth - a.worth).map(({ item }) => item)
}

function isStart(text: string, at: number): boolean {
  return at === 0 || /[^a-z0-9]/.test(text[at - 1] ?? '')
}

function startOfWord(text: string, letter: string, from: number): number {
  for (let at = text.indexOf(letter, from); at >= 0; at = text.indexOf(letter, at + 1)) if (isStart(text, at)) return at
  return -1
}
