/** Errors as values: what can fail says so in its type. */

/** Either a value, or an error that tells its kind. */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E }

export function good<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value }
}

export function bad<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error }
}
