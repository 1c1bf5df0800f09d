import { foldEmail } from '../../domain/fold-email.ts'
import { parseOrganizationId, parseTeamId } from '../../domain/ids.ts'
import type { EpochMs, OrganizationId, TeamId, UserId } from '../../domain/ids.ts'
import type { UserDefaults } from '../../domain/key-rules.ts'
import type { Team } from '../../domain/team.ts'
import type { TokenFacts } from '../../domain/token-facts.ts'
import type { OrganizationMatch, TeamGround, TokenGround, UserMatch } from '../../domain/token-ground.ts'
import type { TokenPolicy, TokenProfile } from '../../domain/token-settings.ts'
import type { TeamStanding } from '../../domain/user.ts'
import type { WarmDirectory } from '../../ports/directory.ts'
import { concludeSeeing, learn, learnAll } from './learn.ts'
import type { Learned, Learning } from './learn.ts'
import { matchUser } from './resolve-user.ts'

export interface GroundAsk {
  readonly policy: Pick<TokenPolicy, 'defaultTeam' | 'fallsBackToStoredTeams' | 'claimedTeamsAreAdvice' | 'syncs'>
  readonly profile: Pick<TokenProfile, 'emailDomains' | 'trustsUserIds'>
  /** `x-litellm-team-id`, as it came. */
  readonly teamHeader: string | undefined
  readonly userDefaults: UserDefaults
  /** For who is nobody yet and whose subject is no free id. */
  readonly newId: () => UserId
  readonly now: EpochMs
}

/** Everything that a decision about the token may need to know. Without a promise where all of it is known already. */
export function gatherGround(
  facts: TokenFacts,
  ask: GroundAsk,
  directory: WarmDirectory,
): Learned<TokenGround> | Promise<Learned<TokenGround>> {
  return concludeSeeing(gather(facts, ask, directory))
}

function* gather(facts: TokenFacts, ask: GroundAsk, directory: WarmDirectory): Learning<TokenGround> {
  const user = yield* matchTokenUser(facts, ask, directory)
  const memberships = user?.is === 'found' ? user.facts.teams : []

  const aliases = [facts.teamAlias, ask.teamHeader].filter(isSaid)
  const teamsByAlias = new Map<string, readonly TeamId[]>()
  const found = yield* learnAll(
    aliases,
    (alias) => directory.peekTeamsByAlias(alias),
    (alias) => directory.findTeamsByAlias(alias),
  )
  for (const alias of aliases) teamsByAlias.set(alias, found.get(alias) ?? [])

  const names = [
    facts.teamId,
    ...(facts.teamIds ?? []),
    ask.teamHeader,
    ask.policy.defaultTeam,
    ...[...teamsByAlias.values()].flat(),
    ...storedTeams(memberships, ask.policy),
  ].filter(isSaid)
  const teams = yield* groundOf(names, memberships, directory)
  return { user, teams, teamsByAlias, organization: yield* organizationOf(facts, directory) }
}

/** Whom the token names; undefined: nobody. */
export function* matchTokenUser(
  facts: TokenFacts,
  ask: Omit<GroundAsk, 'policy' | 'teamHeader'>,
  directory: WarmDirectory,
): Learning<UserMatch | undefined> {
  const { issuer, subject, email, emailIsProven } = facts
  if (subject === undefined) return undefined
  const { trustsUserIds, emailDomains } = ask.profile
  return yield* matchUser(
    {
      issuer,
      subject,
      email,
      emailIsProven,
      emailIsIssuers: email !== undefined && isOfDomain(email, emailDomains),
      trustsUserIds,
      defaults: ask.userDefaults,
      newId: ask.newId,
      now: ask.now,
    },
    directory,
  )
}

function isOfDomain(email: string, domains: readonly string[]): boolean {
  const domain = foldEmail(email).split('@').at(-1)
  return domains.some((each) => foldEmail(each) === domain)
}

/** A single one may be meant where nothing is said, or be left by a sync; several only where the operator lets them be. */
function storedTeams(memberships: readonly TeamStanding[], policy: GroundAsk['policy']): readonly TeamId[] {
  const mayCount = policy.fallsBackToStoredTeams || policy.claimedTeamsAreAdvice || policy.syncs
  return memberships.length === 1 || mayCount ? memberships.map(({ teamId }) => teamId) : []
}

function* groundOf(
  names: readonly string[],
  memberships: readonly TeamStanding[],
  directory: WarmDirectory,
): Learning<ReadonlyMap<string, TeamGround | undefined>> {
  const ids = names.map(parseTeamId).filter((id) => id !== undefined)
  const teams = yield* learnAll(
    ids,
    (id) => directory.peekTeam(id),
    (id) => directory.findTeam(id),
  )
  const present = [...teams.values()].filter((team) => team !== undefined)
  const organizations = yield* learnAll(
    present.map(({ organizationId }) => organizationId).filter((id) => id !== undefined),
    (id) => directory.peekOrganization(id),
    (id) => directory.findOrganization(id),
  )
  const byTeam = new Map(memberships.map((membership) => [membership.teamId, membership]))
  const budgets = yield* learnAll(
    present.map(({ id }) => byTeam.get(id)?.budgetId).filter((id) => id !== undefined),
    (id) => directory.peekBudget(id),
    (id) => directory.findBudget(id),
  )

  function groundUnder(team: Team): TeamGround {
    const membership = byTeam.get(team.id)
    const budget = membership?.budgetId === undefined ? undefined : budgets.get(membership.budgetId)
    const organization = team.organizationId === undefined ? undefined : organizations.get(team.organizationId)
    return { team, organization, membership, memberModels: budget?.allowedModels ?? [] }
  }

  const ground = new Map<string, TeamGround | undefined>()
  for (const name of names) {
    const id = parseTeamId(name)
    const team = id === undefined ? undefined : teams.get(id)
    ground.set(name, team === undefined ? undefined : groundUnder(team))
  }
  return ground
}

/** The id decides; an alias is asked for where there is none. */
function* organizationOf(facts: TokenFacts, directory: WarmDirectory): Learning<OrganizationMatch | undefined> {
  const { organizationId, organizationAlias } = facts
  if (organizationId !== undefined) {
    const id = parseOrganizationId(organizationId)
    return id === undefined ? { is: 'absent', ids: [] } : yield* organizationById(id, directory)
  }
  if (organizationAlias === undefined) return undefined
  const ids =
    (yield* learn(
      () => directory.peekOrganizationsByAlias(organizationAlias),
      () => directory.findOrganizationsByAlias(organizationAlias),
    )) ?? []
  const [id, another] = ids
  if (another !== undefined) return { is: 'ambiguous', ids }
  return id === undefined ? { is: 'absent', ids } : yield* organizationById(id, directory)
}

function* organizationById(id: OrganizationId, directory: WarmDirectory): Learning<OrganizationMatch> {
  const organization = yield* learn(
    () => directory.peekOrganization(id),
    () => directory.findOrganization(id),
  )
  return organization === undefined ? { is: 'absent', ids: [] } : { is: 'found', organization }
}

function isSaid<Text extends string>(text: Text | undefined): text is Text {
  return text !== undefined && text !== ''
}
