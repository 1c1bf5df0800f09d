import type { Budget } from '../../domain/budget.ts'
import type { BudgetId, EpochMs, OrganizationId, TeamId, UserId } from '../../domain/ids.ts'
import type { JsonObject } from '../../domain/json.ts'
import { usdNumber } from '../../domain/money.ts'
import type { Organization } from '../../domain/organization.ts'
import { blankTeam } from '../../domain/team.ts'
import type { Team } from '../../domain/team.ts'
import { stampedNew } from '../../domain/stamps.ts'
import { callOf, withModel } from './change-call.ts'
import { raised, sayRaise } from './raise-ceiling.ts'
import type { Raise } from './raise-ceiling.ts'
import type { Change } from './scene.ts'

/** What can be done about teams, their members and organisations. */

export function makeTeam(id: TeamId, now: EpochMs): Change {
  return callOf(
    `Make the team ${id}.`,
    '/team/new',
    { team_id: id },
    { teams: new Map([[id, () => blankTeam(id, '', now)]]) },
  )
}

/** With an id of its own choosing the gateway could not tell beforehand. */
export function makeTeamOfAlias(id: TeamId, alias: string, now: EpochMs): Change {
  return callOf(
    `Make a team with the alias ${alias}.`,
    '/team/new',
    { team_id: id, team_alias: alias },
    {
      teams: new Map([[id, () => ({ ...blankTeam(id, '', now), alias })]]),
      teamAliases: new Map([[alias, () => [id]]]),
    },
  )
}

export function changeTeam(team: Team, say: string, fields: JsonObject, becomes: (team: Team) => Team): Change {
  return callOf(
    say,
    '/team/update',
    { team_id: team.id, ...fields },
    {
      teams: new Map([[team.id, (row) => becomes(row ?? team)]]),
    },
  )
}

export function allowTeamModel(team: Team, model: string): Change {
  const models = withModel(team.models, model)
  return changeTeam(team, `Let the team ${team.id} use the model ${model}.`, { models }, (row) => ({ ...row, models }))
}

export function raiseTeam(team: Team, raise: Raise): Change {
  const { fields, becomes } = raised(team.limits, raise)
  return changeTeam(team, sayRaise(`the team ${team.id}`, raise), fields, (row) => ({
    ...row,
    limits: becomes(row.limits),
  }))
}

export function unblockTeam(team: Team): Change {
  return callOf(
    `Unblock the team ${team.id}.`,
    '/team/unblock',
    { team_id: team.id },
    {
      teams: new Map([[team.id, (row) => ({ ...(row ?? team), blocked: false })]]),
    },
  )
}

export function addMember(teamId: TeamId, userId: UserId, team: Team | undefined): Change {
  const standing = {
    teamId,
    userId,
    role: 'user' as const,
    budgetId: undefined,
    organizationId: team?.organizationId,
    permissions: team?.memberPermissions ?? [],
    source: undefined,
  }
  return callOf(
    `Make ${userId} a member of the team ${teamId}.`,
    '/team/member_add',
    { team_id: teamId, member: { role: 'user', user_id: userId } },
    {
      users: new Map([
        [userId, (facts) => (facts === undefined ? undefined : { ...facts, teams: [...facts.teams, standing] })],
      ]),
    },
  )
}

export function makeTeamAdmin(teamId: TeamId, userId: UserId): Change {
  return callOf(
    `Let ${userId} administer the team ${teamId}.`,
    '/team/member_update',
    { team_id: teamId, user_id: userId, role: 'admin' },
    {
      users: new Map([
        [
          userId,
          (facts) =>
            facts && {
              ...facts,
              teams: facts.teams.map((member) => (member.teamId === teamId ? { ...member, role: 'admin' } : member)),
            },
        ],
      ]),
    },
  )
}

/**
 * The member's own row comes to stand in for the one that counts now; here that one is imagined to be it. Of whoever is no
 * member, what the team gives to all counts.
 */
export function raiseMember({ teamId, userId, isMember }: InTeam, { id, limits }: Budget, raise: Raise): Change {
  const { fields, becomes } = raised(limits, raise)
  const say = sayRaise(isMember ? `${userId} in the team ${teamId}` : `the members of the team ${teamId}`, raise)
  const facts = {
    budgets: new Map([[id, (row: Budget | undefined) => row && { ...row, limits: becomes(row.limits) }]]),
  }
  // The limits of a member's single models stand in a row of limits alone.
  if (raise.of === 'budget' && raise.level.models !== undefined) {
    return callOf(say, '/budget/update', { budget_id: id, ...fields }, facts)
  }
  if (!isMember) {
    const ofAll = Object.entries(fields).map(([name, value]) => [`team_member_${name.replace('max_', '')}`, value])
    return callOf(say, '/team/update', { team_id: teamId, ...Object.fromEntries(ofAll) }, facts)
  }
  const own = raise.of === 'budget' ? { max_budget_in_team: usdNumber(raise.ceiling) } : fields
  return callOf(say, '/team/member_update', { team_id: teamId, user_id: userId, ...own }, facts)
}

export interface InTeam {
  readonly teamId: TeamId
  readonly userId: UserId
  readonly isMember: boolean
}

/** The models of a member stand in a row of limits. */
export function allowMemberModel(budgetId: BudgetId, current: readonly string[], model: string): Change {
  const allowedModels = [...current, model]
  return callOf(
    `Let the members with the budget ${budgetId} use the model ${model}.`,
    '/budget/update',
    { budget_id: budgetId, allowed_models: allowedModels },
    { budgets: new Map([[budgetId, (row) => row && { ...row, allowedModels }]]) },
  )
}

export function makeOrganization(id: OrganizationId, alias: string, budgetId: BudgetId, now: EpochMs): Change {
  const row = { id, alias, budgetId, models: [], metadata: {}, ...stampedNew('', now) }
  return callOf(
    `Make the organisation ${alias}.`,
    '/organization/new',
    { organization_id: id, organization_alias: alias },
    { organizations: new Map([[id, () => row]]), organizationAliases: new Map([[alias, () => [id]]]) },
  )
}

export function allowOrganizationModel(organization: Organization, model: string): Change {
  const models = withModel(organization.models, model)
  return callOf(
    `Let the organisation ${organization.id} use the model ${model}.`,
    '/organization/update',
    { organization_id: organization.id, models },
    { organizations: new Map([[organization.id, (row) => row && { ...row, models }]]) },
    'PATCH',
  )
}

export function raiseOrganization({ id }: Organization, row: Budget, raise: Raise): Change {
  const { fields, becomes } = raised(row.limits, raise)
  return callOf(
    sayRaise(`the organisation ${id}`, raise),
    '/organization/update',
    { organization_id: id, ...fields },
    { budgets: new Map([[row.id, (budget) => budget && { ...budget, limits: becomes(budget.limits) }]]) },
    'PATCH',
  )
}
