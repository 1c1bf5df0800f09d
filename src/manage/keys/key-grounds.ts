import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { Budget } from '../../domain/budget.ts'
import type { Organization } from '../../domain/organization.ts'
import type { KeyPlace } from '../../domain/scope.ts'
import type { Team } from '../../domain/team.ts'
import type { User, UserFacts } from '../../domain/user.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { malformed, notYoursToMake } from '../refuse.ts'
import { boundsOf } from './own-bounds.ts'
import { blankAccount } from '../users/blank-account.ts'
import { userMerged } from '../users/refuse-user.ts'
import type { Rooms } from '../../ports/registry.ts'

/** Everything that a key hangs on, as the store has it in this change. */
export interface KeyGrounds {
  readonly place: KeyPlace
  readonly user: UserFacts | undefined
  readonly team: Team | undefined
  readonly organization: Organization | undefined
  readonly organizationBudget: Budget | undefined
  /** The row that it names, and that which the credential of the caller names. */
  readonly budget: Budget | undefined
  readonly callersBudget: Budget | undefined
  /** Whom an administrator names first: to be made an account, without any power, together with the key. */
  readonly newcomer: User | undefined
}

/** Loads it. Nothing is written. */
export async function loadKeyGrounds(
  key: VirtualKey,
  ask: Ask,
  rooms: Rooms,
  { clock }: Pick<ManagePorts, 'clock'>,
): Promise<Decision<KeyGrounds>> {
  const isAdmin = ask.reach.scope === 'all'
  // Whoever may not see everything learns nothing about what there is: the absent and the foreign are one answer.
  const absent = (
    say: string,
    problem: 'team-not-found' | 'organization-not-found' | 'budget-not-found' | 'user-not-found',
  ) => (isAdmin ? deny(problem, 'object_denied', say) : notYoursToMake())

  const team = key.teamId === undefined ? undefined : await rooms.teams.find(key.teamId)
  if (key.teamId !== undefined && team === undefined) {
    return absent(`Team doesn't exist in db. Team=${key.teamId}. Create team via \`/team/new\` call.`, 'team-not-found')
  }
  const organizationId = team?.organizationId ?? key.organizationId
  const organization = organizationId === undefined ? undefined : await rooms.organizations.find(organizationId)
  if (organizationId !== undefined && organization === undefined) {
    return absent(
      `Organization doesn't exist in db. Organization=${organizationId}. Create organization via \`/organization/new\` call.`,
      'organization-not-found',
    )
  }
  const budget = key.budgetId === undefined ? undefined : await rooms.budgets.find(key.budgetId)
  if (key.budgetId !== undefined && (budget === undefined || budget.isOwn)) {
    return absent(`Budget doesn't exist. Budget=${key.budgetId}. Create it via \`/budget/new\`.`, 'budget-not-found')
  }
  const callersId = boundsOf(ask.principal)?.budgetId
  const callersBudget = callersId === undefined ? undefined : await rooms.budgets.find(callersId)
  const known = key.userId === undefined ? undefined : await rooms.users.facts(key.userId)
  if (key.userId !== undefined && known === undefined && !isAdmin) {
    return absent(`User ${key.userId} not found`, 'user-not-found')
  }
  const stranger = known === undefined ? key.userId : undefined
  const survivor = stranger === undefined ? undefined : (await rooms.formerUsers.find(stranger))?.mergedInto
  if (stranger !== undefined && survivor !== undefined) return userMerged(stranger, survivor)
  const newcomer = stranger === undefined ? undefined : blankAccount(stranger, ask, clock.now())

  return allow({
    place: {
      userId: key.userId,
      teamId: key.teamId,
      organizationId: team === undefined ? key.organizationId : team.organizationId,
      digest: key.digest,
    },
    user: newcomer === undefined ? known : { user: newcomer, teams: [], organizations: [], identities: [] },
    team,
    organization,
    organizationBudget: organization === undefined ? undefined : await rooms.budgets.find(organization.budgetId),
    budget,
    callersBudget,
    newcomer,
  })
}

/** A key in a team is in the team's organisation, which pays for it. */
export function decideHome(
  before: VirtualKey | undefined,
  key: VirtualKey,
  team: Team | undefined,
  { reach }: Ask,
): Decision<undefined> {
  const isMoved = before?.teamId !== key.teamId || before?.organizationId !== key.organizationId
  const { organizationId } = key
  if (!isMoved || team === undefined || organizationId === undefined || organizationId === team.organizationId) {
    return allow(undefined)
  }
  if (reach.scope === 'some') return notYoursToMake()
  return team.organizationId === undefined
    ? allow(undefined)
    : malformed('`organization_id`: the team of the key belongs to another organization.')
}

export function isMemberOf(user: UserFacts | undefined, team: Team | undefined): boolean {
  return team !== undefined && user !== undefined && user.teams.some(({ teamId }) => teamId === team.id)
}
