import { LRUCache } from 'lru-cache'
import type { Budget } from '../../domain/budget.ts'
import type { EndUser } from '../../domain/end-user.ts'
import type { BudgetId, EndUserId, EpochMs, KeyDigest, OrganizationId, TeamId, UserId } from '../../domain/ids.ts'
import type { MappedClaim, MappedKey } from '../../domain/key-mapping.ts'
import type { Organization } from '../../domain/organization.ts'
import type { Team } from '../../domain/team.ts'
import { foldEmail } from '../../domain/fold-email.ts'
import type { IdentityLink } from '../../domain/token-facts.ts'
import type { TokenRevocation } from '../../domain/token-revocation.ts'
import type { UserFacts } from '../../domain/user.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Directory, FormerUser, FoundKey, LinkedUser, Peeked, WarmDirectory } from '../../ports/directory.ts'
import { factIdOf, mappingFactId } from '../../ports/fact-changes.ts'
import type { ChangedFact, FactChanges, FactKind } from '../../ports/fact-changes.ts'
import { FactCache } from './fact-cache.ts'
import { NameCache } from './name-cache.ts'
import { RevocationCache } from './revocation-cache.ts'
import { upTo } from './up-to.ts'

/** The same each time, so that one can see that nothing has changed. */
const NONE: readonly never[] = []
/** Enough that the keys and people of a large company stay known; a fact is about a kilobyte. */
const MOST_FACTS = 120_000

export interface CachedDirectoryOptions {
  readonly directory: Directory
  readonly changes: FactChanges
  readonly clock: Clock
  readonly maxPresent?: number
  readonly maxAbsent?: number
  /** The longest that an answer about a mapping may be remembered. */
  readonly mappingTtlMs?: number | undefined
}

interface AnyCache {
  invalidate(id: string): void
  clear(): void
}

/** A directory with everything that it said lately. */
export class CachedDirectory implements WarmDirectory {
  readonly #keys: FactCache<KeyDigest, FoundKey>
  /** Keys that were there when the store was last asked; a change of one doesn't make it a stranger. */
  readonly #seenKeys: LRUCache<KeyDigest, true>
  readonly #users: FactCache<UserId, UserFacts>
  readonly #teams: FactCache<TeamId, Team>
  readonly #organizations: FactCache<OrganizationId, Organization>
  readonly #endUsers: FactCache<EndUserId, EndUser>
  readonly #budgets: FactCache<BudgetId, Budget>
  /** Few have limits, and callers make up any number: all that do are one fact. */
  readonly #tagBudgets: FactCache<typeof ALL, ReadonlyMap<string, BudgetId>>
  readonly #formerUsers: FactCache<UserId, FormerUser>
  readonly #identities: NameCache<LinkedUser>
  readonly #ssoSubjects: NameCache<LinkedUser>
  readonly #emails: NameCache<readonly UserId[]>
  readonly #teamAliases: NameCache<readonly TeamId[]>
  readonly #organizationAliases: NameCache<readonly OrganizationId[]>
  readonly #keyMappings: NameCache<readonly MappedKey[]>
  readonly #revocations: RevocationCache
  readonly #byKind: readonly (readonly [FactKind, AnyCache])[]

  constructor(options: CachedDirectoryOptions) {
    const { directory, changes, clock, maxPresent = MOST_FACTS, maxAbsent = 10_000, mappingTtlMs } = options
    const shared = { changes, clock, maxPresent, maxAbsent }
    this.#seenKeys = new LRUCache(upTo(maxPresent))
    this.#keys = new FactCache({
      ...shared,
      ask: async (digest) => {
        const found = await directory.findKey(digest, clock.now())
        if (found === undefined) this.#seenKeys.delete(digest)
        else this.#seenKeys.set(digest, true)
        return found
      },
      announcedAs: (found: FoundKey) => [found.key.digest],
    })
    this.#users = new FactCache({
      ...shared,
      ask: (id) => directory.findUser(id),
      announcedAs: placesOf,
    })
    this.#teams = new FactCache({ ...shared, ask: (id) => directory.findTeam(id) })
    this.#organizations = new FactCache({
      ...shared,
      ask: (id) => directory.findOrganization(id),
    })
    this.#endUsers = new FactCache({ ...shared, ask: (id) => directory.findEndUser(id) })
    this.#budgets = new FactCache({ ...shared, ask: (id) => directory.findBudget(id) })
    this.#tagBudgets = new FactCache({ ...shared, ask: () => directory.findTagBudgets() })
    this.#formerUsers = new FactCache({ ...shared, ask: (id) => directory.findFormerUser(id) })
    this.#identities = new NameCache({
      ...shared,
      ask: async (id) => this.#ledTo(await directory.findIdentity(linkOf(id))),
    })
    this.#ssoSubjects = new NameCache({
      ...shared,
      ask: async (subject) => this.#ledTo(await directory.findUserBySsoSubject(subject)),
    })
    this.#emails = new NameCache({
      ...shared,
      ask: async (email) => anyOf(leadingTo(this.#users, await directory.findUsersByEmail(email))),
    })
    this.#teamAliases = new NameCache({
      ...shared,
      ask: async (alias) => anyOf(leadingTo(this.#teams, await directory.findTeamsByAlias(alias))),
    })
    this.#organizationAliases = new NameCache({
      ...shared,
      ask: async (alias) => anyOf(leadingTo(this.#organizations, await directory.findOrganizationsByAlias(alias))),
    })
    this.#keyMappings = new NameCache({
      ...shared,
      ...(mappingTtlMs === undefined ? {} : { maxAgeMs: mappingTtlMs }),
      ask: async (id) => anyOf(await directory.findKeyMappings(claimOf(id))),
      announcedAs: (mappings: readonly MappedKey[]) => mappings.map(({ key }) => key.digest),
    })
    this.#revocations = new RevocationCache({ ...shared, directory })
    this.#byKind = [
      ['key', this.#keys],
      ['user', this.#users],
      ['team', this.#teams],
      ['organization', this.#organizations],
      ['end_user', this.#endUsers],
      ['budget', this.#budgets],
      ['tag', { invalidate: () => this.#tagBudgets.clear(), clear: () => this.#tagBudgets.clear() }],
      ['user', this.#formerUsers],
      ['identity', this.#identities],
      ['sso_subject', this.#ssoSubjects],
      ['email', this.#emails],
      ['team_alias', this.#teamAliases],
      ['organization_alias', this.#organizationAliases],
      ['key_mapping', this.#keyMappings],
      ['revocation', this.#revocations],
      // A mapping is known together with its key.
      ['key', this.#keyMappings],
    ]
    for (const [kind, cache] of this.#byKind) {
      changes.subscribe(
        kind,
        (id) => cache.invalidate(id),
        () => cache.clear(),
      )
    }
    // Where a team belongs and what its members may are part of what is known about them. Who becomes a member, or is none
    // any more, has changed himself.
    for (const kind of PLACES) {
      changes.subscribe(
        kind,
        (id) => this.#users.invalidateNamed(placeName(kind, id)),
        () => this.#users.clear(),
      )
    }
  }

  #ledTo(linked: LinkedUser | undefined): LinkedUser | undefined {
    if (linked !== undefined) leadingTo(this.#users, [linked.userId])
    return linked
  }

  /** To be called when a change has ended, well or not, and before its caller learns of it. */
  forget(facts: readonly ChangedFact[]): void {
    for (const { kind, id } of facts) {
      for (const [of, cache] of this.#byKind) if (of === kind) cache.invalidate(id)
      if (isPlace(kind)) this.#users.invalidateNamed(placeName(kind, id))
    }
  }

  peekKey(digest: KeyDigest, now: EpochMs): Peeked<FoundKey> {
    const found = this.#keys.peek(digest)
    if (found === 'ask' || found === undefined) return found
    return isOver(found, now) ? undefined : found
  }

  hasSeenKey(digest: KeyDigest): boolean {
    return this.#seenKeys.has(digest)
  }

  async findKey(digest: KeyDigest, now: EpochMs): Promise<FoundKey | undefined> {
    const found = await this.#keys.find(digest)
    return found === undefined || isOver(found, now) ? undefined : found
  }

  peekUser(id: UserId): Peeked<UserFacts> {
    return this.#users.peek(id)
  }

  findUser(id: UserId): Promise<UserFacts | undefined> {
    return this.#users.find(id)
  }

  peekTeam(id: TeamId): Peeked<Team> {
    return this.#teams.peek(id)
  }

  findTeam(id: TeamId): Promise<Team | undefined> {
    return this.#teams.find(id)
  }

  peekOrganization(id: OrganizationId): Peeked<Organization> {
    return this.#organizations.peek(id)
  }

  findOrganization(id: OrganizationId): Promise<Organization | undefined> {
    return this.#organizations.find(id)
  }

  peekEndUser(id: EndUserId): Peeked<EndUser> {
    return this.#endUsers.peek(id)
  }

  findEndUser(id: EndUserId): Promise<EndUser | undefined> {
    return this.#endUsers.find(id)
  }

  peekBudget(id: BudgetId): Peeked<Budget> {
    return this.#budgets.peek(id)
  }

  findBudget(id: BudgetId): Promise<Budget | undefined> {
    return this.#budgets.find(id)
  }

  peekTagBudgets(): Peeked<ReadonlyMap<string, BudgetId>> {
    return this.#tagBudgets.peek(ALL)
  }

  async findTagBudgets(): Promise<ReadonlyMap<string, BudgetId>> {
    return (await this.#tagBudgets.find(ALL)) ?? new Map()
  }

  peekFormerUser(id: UserId): Peeked<FormerUser> {
    return this.#formerUsers.peek(id)
  }

  findFormerUser(id: UserId): Promise<FormerUser | undefined> {
    return this.#formerUsers.find(id)
  }

  peekIdentity(link: IdentityLink): Peeked<LinkedUser> {
    return this.#identities.peek(factIdOf(link))
  }

  findIdentity(link: IdentityLink): Promise<LinkedUser | undefined> {
    return this.#identities.find(factIdOf(link))
  }

  peekUserBySsoSubject(subject: string): Peeked<LinkedUser> {
    return this.#ssoSubjects.peek(subject)
  }

  findUserBySsoSubject(subject: string): Promise<LinkedUser | undefined> {
    return this.#ssoSubjects.find(subject)
  }

  peekUsersByEmail(email: string): Peeked<readonly UserId[]> {
    return this.#emails.peek(foldEmail(email)) ?? NONE
  }

  async findUsersByEmail(email: string): Promise<readonly UserId[]> {
    return (await this.#emails.find(foldEmail(email))) ?? NONE
  }

  peekTeamsByAlias(alias: string): Peeked<readonly TeamId[]> {
    return this.#teamAliases.peek(alias) ?? NONE
  }

  async findTeamsByAlias(alias: string): Promise<readonly TeamId[]> {
    return (await this.#teamAliases.find(alias)) ?? NONE
  }

  peekOrganizationsByAlias(alias: string): Peeked<readonly OrganizationId[]> {
    return this.#organizationAliases.peek(alias) ?? NONE
  }

  async findOrganizationsByAlias(alias: string): Promise<readonly OrganizationId[]> {
    return (await this.#organizationAliases.find(alias)) ?? NONE
  }

  peekKeyMappings(claim: MappedClaim): Peeked<readonly MappedKey[]> {
    return this.#keyMappings.peek(mappingFactId(claim)) ?? NONE
  }

  async findKeyMappings(claim: MappedClaim): Promise<readonly MappedKey[]> {
    return (await this.#keyMappings.find(mappingFactId(claim))) ?? NONE
  }

  hasRevocations(): Promise<boolean> {
    return this.#revocations.hasAny()
  }

  peekRevocations(names: readonly string[]): Peeked<readonly TokenRevocation[]> {
    return this.#revocations.peek(names)
  }

  findRevocations(names: readonly string[]): Promise<readonly TokenRevocation[]> {
    return this.#revocations.find(names)
  }
}

const ALL = 'all'
const PLACES = ['team', 'organization'] as const
type Place = (typeof PLACES)[number]

function isPlace(kind: FactKind): kind is Place {
  return kind === 'team' || kind === 'organization'
}

function placeName(kind: Place, id: string): string {
  return `${kind}\n${id}`
}

function placesOf({ teams, organizations }: UserFacts): readonly string[] {
  return [
    ...teams.map(({ teamId }) => placeName('team', teamId)),
    ...teams.flatMap(({ organizationId: id }) => (id === undefined ? [] : [placeName('organization', id)])),
    ...organizations.map(({ organizationId }) => placeName('organization', organizationId)),
  ]
}

/** The name of a claim has no line break in it: the settings refuse one. */
function claimOf(id: string): MappedClaim {
  const end = id.indexOf('\n')
  return { name: id.slice(0, end), value: id.slice(end + 1) }
}

function linkOf(id: string): IdentityLink {
  const end = id.indexOf('\n')
  return { issuer: id.slice(0, end), subject: id.slice(end + 1) }
}

/**
 * What the store has just led to is there, whatever was known before. The word of its making may still be under way, and
 * half of a newcomer would pass for somebody who was deleted.
 */
function leadingTo<Id>(cache: { forgetAbsence(id: Id): void }, ids: readonly Id[]): readonly Id[] {
  for (const id of ids) cache.forgetAbsence(id)
  return ids
}

/** Nobody at all is an absence, which is remembered apart and shorter. */
function anyOf<Id>(ids: readonly Id[]): readonly Id[] | undefined {
  return ids.length === 0 ? undefined : ids
}

function isOver({ graceEndsAt }: FoundKey, now: EpochMs): boolean {
  return graceEndsAt !== undefined && graceEndsAt <= now
}
