import { CachedDirectory } from '../../src/adapters/cache/cached-directory.ts'
import { epochMs } from '../../src/domain/ids.ts'
import type { Organization } from '../../src/domain/organization.ts'
import type { Budget } from '../../src/domain/budget.ts'
import { foldEmail } from '../../src/domain/fold-email.ts'
import type { Team } from '../../src/domain/team.ts'
import { revocationName } from '../../src/domain/token-revocation.ts'
import type { TokenRevocation } from '../../src/domain/token-revocation.ts'
import type { UserFacts } from '../../src/domain/user.ts'
import type { Directory, WarmDirectory } from '../../src/ports/directory.ts'
import type { FactChanges } from '../../src/ports/fact-changes.ts'
import { NOON } from './entries.ts'

export interface SmallWorld {
  readonly users: readonly UserFacts[]
  readonly teams: readonly Team[]
  readonly organizations: readonly Organization[]
  readonly budgets: readonly Budget[]
  /** Ids of users who are gone. */
  readonly deleted: readonly string[]
  readonly revocations?: readonly TokenRevocation[]
}

/** Rows in memory, as a store has them. */
export function smallDirectory(world: SmallWorld): Directory {
  const { users, teams, organizations, budgets, deleted, revocations = [] } = world
  return {
    findKey: async () => undefined,
    findEndUser: async () => undefined,
    findUser: async (id) => users.find(({ user }) => user.id === id),
    findTeam: async (id) => teams.find((team) => team.id === id),
    findOrganization: async (id) => organizations.find((organization) => organization.id === id),
    findBudget: async (id) => budgets.find((budget) => budget.id === id),
    findTagBudgets: async () => new Map(),
    findIdentity: async ({ issuer, subject }) => {
      const facts = users.find(({ identities }) =>
        identities.some((link) => link.issuer === issuer && link.subject === subject),
      )
      return facts === undefined ? undefined : { userId: facts.user.id, isDeleted: false }
    },
    findFormerUser: async (id) => (deleted.includes(id) ? { mergedInto: undefined } : undefined),
    findUsersByEmail: async (email) =>
      users
        .filter(({ user }) => user.email !== undefined && foldEmail(user.email) === foldEmail(email))
        .map(({ user }) => user.id)
        .slice(0, 2),
    findUserBySsoSubject: async (subject) => {
      const facts = users.find(({ user }) => user.ssoUserId === subject)
      return facts === undefined ? undefined : { userId: facts.user.id, isDeleted: false }
    },
    findTeamsByAlias: async (alias) =>
      teams
        .filter((team) => team.alias === alias)
        .map(({ id }) => id)
        .slice(0, 2),
    findKeyMappings: async () => [],
    hasRevocations: async () => revocations.length > 0,
    findRevocations: async (names) => revocations.filter(({ target }) => names.includes(revocationName(target))),
    findOrganizationsByAlias: async (alias) =>
      organizations
        .filter((organization) => organization.alias === alias)
        .map(({ id }) => id)
        .slice(0, 2),
  }
}

/** Nothing changes, and everybody would hear of it. */
const STILL: FactChanges = { watch: 1, completeUntil: NOON, subscribe: () => {} }

/** In front of it a cache that holds so many facts of each kind; none at all with 0. */
export function cachedDirectory(directory: Directory, most: number): WarmDirectory {
  const clock = { now: () => epochMs(NOON) }
  const changes = most === 0 ? { ...STILL, watch: undefined, completeUntil: epochMs(0) } : STILL
  const size = Math.max(most, 1)
  return new CachedDirectory({ directory, changes, clock, maxPresent: size, maxAbsent: size })
}
