import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { withGroups } from '../../domain/effective.ts'
import { parseTeamId } from '../../domain/ids.ts'
import type { UserId } from '../../domain/ids.ts'
import type { Team } from '../../domain/team.ts'
import type { TeamMembership } from '../../domain/user.ts'
import type { Rooms } from '../../ports/registry.ts'
import { opensBeyond } from '../decide-given-models.ts'
import { gatherPeople } from '../users/find-person.ts'
import { joinTeam, membershipRecord } from './join-team.ts'
import type { TeamMemberOrder } from './join-team.ts'
import { isSilent } from '../budgets/revise-limits.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { fieldNotYours, memberCallNotAllowed } from './refuse-teams.ts'
import { beyondYoursIn, foreign } from '../refuse.ts'
import type { LimitWish } from '../budgets/revise-limits.ts'
import { authorityOver } from './team-authority.ts'
import { withCascade } from '../with-cascade.ts'

export interface MembersOrder {
  readonly teamId: string
  readonly members: readonly TeamMemberOrder[]
  /** Everybody there is. */
  readonly allUsers?: boolean
  readonly limits: LimitWish
  /** Is it an error when all of them are members already? */
  readonly mustAdd: boolean
}

export interface TeamJoined {
  readonly team: Team
  /** Those who were named, in that order; some were members before. */
  readonly asked: readonly UserId[]
  readonly added: readonly TeamMembership[]
}

export async function addTeamMembers(order: MembersOrder, ask: Ask, ports: ManagePorts): Promise<Decision<TeamJoined>> {
  const id = parseTeamId(order.teamId)
  const about = { action: 'created', objectType: 'LiteLLM_TeamMembership', objectId: order.teamId } as const
  const refused = memberCallNotAllowed(order.teamId, ask)
  if (id === undefined) return refused
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const team = await rooms.teams.find(id)
    if (team === undefined) return refused
    const authority = authorityOver(ask.reach, team)
    if (authority === undefined && !isSelfJoin(team, order, ask, ports)) return foreign(refused)
    if (order.allUsers === true && authority !== 'proxy') return fieldNotYours('all_users')
    // What the team may use is theirs from now on.
    if (authority !== undefined && opensBeyond([withGroups(team)], ask, ports)) return beyondYoursIn('member')

    const named = order.allUsers === true ? [...order.members, ...(await everybody(rooms))] : order.members
    const people = await gatherPeople(named, ask, rooms, ports)
    if (people.verdict === 'deny') return people
    const { joining } = people.granted
    const joined = await joinTeam(team, joining, order.limits, authority, rooms, ask, ports)
    if (joined.verdict === 'deny') return joined
    if (order.mustAdd && joined.granted.members.length === 0) return alreadyThere(joining.map(({ user }) => user.id))
    const made = people.granted.records
    const records = joined.granted.members.map((member) =>
      withCascade(
        membershipRecord('created', member),
        made.filter(({ objectId }) => objectId === member.userId),
      ),
    )
    const outcome = { team, asked: joining.map(({ user }) => user.id), added: joined.granted.members }
    return allow({ outcome, records })
  })
}

/** Oneself, as a plain member, in a team that is open to everybody. */
function isSelfJoin(team: Team, { members, limits, allUsers }: MembersOrder, ask: Ask, ports: ManagePorts): boolean {
  const { reach } = ask
  if (reach.scope === 'all' || reach.userId === undefined || allUsers === true) return false
  const [only, ...others] = members
  if (only === undefined || others.length > 0 || !isSilent(limits)) return false
  return ports.availableTeams.has(team.id) && only.userId === reach.userId && only.role === 'user'
}

const PAGE = 1_000

async function everybody(rooms: Rooms): Promise<readonly TeamMemberOrder[]> {
  const all: TeamMemberOrder[] = []
  for (let page = 1; ; page += 1) {
    const query = { scope: { sees: 'all' }, sort: 'user_id', order: 'asc', page, size: PAGE } as const
    const { rows, total } = await rooms.users.list(query)
    all.push(...rows.map(({ id }) => ({ userId: id, email: undefined, role: 'user' as const })))
    if (rows.length === 0 || all.length >= total) return all
  }
}

function alreadyThere(users: readonly UserId[]): Decision<never> {
  return deny('already-in-team', 'param_type', `User=${users.join(', ').slice(0, 255)} already in team.`)
}
