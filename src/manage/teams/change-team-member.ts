import { allow } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import type { Budget } from '../../domain/budget.ts'
import { parseTeamId } from '../../domain/ids.ts'
import { NO_LIMITS } from '../../domain/limits.ts'
import type { TeamRole } from '../../domain/role.ts'
import type { Team } from '../../domain/team.ts'
import type { TeamMembership, User } from '../../domain/user.ts'
import type { Rooms } from '../../ports/registry.ts'
import { describeChange, isSame } from '../describe-change.ts'
import { findPerson } from '../users/find-person.ts'
import type { PersonNamed } from '../users/find-person.ts'
import { membershipName, membershipRecord } from './join-team.ts'
import { budgetOf, dropOwnBudgets, reviseOwnBudget, saveBudget } from '../budgets/own-budget.ts'
import { isSilent } from '../budgets/revise-limits.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { memberCallNotAllowed } from './refuse-teams.ts'
import { beyondYoursIn, foreign, malformed } from '../refuse.ts'
import type { LimitWish } from '../budgets/revise-limits.ts'
import { authorityOver } from './team-authority.ts'
import { findAmountBeyond, findRaise } from '../budgets/compare-limits.ts'

export interface TeamMemberNamed extends PersonNamed {
  readonly teamId: string
}

export interface TeamMemberWish extends TeamMemberNamed {
  readonly role: TeamRole | undefined
  readonly limits: LimitWish
}

export interface ChangedMember {
  readonly member: TeamMembership
  readonly user: User
  readonly budget: Budget | undefined
}

export async function updateTeamMember(
  wish: TeamMemberWish,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<ChangedMember>> {
  const about = { action: 'updated', objectType: 'LiteLLM_TeamMembership', objectId: wish.teamId } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const found = await findMember(wish, ask, rooms)
    if (found.verdict === 'deny') return found
    const { team, user, member } = found.granted
    const authority = authorityOver(ask.reach, team)
    if (authority === undefined) return foreign(memberCallNotAllowed(wish.teamId, ask))

    const before = await budgetOf(member.budgetId, rooms)
    let budget = before
    if (!isSilent(wish.limits)) {
      const revised = reviseOwnBudget(before, wish.limits, ask, ports)
      if (revised.verdict === 'deny') return revised
      budget = revised.granted
      const refusal = authority === 'team' ? findBeyond(team, user, before, budget, ask) : undefined
      if (refusal !== undefined) return refusal
      await saveBudget(budget, before, rooms)
    }
    const after = { ...member, role: wish.role ?? member.role, budgetId: budget?.id }
    if (!isSame(member, after)) await rooms.teamMembers.update(after)
    const change = describeChange({ ...member, limits: before?.limits }, { ...after, limits: budget?.limits })
    return allow({
      outcome: { member: after, user, budget },
      records: [{ ...about, objectId: membershipName(member), ...change }],
    })
  })
}

export async function removeTeamMember(named: TeamMemberNamed, ask: Ask, ports: ManagePorts): Promise<Decision<Team>> {
  const about = { action: 'deleted', objectType: 'LiteLLM_TeamMembership', objectId: named.teamId } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const found = await findMember(named, ask, rooms)
    if (found.verdict === 'deny') return found
    const { team, member } = found.granted
    await rooms.teamMembers.delete(member.teamId, member.userId)
    await dropOwnBudgets([member.budgetId], rooms)
    return allow({ outcome: team, records: [membershipRecord('deleted', member)] })
  })
}

interface FoundMember {
  readonly team: Team
  readonly user: User
  readonly member: TeamMembership
}

/** Oneself is found as well, to leave; whether more is allowed is for the verb to say. */
async function findMember(named: TeamMemberNamed, ask: Ask, rooms: Rooms): Promise<Decision<FoundMember>> {
  const refused = memberCallNotAllowed(named.teamId, ask)
  const id = parseTeamId(named.teamId)
  const team = id === undefined ? undefined : await rooms.teams.find(id)
  if (team === undefined) return refused
  const isAdministered = authorityOver(ask.reach, team) !== undefined
  const absent = isAdministered ? malformed('User not found in team') : foreign(refused)
  if (!isAdministered && (named.userId === undefined || !isOneself(named.userId, ask))) return foreign(refused)

  const user = await findPerson(named, rooms)
  if (user.verdict === 'deny') return user
  if (user.granted === undefined) return absent
  const member = await rooms.teamMembers.find(team.id, user.granted.id)
  return member === undefined ? absent : allow({ team, user: user.granted, member })
}

function isOneself(userId: string, { reach }: Ask): boolean {
  return reach.scope === 'some' && reach.userId === userId
}

/** Z-18: up to the team's own limits; and nobody raises oneself. */
function findBeyond(
  team: Team,
  user: User,
  before: Budget | undefined,
  after: Budget,
  { principal }: Ask,
): Denied | undefined {
  const beyond = findAmountBeyond(after.limits, team.limits, before?.limits)
  if (beyond !== undefined) return beyondYoursIn(beyond)
  if (principal.kind === 'master' || principal.standing.user?.user.id !== user.id) return undefined
  const raised = findRaise(before?.limits ?? NO_LIMITS, after.limits)
  return raised === undefined ? undefined : beyondYoursIn(raised)
}
