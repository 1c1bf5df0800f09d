import type { EpochMs } from '../domain/ids.ts'
import type { MappedClaim } from '../domain/key-mapping.ts'
import type { IdentityLink } from '../domain/token-facts.ts'

export type FactKind =
  | 'key'
  | 'user'
  | 'team'
  | 'organization'
  | 'end_user'
  | 'budget'
  | 'tag'
  | 'access_group'
  | 'model'
  /** Issuer and subject, with a line break between them. */
  | 'identity'
  /** The address as `foldEmail` makes it. */
  | 'email'
  /** A subject that an operator gave to a user. */
  | 'sso_subject'
  | 'team_alias'
  | 'organization_alias'
  /** The name of a claim and a value of it, with a line break between them. */
  | 'key_mapping'
  /** As `revocationName` makes it. */
  | 'revocation'

/** Neither part holds a line break, so that no two links have one id. */
export function factIdOf({ issuer, subject }: IdentityLink): string {
  return `${issuer}\n${subject}`
}

export function mappingFactId({ name, value }: MappedClaim): string {
  return `${name}\n${value}`
}

export interface ChangedFact {
  readonly kind: FactKind
  readonly id: string
}

/**
 * Announcements of changed rows, whoever changed them. A fact read while a watch stood, and not announced as changed
 * since, was still true at `completeUntil`.
 */
export interface FactChanges {
  /** Numbers the unbroken watches; `undefined` while there is none. */
  readonly watch: number | undefined
  /** Every change committed before this moment has been announced. Meaningless without a watch. */
  readonly completeUntil: EpochMs
  /** `all`: anything of the kind may have changed. */
  subscribe(kind: FactKind, changed: (id: string) => void, changedAll: () => void): void
}
