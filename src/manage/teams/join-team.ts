import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { AuditDraft } from '../../domain/audit-record.ts'
import type { Budget } from '../../domain/budget.ts'
import { restamped } from '../../domain/stamps.ts'
import type { TeamRole } from '../../domain/role.ts'
import type { Team } from '../../domain/team.ts'
import type { TeamMembership, User } from '../../domain/user.ts'
import type { Rooms } from '../../ports/registry.ts'
import { describeRow } from '../describe-change.ts'
import type { PersonNamed } from '../users/find-person.ts'
import { budgetOf, reviseOwnBudget, saveBudget } from '../budgets/own-budget.ts'
import { isSilent } from '../budgets/revise-limits.ts'
import { changer } from '../ports.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { beyondYoursIn } from '../refuse.ts'
import type { LimitWish } from '../budgets/revise-limits.ts'
import type { Authority } from './team-authority.ts'
import { findAmountBeyond } from '../budgets/compare-limits.ts'

export interface TeamMemberOrder extends PersonNamed {
  readonly role: TeamRole
}

interface Joining {
  readonly user: User
  readonly named: Pick<TeamMemberOrder, 'role'>
}

export interface Joined {
  readonly members: readonly TeamMembership[]
  readonly records: readonly AuditDraft[]
}

type By = Pick<Ask, 'origin'>
type JoinPorts = Pick<ManagePorts, 'clock' | 'newId'>

/** Makes members of those who are none yet. The team is there, and locked. `source`: the issuer whose token does it. */
export async function joinTeam(
  team: Team,
  joining: readonly Joining[],
  limits: LimitWish,
  authority: Authority | undefined,
  rooms: Rooms,
  ask: By,
  ports: JoinPorts,
  source?: string,
): Promise<Decision<Joined>> {
  const standard = await budgetOf(team.memberBudgetId, rooms)
  const members: TeamMembership[] = []
  for (const { user, named } of joining) {
    if ((await rooms.teamMembers.find(team.id, user.id)) !== undefined) continue
    const budget = decideBudget(team, standard, limits, ask, ports)
    if (budget.verdict === 'deny') return budget
    if (authority === 'team' && budget.granted !== undefined) {
      const beyond = findAmountBeyond(budget.granted.limits, team.limits)
      if (beyond !== undefined) return beyondYoursIn(beyond)
    }
    if (budget.granted !== undefined && budget.granted.id !== standard?.id) {
      await saveBudget(budget.granted, undefined, rooms)
    }
    const member = { teamId: team.id, userId: user.id, role: named.role, budgetId: budget.granted?.id }
    await rooms.teamMembers.insert(member, source)
    await bindKeys(member, rooms, ask, ports)
    members.push(member)
  }
  return allow({ members, records: members.map((member) => membershipRecord('created', member)) })
}

/** What is said for this member, else what the team gives to every new one. */
function decideBudget(
  team: Team,
  standard: Budget | undefined,
  limits: LimitWish,
  ask: By,
  ports: JoinPorts,
): Decision<Budget | undefined> {
  const models = team.defaultMemberModels
  if (isSilent(limits) && models.length === 0) return allow(standard)
  const own = reviseOwnBudget(standard, limits, ask, ports)
  return own.verdict === 'deny' ? own : allow({ ...own.granted, allowedModels: models })
}

/** K-12: from now on these keys live as long as the membership does. */
async function bindKeys({ teamId, userId }: TeamMembership, rooms: Rooms, ask: By, ports: JoinPorts): Promise<void> {
  for (const key of await rooms.keys.ofUser(userId, teamId)) {
    if (key.needsMembership) continue
    await rooms.keys.update({ ...restamped(key, changer(ask), ports.clock.now()), needsMembership: true })
  }
}

export function membershipRecord(action: 'created' | 'deleted', member: TeamMembership): AuditDraft {
  const row = describeRow(member)
  return {
    action,
    objectType: 'LiteLLM_TeamMembership',
    objectId: membershipName(member),
    before: action === 'deleted' ? row : {},
    after: action === 'created' ? row : {},
  }
}

export function membershipName({ teamId, userId }: Pick<TeamMembership, 'teamId' | 'userId'>): string {
  return `${teamId}/${userId}`
}
