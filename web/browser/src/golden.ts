/** Pictures that may not change by themselves. */

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import pixelmatch from 'pixelmatch'
import { PNG } from 'pngjs'

/** The part of a picture's pixels that differs from the one that is kept; `HAVKLO_GOLDENS=new` keeps this one. */
export async function differs(kept: URL, picture: Buffer): Promise<number> {
  if (process.env['HAVKLO_GOLDENS'] === 'new') {
    await mkdir(dirname(kept.pathname), { recursive: true })
    await writeFile(kept, picture)
    return 0
  }
  const { part, difference } = apart(await readFile(kept), picture)
  if (difference !== null) await writeFile(new URL(`${kept.href}.difference.png`), PNG.sync.write(difference))
  return part
}

/** The part of two pictures' pixels that differs, and which. */
export function apart(one: Buffer, other: Buffer): { readonly part: number; readonly difference: PNG | null } {
  const [before, now] = [PNG.sync.read(one), PNG.sync.read(other)]
  if (before.width !== now.width || before.height !== now.height) return { part: 1, difference: null }
  const difference = new PNG({ width: now.width, height: now.height })
  const count = pixelmatch(before.data, now.data, difference.data, now.width, now.height, { threshold: 0.1 })
  return { part: count / (now.width * now.height), difference: count === 0 ? null : difference }
}
