import type { Peeked, WarmDirectory } from '../../ports/directory.ts'
import { NOBODY } from '../../domain/principal.ts'
import type { Bearer, Principal, Standing } from '../../domain/principal.ts'
import { Problem } from '../../domain/problem.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { Proof } from '../2-authenticate/verify-credential.ts'

/** The principal of a key, whoever brought it. Returns without a promise when nothing has to be fetched. */
export function resolvePrincipal(
  proof: Exclude<Proof, { kind: 'token' }>,
  directory: WarmDirectory,
  bearer?: Bearer,
): Principal | Promise<Principal> {
  switch (proof.kind) {
    case 'master-key':
      return { kind: 'master' }
    case 'virtual-key': {
      const standing = peekStanding(proof.key, directory)
      return standing === 'ask' ? askStanding(proof.key, directory, bearer) : withStanding(proof.key, standing, bearer)
    }
  }
}

function withStanding(key: VirtualKey, standing: Standing, bearer: Bearer | undefined): Principal {
  return { kind: 'virtual-key', key, standing, bearer }
}

function peekStanding(key: VirtualKey, directory: WarmDirectory): Standing | 'ask' {
  const { userId, teamId } = key
  if (userId === undefined && teamId === undefined && key.organizationId === undefined) return NOBODY
  const user = peekIf(userId, (id) => directory.peekUser(id))
  const team = peekIf(teamId, (id) => directory.peekTeam(id))
  if (user === 'ask' || team === 'ask') return 'ask'
  const organization = peekIf(key.organizationId ?? team?.organizationId, (id) => directory.peekOrganization(id))
  if (organization === 'ask') return 'ask'
  const budgetId = user?.teams.find((member) => member.teamId === teamId)?.budgetId
  const budget = peekIf(budgetId, (id) => directory.peekBudget(id))
  if (budget === 'ask') return 'ask'
  return { user, team, organization, memberModels: budget?.allowedModels ?? [] }
}

function peekIf<Id, Fact>(id: Id | undefined, peek: (id: Id) => Peeked<Fact>): Peeked<Fact> {
  return id === undefined ? undefined : peek(id)
}

async function askStanding(key: VirtualKey, directory: WarmDirectory, bearer: Bearer | undefined): Promise<Principal> {
  try {
    const [user, team] = await Promise.all([
      findIf(key.userId, (id) => directory.findUser(id)),
      findIf(key.teamId, (id) => directory.findTeam(id)),
    ])
    const organization = await findIf(key.organizationId ?? team?.organizationId, (id) =>
      directory.findOrganization(id),
    )
    const budgetId = user?.teams.find((member) => member.teamId === key.teamId)?.budgetId
    const budget = await findIf(budgetId, (id) => directory.findBudget(id))
    return withStanding(key, { user, team, organization, memberModels: budget?.allowedModels ?? [] }, bearer)
  } catch (cause) {
    // An error is never an absence: a team that could not be read is not a team without rules.
    throw new Problem('store-unavailable', undefined, { because: 'store_unavailable' }, cause)
  }
}

async function findIf<Id, Fact>(
  id: Id | undefined,
  find: (id: Id) => Promise<Fact | undefined>,
): Promise<Fact | undefined> {
  return id === undefined ? undefined : find(id)
}
