/** What a subscription shows: its state, and only in the state `live` a value that may be relied on. */

/**
 * Where a subscription stands.
 *
 * - `connecting`: it has never been live.
 * - `live`: proven, as far as the channel can be proven.
 * - `stale`: the connection is lost or silent; `last` is as old as `ageMs` says, which grows each second.
 * - `resync`: the connection is well, but what was shown is no longer proven; a fresh snapshot is on its way.
 * - `closed`: for good; `error` says why, unless the user closed it.
 *
 * `last` is what was known before; of a book, as of when it was last looked at.
 */
export type View<T, E> =
  | { readonly state: 'connecting' }
  | { readonly state: 'live'; readonly value: T; readonly recvMs: number }
  | { readonly state: 'stale'; readonly last: T | null; readonly ageMs: number; readonly reason: string }
  | { readonly state: 'resync'; readonly last: T | null; readonly reason: string }
  | { readonly state: 'closed'; readonly last: T | null; readonly error: E | null }

/** Calls each, and lets none suffer from another: what one throws becomes an uncaught error of the platform's. */
export function call<A>(handlers: Iterable<(argument: A) => void>, argument: A): void {
  for (const handle of [...handlers]) {
    try {
      handle(argument)
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }
}
