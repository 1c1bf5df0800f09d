import type { ClaimPath } from './claims.ts'

const MAX_SEGMENTS = 8
/** What objects inherit; no provider has a claim of such a name, and nobody shall point there. */
const INHERITED: ReadonlySet<string> = new Set(['__proto__', 'prototype', 'constructor'])
const DOT = /(?<!\\)\./

/** Splits at dots; `\.` is a dot inside of a name. Undefined: no claim can be there. */
export function parseClaimPath(text: string): ClaimPath | undefined {
  const path = text.split(DOT).map((name) => name.replaceAll('\\.', '.'))
  const isSound = path.length <= MAX_SEGMENTS && path.every((name) => name !== '' && !INHERITED.has(name))
  return isSound ? path : undefined
}
