export type Present<Members> = { readonly [Name in keyof Members]?: Exclude<Members[Name], undefined> }

/** The members that are there: an optional member is absent, never `undefined` (exactOptionalPropertyTypes). */
export function withoutAbsent<Members extends object>(members: Members): Present<Members>
export function withoutAbsent(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

/** The first of two ways to write the same thing. Both arguments are evaluated, so that both are checked. */
export function firstOf<Value>(first: Value | undefined, second: Value | undefined): Value | undefined {
  return first ?? second
}
