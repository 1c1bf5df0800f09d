import type { Secret } from '../domain/secret.ts'

/** Where a sealed text belongs. Anywhere else it can't be opened. */
export interface SealedPlace {
  readonly table: string
  readonly column: string
  readonly rowId: string
}

/** Keeps secrets in the store unreadable to whoever has only the store. */
export interface Seal {
  /** `off`: this installation has nowhere to keep its key; the sentence says what to set. */
  readonly keeps: 'on' | { readonly off: string }
  seal(plain: string, place: SealedPlace): string
  /** Undefined: sealed under a key that is not ours, for another place, or damaged. */
  open(sealed: string, place: SealedPlace): Secret | undefined
}
