import type { Budget } from '../../domain/budget.ts'
import type { EndUser } from '../../domain/end-user.ts'
import type { BudgetId, EndUserId, EpochMs, KeyDigest, OrganizationId, TeamId, UserId } from '../../domain/ids.ts'
import type { MappedClaim, MappedKey } from '../../domain/key-mapping.ts'
import type { Organization } from '../../domain/organization.ts'
import type { Team } from '../../domain/team.ts'
import type { IdentityLink } from '../../domain/token-facts.ts'
import type { TokenRevocation } from '../../domain/token-revocation.ts'
import type { UserFacts } from '../../domain/user.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { FormerUser, FoundKey, LinkedUser, Peeked, WarmDirectory } from '../../ports/directory.ts'

/** What facts would be, by the id that they are asked by. */
export interface ImaginedFacts {
  readonly keys: Edits<VirtualKey>
  readonly users: Edits<UserFacts>
  readonly teams: Edits<Team>
  readonly organizations: Edits<Organization>
  readonly endUsers: Edits<EndUser>
  readonly budgets: Edits<Budget>
  readonly organizationAliases: Edits<readonly OrganizationId[]>
  readonly teamAliases: Edits<readonly TeamId[]>
  readonly revocations: Edits<TokenRevocation>
  readonly keyMappings: Edits<MappedKey>
  /** By `linkName`. */
  readonly identities: Edits<LinkedUser>
}

type Edits<Fact> = ReadonlyMap<string, Edit<Fact>>
type Edit<Fact> = (fact: Fact | undefined) => Fact | undefined

export const NOTHING_IMAGINED: ImaginedFacts = {
  keys: new Map(),
  users: new Map(),
  teams: new Map(),
  organizations: new Map(),
  endUsers: new Map(),
  budgets: new Map(),
  organizationAliases: new Map(),
  teamAliases: new Map(),
  revocations: new Map(),
  keyMappings: new Map(),
  identities: new Map(),
}

export function imagining(first: ImaginedFacts, then: Partial<ImaginedFacts>): ImaginedFacts {
  return {
    keys: chained(first.keys, then.keys),
    users: chained(first.users, then.users),
    teams: chained(first.teams, then.teams),
    organizations: chained(first.organizations, then.organizations),
    endUsers: chained(first.endUsers, then.endUsers),
    budgets: chained(first.budgets, then.budgets),
    organizationAliases: chained(first.organizationAliases, then.organizationAliases),
    teamAliases: chained(first.teamAliases, then.teamAliases),
    revocations: chained(first.revocations, then.revocations),
    keyMappings: chained(first.keyMappings, then.keyMappings),
    identities: chained(first.identities, then.identities),
  }
}

export function linkName({ issuer, subject }: IdentityLink): string {
  return JSON.stringify([issuer, subject])
}

function chained<Fact>(first: Edits<Fact>, then: Edits<Fact> | undefined): Edits<Fact> {
  if (then === undefined) return first
  const all = new Map(first)
  for (const [id, edit] of then) {
    const before = first.get(id)
    all.set(id, before === undefined ? edit : (fact) => edit(before(fact)))
  }
  return all
}

/** The directory as it would be. What nobody imagines otherwise is as it is. */
export class ImaginedDirectory implements WarmDirectory {
  readonly #directory: WarmDirectory
  readonly #facts: ImaginedFacts

  constructor(directory: WarmDirectory, facts: ImaginedFacts) {
    this.#directory = directory
    this.#facts = facts
  }

  async findKey(digest: KeyDigest, now: EpochMs): Promise<FoundKey | undefined> {
    return this.#key(await this.#directory.findKey(digest, now))
  }

  peekKey(digest: KeyDigest, now: EpochMs): Peeked<FoundKey> {
    const found = this.#directory.peekKey(digest, now)
    return found === 'ask' ? found : this.#key(found)
  }

  hasSeenKey(digest: KeyDigest): boolean {
    return this.#directory.hasSeenKey(digest)
  }

  async findUser(id: UserId): Promise<UserFacts | undefined> {
    return edited(this.#facts.users, id, await this.#directory.findUser(id))
  }

  peekUser(id: UserId): Peeked<UserFacts> {
    return peeked(this.#facts.users, id, this.#directory.peekUser(id))
  }

  async findTeam(id: TeamId): Promise<Team | undefined> {
    return edited(this.#facts.teams, id, await this.#directory.findTeam(id))
  }

  peekTeam(id: TeamId): Peeked<Team> {
    return peeked(this.#facts.teams, id, this.#directory.peekTeam(id))
  }

  async findOrganization(id: OrganizationId): Promise<Organization | undefined> {
    return edited(this.#facts.organizations, id, await this.#directory.findOrganization(id))
  }

  peekOrganization(id: OrganizationId): Peeked<Organization> {
    return peeked(this.#facts.organizations, id, this.#directory.peekOrganization(id))
  }

  async findEndUser(id: EndUserId): Promise<EndUser | undefined> {
    return edited(this.#facts.endUsers, id, await this.#directory.findEndUser(id))
  }

  peekEndUser(id: EndUserId): Peeked<EndUser> {
    return peeked(this.#facts.endUsers, id, this.#directory.peekEndUser(id))
  }

  async findBudget(id: BudgetId): Promise<Budget | undefined> {
    return edited(this.#facts.budgets, id, await this.#directory.findBudget(id))
  }

  peekBudget(id: BudgetId): Peeked<Budget> {
    return peeked(this.#facts.budgets, id, this.#directory.peekBudget(id))
  }

  findTagBudgets(): Promise<ReadonlyMap<string, BudgetId>> {
    return this.#directory.findTagBudgets()
  }

  peekTagBudgets(): Peeked<ReadonlyMap<string, BudgetId>> {
    return this.#directory.peekTagBudgets()
  }

  async findIdentity(link: IdentityLink): Promise<LinkedUser | undefined> {
    return this.#linked(link, await this.#directory.findIdentity(link))
  }

  peekIdentity(link: IdentityLink): Peeked<LinkedUser> {
    const found = this.#directory.peekIdentity(link)
    return found === 'ask' ? found : this.#linked(link, found)
  }

  async findFormerUser(id: UserId): Promise<FormerUser | undefined> {
    return this.#former(id, await this.#directory.findFormerUser(id))
  }

  peekFormerUser(id: UserId): Peeked<FormerUser> {
    const found = this.#directory.peekFormerUser(id)
    return found === 'ask' ? found : this.#former(id, found)
  }

  findUsersByEmail(email: string): Promise<readonly UserId[]> {
    return this.#directory.findUsersByEmail(email)
  }

  peekUsersByEmail(email: string): Peeked<readonly UserId[]> {
    return this.#directory.peekUsersByEmail(email)
  }

  findUserBySsoSubject(subject: string): Promise<LinkedUser | undefined> {
    return this.#directory.findUserBySsoSubject(subject)
  }

  peekUserBySsoSubject(subject: string): Peeked<LinkedUser> {
    return this.#directory.peekUserBySsoSubject(subject)
  }

  async findTeamsByAlias(alias: string): Promise<readonly TeamId[]> {
    return edited(this.#facts.teamAliases, alias, await this.#directory.findTeamsByAlias(alias)) ?? []
  }

  peekTeamsByAlias(alias: string): Peeked<readonly TeamId[]> {
    return peeked(this.#facts.teamAliases, alias, this.#directory.peekTeamsByAlias(alias))
  }

  async findOrganizationsByAlias(alias: string): Promise<readonly OrganizationId[]> {
    return edited(this.#facts.organizationAliases, alias, await this.#directory.findOrganizationsByAlias(alias)) ?? []
  }

  peekOrganizationsByAlias(alias: string): Peeked<readonly OrganizationId[]> {
    return peeked(this.#facts.organizationAliases, alias, this.#directory.peekOrganizationsByAlias(alias))
  }

  async findKeyMappings(claim: MappedClaim): Promise<readonly MappedKey[]> {
    return this.#mapped(await this.#directory.findKeyMappings(claim))
  }

  peekKeyMappings(claim: MappedClaim): Peeked<readonly MappedKey[]> {
    const found = this.#directory.peekKeyMappings(claim)
    return found === 'ask' ? found : this.#mapped(found ?? [])
  }

  hasRevocations(now: EpochMs): Promise<boolean> {
    return this.#directory.hasRevocations(now)
  }

  async findRevocations(names: readonly string[]): Promise<readonly TokenRevocation[]> {
    return this.#standing(await this.#directory.findRevocations(names))
  }

  peekRevocations(names: readonly string[]): Peeked<readonly TokenRevocation[]> {
    const found = this.#directory.peekRevocations(names)
    return found === 'ask' ? found : this.#standing(found ?? [])
  }

  #standing(revocations: readonly TokenRevocation[]): readonly TokenRevocation[] {
    return revocations.flatMap((revocation) => edited(this.#facts.revocations, revocation.id, revocation) ?? [])
  }

  #mapped(mappings: readonly MappedKey[]): readonly MappedKey[] {
    return mappings.flatMap((found) => {
      const mapping = edited(this.#facts.keyMappings, found.id, found)
      const key = edited(this.#facts.keys, found.key.digest, found.key)
      return mapping === undefined || key === undefined ? [] : [{ ...mapping, key }]
    })
  }

  #key(found: FoundKey | undefined): FoundKey | undefined {
    if (found === undefined) return undefined
    const key = edited(this.#facts.keys, found.key.digest, found.key)
    return key === undefined ? undefined : { ...found, key }
  }

  /** An id that is given out anew is free of who had it before. */
  #former(id: UserId, former: FormerUser | undefined): FormerUser | undefined {
    return this.#facts.users.get(id)?.(undefined) === undefined ? former : undefined
  }

  #linked(link: IdentityLink, found: LinkedUser | undefined): LinkedUser | undefined {
    const linked = edited(this.#facts.identities, linkName(link), found)
    if (linked === undefined || !linked.isDeleted) return linked
    return this.#facts.users.get(linked.userId)?.(undefined) === undefined ? linked : undefined
  }
}

function edited<Fact>(edits: Edits<Fact>, id: string, fact: Fact | undefined): Fact | undefined {
  const edit = edits.get(id)
  return edit === undefined ? fact : edit(fact)
}

function peeked<Fact>(edits: Edits<Fact>, id: string, fact: Peeked<Fact>): Peeked<Fact> {
  return fact === 'ask' ? fact : edited(edits, id, fact)
}
