import type { TeamId, UserId } from '../../domain/ids.ts'
import { NO_MONEY } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import { reachesTeam } from '../../domain/scope.ts'
import type { Team } from '../../domain/team.ts'
import type { User } from '../../domain/user.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { shownTo } from './read-teams.ts'
import { viewTeam } from './view-teams.ts'
import type { TeamMemberDetail, TeamView } from './view-teams.ts'

/** A user, as far as those see it who made a member of it. */
export interface MemberUser {
  readonly user: User
  readonly spend: PicoUsd
  readonly teams: readonly TeamId[]
  /** Its own limits and what it may do elsewhere are for proxy administrators. */
  readonly isWhole: boolean
}

export interface JoinedView {
  readonly team: TeamView
  readonly people: readonly { readonly user: MemberUser; readonly membership: TeamMemberDetail }[]
}

export async function viewJoined(
  team: Team,
  ids: readonly UserId[],
  ask: Ask,
  ports: ManagePorts,
): Promise<JoinedView> {
  const view = await viewTeam(team, ports)
  const members = new Map(view.members.map((detail) => [detail.member.userId, detail]))
  const users = await viewUsers(ids, ask, ports)
  return {
    team: shownTo(ask, view),
    people: users.flatMap((user) => {
      const membership = members.get(user.user.id)
      if (membership === undefined) return []
      return [{ user: user.isWhole ? user : { ...user, spend: membership.spend }, membership }]
    }),
  }
}

/** In the order of the ids. Of somebody's teams only those are told that the caller administers as well. */
export async function viewUsers(ids: readonly UserId[], ask: Ask, ports: ManagePorts): Promise<readonly MemberUser[]> {
  const { rooms } = ports.registry
  const users = new Map((await rooms.users.findMany(ids)).map((user) => [user.id, user]))
  const teams = await rooms.users.teamsOf(ids)
  const isWhole = ask.reach.scope === 'all'
  const told = isWhole ? undefined : await administered([...teams.values()].flat(), ask, ports)
  const spend = isWhole ? await ports.ledger.spendOf('user', ids) : new Map<string, PicoUsd>()
  return ids.flatMap((id) => {
    const user = users.get(id)
    if (user === undefined) return []
    const ofUser = (teams.get(id) ?? []).filter((team) => told?.has(team) ?? true)
    return [{ user, spend: spend.get(id) ?? NO_MONEY, teams: ofUser, isWhole }]
  })
}

async function administered(
  teams: readonly TeamId[],
  { reach }: Ask,
  { registry }: ManagePorts,
): Promise<ReadonlySet<TeamId>> {
  const rows = await registry.rooms.teams.findMany([...new Set(teams)])
  return new Set(rows.filter((team) => reachesTeam(reach, team)).map(({ id }) => id))
}
