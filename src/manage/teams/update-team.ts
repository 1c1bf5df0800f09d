import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { AuditAction } from '../../domain/audit-record.ts'
import { NO_MODELS } from '../../domain/effective.ts'
import { parseTeamId } from '../../domain/ids.ts'
import { roleOf } from '../../domain/principal.ts'
import { restamped } from '../../domain/stamps.ts'
import type { Team } from '../../domain/team.ts'
import type { Rooms } from '../../ports/registry.ts'
import { budgetOf } from '../budgets/own-budget.ts'
import { decideBlock } from '../decide-block.ts'
import { changeAction, describeChange, isSame } from '../describe-change.ts'
import { findUnknownPermission } from './member-permissions.ts'
import { changer } from '../ports.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { fieldNotYours, teamNotFound } from './refuse-teams.ts'
import { foreign, malformed } from '../refuse.ts'
import { reviseTeam } from './revise-team.ts'
import type { TeamWish } from './revise-team.ts'
import { authorityOver } from './team-authority.ts'
import type { Authority } from './team-authority.ts'
import { decideTeamChange } from './team-ceilings.ts'
import { homeOf } from './team-home.ts'
import { saveMemberBudget } from './team-member-budget.ts'

export function updateTeam(teamId: string, wish: TeamWish, ask: Ask, ports: ManagePorts): Promise<Decision<Team>> {
  return changeTeam(teamId, 'updated', ask, ports, async (current, authority, rooms) => {
    const revised = reviseTeam(current, wish, ports.clock.now())
    if (revised.verdict === 'deny') return revised
    const blocked = decideWishedBlock(current, wish.blocked, authority, ask)
    if (blocked.verdict === 'deny') return blocked
    const place = decideMove(current, wish.organizationId, authority)
    if (place.verdict === 'deny') return place
    const home = place.granted === current.organizationId ? undefined : await homeOf(place.granted, ask, rooms)
    if (home?.verdict === 'deny') return home
    const organizationId = home === undefined ? current.organizationId : home.granted.organization?.id
    const team = { ...revised.granted, ...blocked.granted, organizationId }
    return saveMemberBudget(team, wish.memberLimits, authority, rooms, ask, ports)
  })
}

export function setTeamBlocked(teamId: string, wanted: boolean, ask: Ask, ports: ManagePorts): Promise<Decision<Team>> {
  return changeTeam(teamId, wanted ? 'blocked' : 'unblocked', ask, ports, async (current) => {
    const blocked = decideBlock(current, wanted, roleOf(ask.principal))
    return blocked.verdict === 'deny' ? blocked : allow({ ...current, ...blocked.granted })
  })
}

export function addTeamModels(
  teamId: string,
  models: readonly string[],
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<Team>> {
  return changeTeam(teamId, 'updated', ask, ports, async (current) => {
    const had = models.length === 0 ? current.models : current.models.filter((model) => model !== NO_MODELS)
    return allow({ ...current, models: [...new Set([...had, ...models])] })
  })
}

/** A list that loses its last model stays a list: an empty one would be a grant of all models. */
export function removeTeamModels(
  teamId: string,
  models: readonly string[],
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<Team>> {
  return changeTeam(teamId, 'updated', ask, ports, async (current) => {
    const left = current.models.filter((model) => !models.includes(model))
    const isEmptied = left.length === 0 && current.models.length > 0
    return allow({ ...current, models: isEmptied ? [NO_MODELS] : left })
  })
}

export function updateTeamPermissions(
  teamId: string,
  permissions: readonly string[],
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<Team>> {
  return changeTeam(teamId, 'updated', ask, ports, async (current) => {
    const unknown = findUnknownPermission(permissions)
    if (unknown !== undefined) return malformed(`\`team_member_permissions\`: there is no ${JSON.stringify(unknown)}.`)
    return allow({ ...current, memberPermissions: [...new Set(permissions)] })
  })
}

type Revise = (current: Team, authority: Authority, rooms: Rooms) => Promise<Decision<Team>>

/** The rules of every change to a team that exists, whichever verb brings it. */
async function changeTeam(
  teamId: string,
  action: AuditAction,
  ask: Ask,
  ports: ManagePorts,
  revise: Revise,
): Promise<Decision<Team>> {
  const id = parseTeamId(teamId)
  if (id === undefined) return teamNotFound(teamId)
  const about = { action, objectType: 'LiteLLM_TeamTable', objectId: id } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const current = await rooms.teams.find(id)
    if (current === undefined) return teamNotFound(teamId)
    const authority = authorityOver(ask.reach, current)
    if (authority === undefined) return foreign(teamNotFound(teamId))
    const memberLimits = (await budgetOf(current.memberBudgetId, rooms))?.limits
    const revised = await revise(current, authority, rooms)
    if (revised.verdict === 'deny') return revised

    const after = restamped(revised.granted, changer(ask), ports.clock.now())
    const { organizationId } = after
    const organization = organizationId === undefined ? undefined : await rooms.organizations.find(organizationId)
    const organizationBudget = organization === undefined ? undefined : await rooms.budgets.find(organization.budgetId)
    const { principal } = ask
    const groups = ports.catalogue().accessGroups()
    const fit = { before: current, after, organization, organizationBudget, authority, principal, groups }
    const allowed = decideTeamChange(fit)
    if (allowed.verdict === 'deny') return allowed
    const was = { ...current, memberLimits }
    const is = { ...after, memberLimits: (await budgetOf(after.memberBudgetId, rooms))?.limits }
    if (isSame(was, is)) return allow({ outcome: current, records: [] })
    await rooms.teams.update(after)
    const told = action === 'updated' ? changeAction(current, after) : action
    return allow({ outcome: after, records: [{ ...about, action: told, ...describeChange(was, is) }] })
  })
}

/** Teams are moved by proxy administrators only: on both sides somebody else has a say. */
function decideMove(
  { organizationId }: Team,
  wanted: string | null | undefined,
  authority: Authority,
): Decision<string | undefined> {
  const target = wanted === undefined ? organizationId : (wanted ?? undefined)
  return target === organizationId || authority === 'proxy' ? allow(target) : fieldNotYours('organization_id')
}

/** Blocking is not for those who administer the team alone. */
function decideWishedBlock(
  current: Team,
  wanted: boolean | undefined,
  authority: Authority,
  { principal }: Ask,
): Decision<Pick<Team, 'blocked' | 'blockedByRole'>> {
  const { blocked, blockedByRole } = current
  if (wanted === undefined || wanted === blocked) return allow({ blocked, blockedByRole })
  return authority === 'team' ? fieldNotYours('blocked') : decideBlock(current, wanted, roleOf(principal))
}
