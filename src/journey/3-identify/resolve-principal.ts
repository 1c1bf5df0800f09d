import type { UserId } from '../../domain/ids.ts'
import type { Peeked, WarmDirectory } from '../../ports/directory.ts'
import { NOBODY } from '../../domain/principal.ts'
import type { Bearer, Principal, Standing } from '../../domain/principal.ts'
import { Problem } from '../../domain/problem.ts'
import type { UserFacts } from '../../domain/user.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { Proof } from '../2-authenticate/verify-credential.ts'

/** Where the users of keys, and what they belong to, are found. */
export type Owners = Pick<
  WarmDirectory,
  | 'peekUser'
  | 'findUser'
  | 'findFormerUser'
  | 'peekTeam'
  | 'findTeam'
  | 'peekOrganization'
  | 'findOrganization'
  | 'peekBudget'
  | 'findBudget'
>

/** The principal of a key, whoever brought it. Returns without a promise when nothing has to be fetched. */
export function resolvePrincipal(
  proof: Exclude<Proof, { kind: 'token' }>,
  directory: Owners,
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

function peekStanding(key: VirtualKey, directory: Owners): Standing | 'ask' {
  const { userId, teamId } = key
  if (userId === undefined && teamId === undefined && key.organizationId === undefined) return NOBODY
  const user = peekIf(userId, (id) => directory.peekUser(id))
  const team = peekIf(teamId, (id) => directory.peekTeam(id))
  const isLost = userId !== undefined && user === undefined
  if (user === 'ask' || team === 'ask' || isLost) return 'ask'
  const organization = peekIf(team?.organizationId ?? key.organizationId, (id) => directory.peekOrganization(id))
  if (organization === 'ask') return 'ask'
  const budgetId = user?.teams.find((member) => member.teamId === teamId)?.budgetId
  const budget = peekIf(budgetId, (id) => directory.peekBudget(id))
  if (budget === 'ask') return 'ask'
  return { user, team, organization, memberModels: budget?.allowedModels ?? [] }
}

function peekIf<Id, Fact>(id: Id | undefined, peek: (id: Id) => Peeked<Fact>): Peeked<Fact> {
  return id === undefined ? undefined : peek(id)
}

async function askStanding(key: VirtualKey, directory: Owners, bearer: Bearer | undefined): Promise<Principal> {
  try {
    const [{ userId, user }, team] = await Promise.all([
      findOwner(key, directory),
      findIf(key.teamId, (id) => directory.findTeam(id)),
    ])
    const organization = await findIf(team?.organizationId ?? key.organizationId, (id) =>
      directory.findOrganization(id),
    )
    const budgetId = user?.teams.find((member) => member.teamId === key.teamId)?.budgetId
    const budget = await findIf(budgetId, (id) => directory.findBudget(id))
    const standing = { user, team, organization, memberModels: budget?.allowedModels ?? [] }
    return withStanding({ ...key, userId }, standing, bearer)
  } catch (cause) {
    // An error is never an absence: a team that could not be read is not a team without rules.
    throw new Problem('store-unavailable', undefined, { because: 'store_unavailable' }, cause)
  }
}

/** While users are merged, a key may still be known as the duplicate's. */
async function findOwner(
  { userId }: VirtualKey,
  directory: Owners,
): Promise<{ readonly userId: UserId | undefined; readonly user: UserFacts | undefined }> {
  const user = await findIf(userId, (id) => directory.findUser(id))
  if (userId === undefined || user !== undefined) return { userId, user }
  const survivor = (await directory.findFormerUser(userId))?.mergedInto
  return survivor === undefined ? { userId, user } : { userId: survivor, user: await directory.findUser(survivor) }
}

async function findIf<Id, Fact>(
  id: Id | undefined,
  find: (id: Id) => Promise<Fact | undefined>,
): Promise<Fact | undefined> {
  return id === undefined ? undefined : find(id)
}
