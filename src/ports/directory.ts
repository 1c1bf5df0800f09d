import type { Budget } from '../domain/budget.ts'
import type { EndUser } from '../domain/end-user.ts'
import type { BudgetId, EndUserId, EpochMs, KeyDigest, OrganizationId, TeamId, UserId } from '../domain/ids.ts'
import type { Organization } from '../domain/organization.ts'
import type { Team } from '../domain/team.ts'
import type { UserFacts } from '../domain/user.ts'
import type { VirtualKey } from '../domain/virtual-key.ts'

/** What a presented digest leads to: the row, and until when this digest still opens it. */
export interface FoundKey {
  readonly key: VirtualKey
  /** Set while the presented digest is an earlier one in its grace period. */
  readonly graceEndsAt: EpochMs | undefined
}

/** The facts of which principals are made. All throw when the store does not answer: an error is never an absence. */
export interface Directory {
  /** Resolves a digest, or an earlier digest of a rotated key whose grace period has not ended at `now`. */
  findKey(digest: KeyDigest, now: EpochMs): Promise<FoundKey | undefined>
  findUser(id: UserId): Promise<UserFacts | undefined>
  findTeam(id: TeamId): Promise<Team | undefined>
  findOrganization(id: OrganizationId): Promise<Organization | undefined>
  findEndUser(id: EndUserId): Promise<EndUser | undefined>
  findBudget(id: BudgetId): Promise<Budget | undefined>
}

/** `ask`: not known here and now; the store has to be asked. */
export type Peeked<Fact> = Fact | undefined | 'ask'

/** A directory that can also answer at once, when it knows. */
export interface WarmDirectory extends Directory {
  peekKey(digest: KeyDigest, now: EpochMs): Peeked<FoundKey>
  /** Whether there was such a key, so far as this process remembers. */
  hasSeenKey(digest: KeyDigest): boolean
  peekUser(id: UserId): Peeked<UserFacts>
  peekTeam(id: TeamId): Peeked<Team>
  peekOrganization(id: OrganizationId): Peeked<Organization>
  peekEndUser(id: EndUserId): Peeked<EndUser>
  peekBudget(id: BudgetId): Peeked<Budget>
}
