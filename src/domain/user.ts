import type { BudgetId, EpochMs, OrganizationId, TeamId, UserId } from './ids.ts'
import type { JsonObject } from './json.ts'
import { NO_LIMITS } from './limits.ts'
import type { Limits } from './limits.ts'
import { ROLE_WITHOUT_USER } from './role.ts'
import type { Blocker, OrganizationRole, TeamRole, UserRole } from './role.ts'
import { stampedNew } from './stamps.ts'
import type { IdentityLink } from './token-facts.ts'
import type { Stamps } from './stamps.ts'

/** A person or a service that people stand behind. The id is canonical: it never changes, and everything hangs on it. */
export interface User extends Stamps {
  readonly id: UserId
  readonly email: string | undefined
  readonly alias: string | undefined
  readonly role: UserRole
  /** The subject at the provider of the company's sign-on. */
  readonly ssoUserId: string | undefined
  readonly blocked: boolean
  /** The role of whoever blocked it; a lower one does not open it again. */
  readonly blockedByRole: Blocker | undefined
  /** For calls outside of any team. Empty: all. `no-default-models`: none. */
  readonly models: readonly string[]
  readonly metadata: JsonObject
  readonly passwordHash: string | undefined
  readonly limits: Limits
}

/** Somebody of whom nothing is known yet, and who may do nothing out of the ordinary. */
export function blankUser(id: UserId, by: string, now: EpochMs): User {
  return {
    id,
    email: undefined,
    alias: undefined,
    role: ROLE_WITHOUT_USER,
    ssoUserId: undefined,
    blocked: false,
    blockedByRole: undefined,
    models: [],
    metadata: {},
    passwordHash: undefined,
    limits: NO_LIMITS,
    ...stampedNew(by, now),
  }
}

export interface TeamMembership {
  readonly teamId: TeamId
  readonly userId: UserId
  readonly role: TeamRole
  readonly budgetId: BudgetId | undefined
}

export interface OrganizationMembership {
  readonly organizationId: OrganizationId
  readonly userId: UserId
  readonly role: OrganizationRole
  readonly budgetId: BudgetId | undefined
}

/** A user with everything that the user belongs to: one fact, so that it is never half old. */
export interface UserFacts {
  readonly user: User
  readonly teams: readonly TeamStanding[]
  readonly organizations: readonly OrganizationMembership[]
  /** Who this is at the providers; the latest last. */
  readonly identities: readonly IdentityLink[]
}

/** A membership and what of its team decides about scope. */
export interface TeamStanding extends TeamMembership {
  readonly organizationId: OrganizationId | undefined
  readonly permissions: readonly string[]
  /** The issuer whose token made it; undefined: people did. Only its issuer may take it away again. */
  readonly source: string | undefined
}
