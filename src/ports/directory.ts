import type { Budget } from '../domain/budget.ts'
import type { EndUser } from '../domain/end-user.ts'
import type { BudgetId, EndUserId, EpochMs, KeyDigest, OrganizationId, TeamId, UserId } from '../domain/ids.ts'
import type { MappedClaim, MappedKey } from '../domain/key-mapping.ts'
import type { Organization } from '../domain/organization.ts'
import type { Team } from '../domain/team.ts'
import type { IdentityLink } from '../domain/token-facts.ts'
import type { TokenRevocation } from '../domain/token-revocation.ts'
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
  /** The tags that have a row of limits. */
  findTagBudgets(): Promise<ReadonlyMap<string, BudgetId>>
  /** Who a provider's subject is here. A deleted user stays known, so that nobody revives it by accident. */
  findIdentity(link: IdentityLink): Promise<LinkedUser | undefined>
  /** What became of an id whose user is gone. */
  findFormerUser(id: UserId): Promise<FormerUser | undefined>
  /**
   * Compared as `foldEmail` has it, without addresses that a token only claimed; at most two, which is enough to know that
   * it is not one.
   */
  findUsersByEmail(email: string): Promise<readonly UserId[]>
  /** Whom an operator gave this subject by hand, without saying at which provider. */
  findUserBySsoSubject(subject: string): Promise<LinkedUser | undefined>
  /** At most two. */
  findTeamsByAlias(alias: string): Promise<readonly TeamId[]>
  /** At most two. */
  findOrganizationsByAlias(alias: string): Promise<readonly OrganizationId[]>
  /** What the claim stands for at any issuer, switched off or not, each with its key as it is now. */
  findKeyMappings(claim: MappedClaim): Promise<readonly MappedKey[]>
  /** Whether there is any revocation that has not ended at `now`. */
  hasRevocations(now: EpochMs): Promise<boolean>
  /** Of those names (`revocableNames`); ended ones may be among them. */
  findRevocations(names: readonly string[]): Promise<readonly TokenRevocation[]>
}

export interface LinkedUser {
  readonly userId: UserId
  readonly isDeleted: boolean
}

export interface FormerUser {
  /** The id is an alias of this user's. Undefined: the user was deleted, and nobody has the id until it is given out anew. */
  readonly mergedInto: UserId | undefined
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
  peekTagBudgets(): Peeked<ReadonlyMap<string, BudgetId>>
  peekIdentity(link: IdentityLink): Peeked<LinkedUser>
  peekFormerUser(id: UserId): Peeked<FormerUser>
  peekUsersByEmail(email: string): Peeked<readonly UserId[]>
  peekUserBySsoSubject(subject: string): Peeked<LinkedUser>
  peekTeamsByAlias(alias: string): Peeked<readonly TeamId[]>
  peekOrganizationsByAlias(alias: string): Peeked<readonly OrganizationId[]>
  peekKeyMappings(claim: MappedClaim): Peeked<readonly MappedKey[]>
  peekRevocations(names: readonly string[]): Peeked<readonly TokenRevocation[]>
}
