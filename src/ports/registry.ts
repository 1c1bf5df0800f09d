import type { AccessGroup } from '../domain/access-group.ts'
import type { AuditDraft, AuditOrigin } from '../domain/audit-record.ts'
import type { Budget } from '../domain/budget.ts'
import type { Decision, Denied } from '../domain/decision.ts'
import type { EndUser } from '../domain/end-user.ts'
import type { BudgetId, EndUserId, EpochMs, KeyDigest, OrganizationId, TeamId, UserId } from '../domain/ids.ts'
import type { Invitation } from '../domain/invitation.ts'
import type { KeyMapping, MappedClaim } from '../domain/key-mapping.ts'
import type { PicoUsd } from '../domain/money.ts'
import type { Organization } from '../domain/organization.ts'
import type { StoredCredential } from '../domain/stored-credential.ts'
import type { StoredModel } from '../domain/stored-model.ts'
import type { Tag } from '../domain/tag.ts'
import type { Team } from '../domain/team.ts'
import type { IdentityLink } from '../domain/token-facts.ts'
import type { TokenRevocation } from '../domain/token-revocation.ts'
import type { OrganizationMembership, TeamMembership, User, UserFacts } from '../domain/user.ts'
import type { VirtualKey } from '../domain/virtual-key.ts'
import type { FormerUser, LinkedUser } from './directory.ts'
import type { ChangedFact } from './fact-changes.ts'
import type { Page, PageOf } from './page.ts'

/** The truth about who and what there is, for those who administer it. */
export interface Registry {
  /**
   * Carries out a change whole or not at all: `work` reads (and by reading locks), decides and writes. What it tells in
   * `records` goes into the audit log in the same transaction, unless nothing differs; a refusal undoes all writes, and is
   * told there on its own.
   * Once this returns, every read of this process sees the change.
   */
  change<Outcome>(
    origin: AuditOrigin,
    about: Attempt,
    work: (rooms: Rooms) => Promise<Decision<Change<Outcome>>>,
  ): Promise<Decision<Outcome>>
  /** Tells of an attempt that ended before any change was begun. `after`: what there is to say about it. */
  recordRefusal(origin: AuditOrigin, about: Attempt, reason: string, after: AuditDraft['after']): Promise<void>
  /** For reading only. */
  readonly rooms: Rooms
}

/** What a call wants to do, for the record of its refusal. */
export type Attempt = Pick<AuditDraft, 'action' | 'objectType' | 'objectId'>

export interface Change<Outcome> {
  readonly outcome: Outcome
  readonly records: readonly AuditDraft[]
  /** Of a call about several objects: which it was not allowed to change, while it changed others. */
  readonly refusals?: readonly ObjectRefusal[]
  /** What it found as somebody else had made it meanwhile: this process may remember it otherwise. */
  readonly news?: readonly ChangedFact[]
}

export interface ObjectRefusal {
  readonly about: Attempt
  readonly denied: Denied
}

/** Rows of one kind. Inside of a change `find` locks what it finds until the change is over. */
export interface Rows<Row, Id> {
  find(id: Id): Promise<Row | undefined>
  /** Those that there are, in no order. */
  findMany(ids: readonly Id[]): Promise<readonly Row[]>
  insert(row: Row): Promise<'inserted' | 'taken'>
  update(row: Row): Promise<'updated' | 'taken'>
  /** What was there. */
  delete(ids: readonly Id[]): Promise<readonly Row[]>
}

export interface Rooms {
  readonly keys: KeyRows
  readonly users: UserRows
  readonly identities: IdentityRows
  readonly formerUsers: FormerUserRows
  readonly merges: MergeRows
  readonly teams: TeamRows
  readonly teamMembers: TeamMemberRows
  readonly organizations: OrganizationRows
  readonly organizationMembers: OrganizationMemberRows
  readonly endUsers: EndUserRows
  readonly budgets: BudgetRows
  readonly tags: TagRows
  readonly accessGroups: AccessGroupRows
  readonly credentials: CredentialRows
  readonly models: ModelRows
  readonly invitations: InvitationRows
  readonly keyMappings: KeyMappingRows
  readonly revocations: RevocationRows
}

/** Which rows a caller may see at all. Part of every query, so that no count tells of what is hidden. */
export type Scope =
  | { readonly sees: 'all' }
  | {
      readonly sees: 'some'
      readonly organizations: readonly OrganizationId[]
      readonly teams: readonly TeamId[]
      readonly userId: UserId | undefined
      readonly keyDigest: KeyDigest | undefined
    }

export interface KeyQuery extends Page {
  readonly scope: Scope
  readonly userId?: UserId
  /** Keys of these teams too, when a user is asked for. */
  readonly orTeams?: readonly TeamId[]
  readonly orCreatedBy?: string
  readonly teamId?: TeamId
  readonly organizationId?: OrganizationId
  readonly digest?: KeyDigest
  readonly aliasPart?: string
  readonly sort: 'spend' | 'max_budget' | 'created_at' | 'updated_at' | 'token' | 'key_alias'
}

export interface DeletedKey {
  readonly key: VirtualKey
  readonly deletedAt: EpochMs
  readonly deletedBy: string
}

export interface AliasQuery {
  readonly scope: Scope
  readonly teamId?: TeamId
  /** Without regard to case. */
  readonly part?: string
  /** Absent: all of them. */
  readonly page?: Pick<Page, 'page' | 'size'>
}

export interface ListedAliases {
  /** A JSON list of texts, as it goes out: there may be as many as there are keys. */
  readonly json: string
  /** On all pages. */
  readonly total: number
}

export type KeyLabel = Pick<VirtualKey, 'displayName' | 'alias' | 'teamId'>

export interface KeyRows extends Rows<VirtualKey, KeyDigest> {
  /** Refuses digests that were ever given out. */
  insert(key: VirtualKey): Promise<'inserted' | 'taken'>
  findByAlias(alias: string): Promise<VirtualKey | undefined>
  /** The row that an earlier digest, still in its grace period, leads to. */
  findBySecretOfBefore(digest: KeyDigest, now: EpochMs): Promise<VirtualKey | undefined>
  /** The row under its new digest. Earlier digests still in grace die; `graceEndsAt`: until when `from` goes on working. */
  rotate(from: KeyDigest, to: VirtualKey, graceEndsAt: EpochMs | undefined): Promise<'rotated' | 'taken'>
  /** Deleted rows stay on record. */
  archive(digests: readonly KeyDigest[], by: string): Promise<readonly VirtualKey[]>
  ofUser(id: UserId, team?: TeamId): Promise<readonly VirtualKey[]>
  ofTeam(id: TeamId): Promise<readonly VirtualKey[]>
  /** Newest first. For reading only. */
  ofTeams(ids: readonly TeamId[]): Promise<readonly VirtualKey[]>
  ofOrganization(id: OrganizationId): Promise<readonly VirtualKey[]>
  list(query: KeyQuery): Promise<PageOf<VirtualKey>>
  /** In the order of their bytes. */
  listAliases(query: AliasQuery): Promise<ListedAliases>
  /** What reports call keys by. */
  labels(digests: readonly KeyDigest[]): Promise<ReadonlyMap<KeyDigest, KeyLabel>>
  /** As they were. */
  listDeleted(query: KeyQuery): Promise<PageOf<DeletedKey>>
  /** Takes an amount off what a key is said to have spent. */
  forgive(digest: KeyDigest, amount: PicoUsd): Promise<void>
}

export interface UserQuery extends Page {
  readonly scope: Scope
  readonly role?: string
  readonly ids?: readonly UserId[]
  readonly idPart?: string
  readonly ssoUserIds?: readonly string[]
  readonly emailPart?: string
  readonly teamId?: TeamId
  readonly organizationIds?: readonly OrganizationId[]
  readonly sort: 'user_id' | 'user_email' | 'created_at' | 'spend' | 'user_alias' | 'user_role'
}

export interface UserRows extends Rows<User, UserId> {
  facts(id: UserId): Promise<UserFacts | undefined>
  factsOf(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, UserFacts>>
  /** The address is what a token said, and its provider does not vouch for it. */
  markEmailAsClaim(id: UserId): Promise<void>
  /** Everybody with the address, as `foldEmail` compares; those who want the same one take turns. */
  findByEmail(email: string): Promise<readonly User[]>
  /** Without those of whom a token only claimed it: whom the address names. */
  namedByEmail(email: string): Promise<readonly User[]>
  /** Active administrators beside these. */
  countOtherAdmins(except: readonly UserId[]): Promise<number>
  list(query: UserQuery): Promise<PageOf<User>>
  /** How many keys of theirs the scope sees. */
  keyCounts(ids: readonly UserId[], scope: Scope): Promise<ReadonlyMap<UserId, number>>
  teamsOf(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, readonly TeamId[]>>
  aliases(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, string | undefined>>
}

/** Who somebody is at a provider, and who said so. */
export interface Identity extends IdentityLink {
  readonly createdAt: EpochMs
  readonly createdBy: string
}

export interface IdentityRows {
  /** Inside of a change, whoever asks for the same link takes turns. */
  find(link: IdentityLink): Promise<LinkedUser | undefined>
  /** The latest last. */
  ofUser(id: UserId): Promise<readonly Identity[]>
  latestSubjects(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, string>>
  insert(link: IdentityLink, userId: UserId, by: string): Promise<'inserted' | 'taken'>
  delete(link: IdentityLink): Promise<void>
}

export interface FormerUserRows {
  find(id: UserId): Promise<FormerUser | undefined>
  /** The id of a deleted user, and with it its links, are nobody's again. */
  free(id: UserId): Promise<void>
}

/** What hangs on a user. */
export interface UserHoldings {
  readonly keys: readonly KeyDigest[]
  readonly teams: readonly TeamId[]
  readonly organizations: readonly OrganizationId[]
  readonly identities: readonly IdentityLink[]
  /** Their ids. */
  readonly invitations: readonly string[]
}

export interface UserMerge {
  readonly id: string
  readonly survivorId: UserId
  readonly duplicateId: UserId
  readonly mergedAt: EpochMs
  readonly mergedBy: string
  readonly isUndone: boolean
}

/** Two rows that may be one person, and by what. */
export interface MergeCandidate {
  readonly survivorId: UserId
  readonly duplicateId: UserId
  readonly because: readonly MergeReason[]
}

export type MergeReason = 'same-email' | 'id-is-email' | 'id-is-sso-subject' | 'id-is-linked-subject' | 'sso-is-linked'

/** One person's second row, and what becomes of it. */
export interface MergeRows {
  /** By survivor and duplicate; not more than `most`. */
  candidates(most: number): Promise<readonly MergeCandidate[]>
  holdings(id: UserId): Promise<UserHoldings>
  /** All that hangs on the duplicate hangs on the survivor, whose row is the given one; its id is an alias from now on. */
  merge(survivor: User, duplicateId: UserId, id: string, by: string): Promise<void>
  find(id: string): Promise<UserMerge | undefined>
  /** What of it still hangs on the survivor goes back. `entangled`: a later merge stands on this one. */
  undo(id: string, by: string): Promise<'undone' | 'entangled'>
}

export interface TeamQuery extends Page {
  readonly scope: Scope
  readonly teamId?: TeamId
  /** `none`: teams without an organisation. */
  readonly organizationId?: OrganizationId | 'none'
  readonly aliasPart?: string
  /** Teams that this user is a member of. */
  readonly userId?: UserId
  readonly sort: 'team_id' | 'team_alias' | 'created_at' | 'spend' | 'max_budget'
}

export interface DeletedTeam {
  readonly team: Team
  readonly deletedAt: EpochMs
  readonly deletedBy: string
}

export interface TeamRows extends Rows<Team, TeamId> {
  archive(ids: readonly TeamId[], by: string): Promise<readonly Team[]>
  /** Whether there was a team of this id that was deleted. */
  wasArchived(id: TeamId): Promise<boolean>
  ofOrganization(id: OrganizationId): Promise<readonly Team[]>
  list(query: TeamQuery): Promise<PageOf<Team>>
  /** As they were; nobody is a member of one. */
  listDeleted(query: TeamQuery): Promise<PageOf<DeletedTeam>>
}

export interface TeamMemberRows {
  find(team: TeamId, user: UserId): Promise<TeamMembership | undefined>
  /** The issuer whose token made the membership; undefined: people did, or there is none. */
  sourceOf(team: TeamId, user: UserId): Promise<string | undefined>
  ofTeams(teams: readonly TeamId[]): Promise<readonly TeamMemberView[]>
  ofUser(user: UserId): Promise<readonly TeamMembership[]>
  /** `source`: the issuer whose token makes it; absent where people do. */
  insert(member: TeamMembership, source?: string): Promise<'inserted' | 'taken'>
  update(member: TeamMembership): Promise<void>
  delete(team: TeamId, user: UserId): Promise<void>
}

/** A membership as lists show it. */
export interface TeamMemberView extends TeamMembership {
  readonly email: string | undefined
}

export interface OrganizationQuery {
  readonly scope: Scope
  readonly id?: OrganizationId
  readonly aliasPart?: string
}

export interface OrganizationRows extends Rows<Organization, OrganizationId> {
  list(query: OrganizationQuery): Promise<readonly Organization[]>
}

export interface OrganizationMemberRows {
  find(organization: OrganizationId, user: UserId): Promise<OrganizationMembership | undefined>
  ofOrganizations(ids: readonly OrganizationId[]): Promise<readonly OrganizationMemberView[]>
  ofUser(user: UserId): Promise<readonly OrganizationMembership[]>
  insert(member: OrganizationMembership): Promise<'inserted' | 'taken'>
  update(member: OrganizationMembership): Promise<void>
  delete(organization: OrganizationId, user: UserId): Promise<void>
}

export interface OrganizationMemberView extends OrganizationMembership {
  readonly email: string | undefined
  readonly createdAt: EpochMs
  readonly updatedAt: EpochMs
}

export interface EndUserRows extends Rows<EndUser, EndUserId> {
  list(): Promise<readonly EndUser[]>
  aliases(ids: readonly EndUserId[]): Promise<ReadonlyMap<EndUserId, string | undefined>>
}

export interface BudgetRows extends Rows<Budget, BudgetId> {
  /** Shared ones; those that an object has to itself are shown with it. */
  list(): Promise<readonly Budget[]>
  /** How many objects use it. */
  countUses(id: BudgetId): Promise<number>
}

export interface TagRows extends Rows<Tag, string> {
  list(): Promise<readonly Tag[]>
}

/** Who was given an access group. */
export interface GroupHolders {
  readonly teams: readonly TeamId[]
  readonly keys: readonly KeyDigest[]
}

export interface AccessGroupRows extends Rows<AccessGroup, string> {
  list(): Promise<readonly AccessGroup[]>
  holders(ids: readonly string[]): Promise<ReadonlyMap<string, GroupHolders>>
}

export interface CredentialRows extends Rows<StoredCredential, string> {
  list(): Promise<readonly StoredCredential[]>
}

export interface ModelRows extends Rows<StoredModel, string> {
  list(): Promise<readonly StoredModel[]>
}

export interface InvitationRows extends Rows<Invitation, string> {
  ofUser(id: UserId): Promise<readonly Invitation[]>
}

export interface KeyMappingRows extends Rows<KeyMapping, string> {
  /** Inside of a change, whoever asks for the same claim of the same issuer takes turns. */
  named(claim: MappedClaim, issuer: string | undefined): Promise<KeyMapping | undefined>
  ofKeys(digests: readonly KeyDigest[]): Promise<readonly KeyMapping[]>
  /** By the time at which they were made. */
  list(page: Page): Promise<PageOf<KeyMapping>>
}

export interface RevocationRows extends Rows<TokenRevocation, string> {
  /** As `revocationName` makes it; inside of a change, whoever asks for the same one takes turns. */
  named(name: string): Promise<TokenRevocation | undefined>
  /** Takes away some of those that have ended by then: more than a change adds. */
  sweep(endedBy: EpochMs): Promise<void>
  /** By the time at which they were made, without those that have ended by then. */
  list(page: Page, endedBy: EpochMs): Promise<PageOf<TokenRevocation>>
}
