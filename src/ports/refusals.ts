import type { AuditOrigin } from '../domain/audit-record.ts'
import type { Attempt } from './registry.ts'

/** An attempt to administer something, by somebody whose role ends before it. */
export interface RefusedAttempt {
  readonly origin: AuditOrigin
  readonly about: Attempt
  readonly reason: string
}

export interface Refusals {
  /** Never fails: that it could not be told is told to the operator. */
  tell(attempt: RefusedAttempt): Promise<void>
}
