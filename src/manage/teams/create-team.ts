import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { parseTeamId, parseUserId } from '../../domain/ids.ts'
import type { TeamId } from '../../domain/ids.ts'
import { MASTER_USER_ID, roleOf } from '../../domain/principal.ts'
import type { Principal } from '../../domain/principal.ts'
import { blankTeam } from '../../domain/team.ts'
import type { Team } from '../../domain/team.ts'
import { describeRow } from '../describe-change.ts'
import { gatherPeople } from '../users/find-person.ts'
import { joinTeam } from './join-team.ts'
import type { TeamMemberOrder } from './join-team.ts'
import { freshId } from '../new-id.ts'
import { changer } from '../ports.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { malformed } from '../refuse.ts'
import { reviseTeam } from './revise-team.ts'
import type { TeamWish } from './revise-team.ts'
import { decideTeamChange } from './team-ceilings.ts'
import { saveMemberBudget } from './team-member-budget.ts'
import { homeOf } from './team-home.ts'
import { withCascade } from '../with-cascade.ts'

export interface TeamOrder {
  readonly teamId: string | undefined
  readonly members: readonly TeamMemberOrder[]
  readonly wish: TeamWish
}

export async function createTeam(order: TeamOrder, ask: Ask, ports: ManagePorts): Promise<Decision<Team>> {
  const now = ports.clock.now()
  const id = order.teamId === undefined ? freshId(parseTeamId, ports) : parseTeamId(order.teamId)
  if (id === undefined) return malformed('`team_id` must be a text of 1 to 255 printable ASCII characters.')
  const about = { action: 'created', objectType: 'LiteLLM_TeamTable', objectId: id } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const home = await homeOf(order.wish.organizationId ?? undefined, ask, rooms)
    if (home.verdict === 'deny') return home
    const { organization, organizationBudget, authority } = home.granted

    const blank = { ...blankTeam(id, changer(ask), now), organizationId: organization?.id }
    const revised = reviseTeam(blank, order.wish, now)
    if (revised.verdict === 'deny') return revised
    const { blocked = false } = order.wish
    const wished = { ...revised.granted, blocked, blockedByRole: blocked ? roleOf(ask.principal) : undefined }
    const { principal } = ask
    const groups = ports.catalogue().accessGroups()
    const fit = { before: undefined, after: wished, organization, organizationBudget, authority, principal, groups }
    const allowed = decideTeamChange(fit)
    if (allowed.verdict === 'deny') return allowed
    const withBudget = await saveMemberBudget(wished, order.wish.memberLimits, authority, rooms, ask, ports)
    if (withBudget.verdict === 'deny') return withBudget
    const team = withBudget.granted
    if ((await rooms.teams.insert(team)) === 'taken') return taken(id)

    const people = await gatherPeople([...order.members, ...creatorOf(principal)], ask, rooms, ports)
    if (people.verdict === 'deny') return people
    const joined = await joinTeam(team, people.granted.joining, {}, authority, rooms, ask, ports)
    if (joined.verdict === 'deny') return joined
    return allow({
      outcome: team,
      records: [
        withCascade({ ...about, before: {}, after: describeRow(team) }, [
          ...people.granted.records,
          ...joined.granted.records,
        ]),
      ],
    })
  })
}

/** Whoever makes a team administers it. */
function creatorOf(principal: Principal): readonly TeamMemberOrder[] {
  const userId = principal.kind === 'master' ? parseUserId(MASTER_USER_ID) : principal.standing.user?.user.id
  return userId === undefined ? [] : [{ userId, email: undefined, role: 'admin' }]
}

function taken(id: TeamId): Decision<never> {
  return deny('already-there', 'param_type', `Team id = ${id} already exists. Please use a different team id.`)
}
