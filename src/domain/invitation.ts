import type { EpochMs, UserId } from './ids.ts'
import type { Stamps } from './stamps.ts'

/** A link by which a user who is on record takes possession of the account. */
export interface Invitation extends Stamps {
  readonly id: string
  readonly userId: UserId
  /** Lower-case hex SHA-256 of the secret in the link. */
  readonly secretDigest: string
  readonly acceptedAt: EpochMs | undefined
  readonly expiresAt: EpochMs
}
