import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import { bulkMemberAddBody, memberAddBody, memberDeleteBody, memberUpdateBody } from '../../contract/members.ts'
import { addTeamMembers } from '../../manage/teams/add-team-members.ts'
import { removeTeamMember, updateTeamMember } from '../../manage/teams/change-team-member.ts'
import type { ManagePorts } from '../../manage/ports.ts'
import { shownTo } from '../../manage/teams/read-teams.ts'
import { viewJoined } from '../../manage/teams/view-members.ts'
import { viewTeam } from '../../manage/teams/view-teams.ts'
import { granted } from '../route.ts'
import type { EdgePorts, PlainAsk } from '../route.ts'
import { askOf, readJson, schemaRoute, shaped } from './read-ask.ts'
import { usdOrNull } from './render-limits.ts'
import { renderMemberUser } from './render-member-user.ts'
import { renderMembership, renderTeam } from './render-team.ts'

/** The management API of who belongs to a team. */
export function teamMemberRoutes(app: FastifyInstance, edge: EdgePorts, ports: ManagePorts): void {
  const now = () => ports.clock.now()

  write('/team/member_add', 'Add members to a team', memberAddBody, async (ask) => {
    const asked = askOf(ask)
    const order = shaped(memberAddBody, await readJson(ask))
    const joined = granted(await addTeamMembers({ ...order, mustAdd: true }, asked, ports))
    const added = joined.added.map(({ userId }) => userId)
    const { team, people } = await viewJoined(joined.team, added, asked, ports)
    return {
      ...renderTeam(team, now()),
      updated_users: people.map(({ user }) => renderMemberUser(user, now())),
      updated_team_memberships: people.map(({ membership }) => renderMembership(membership, now())),
    }
  })

  write('/team/bulk_member_add', 'Add many members to a team', bulkMemberAddBody, async (ask) => {
    const asked = askOf(ask)
    const order = shaped(bulkMemberAddBody, await readJson(ask))
    const joined = granted(await addTeamMembers({ ...order, mustAdd: false }, asked, ports))
    const { team, people } = await viewJoined(joined.team, joined.asked, asked, ports)
    return {
      team_id: joined.team.id,
      results: people.map(({ user, membership }) => ({
        user_id: user.user.id,
        user_email: user.user.email ?? null,
        success: true,
        error: null,
        updated_user: renderMemberUser(user, now()),
        updated_team_membership: renderMembership(membership, now()),
      })),
      total_requested: joined.asked.length,
      successful_additions: people.length,
      failed_additions: joined.asked.length - people.length,
      updated_team: renderTeam(team, now()),
    }
  })

  write('/team/member_update', 'Change a member of a team', memberUpdateBody, async (ask) => {
    const wish = shaped(memberUpdateBody, await readJson(ask))
    const { member, user, budget } = granted(await updateTeamMember(wish, askOf(ask), ports))
    return {
      user_id: member.userId,
      user_email: user.email ?? null,
      team_id: member.teamId,
      max_budget_in_team: usdOrNull(budget?.limits.maxBudget),
      tpm_limit: budget?.limits.tokensPerMinute ?? null,
      rpm_limit: budget?.limits.requestsPerMinute ?? null,
    }
  })

  write('/team/member_delete', 'Remove a member from a team', memberDeleteBody, async (ask) => {
    const asked = askOf(ask)
    const team = granted(await removeTeamMember(shaped(memberDeleteBody, await readJson(ask)), asked, ports))
    return renderTeam(shownTo(asked, await viewTeam(team, ports)), now())
  })

  function write(path: string, summary: string, body: z.ZodType, answer: (ask: PlainAsk) => Promise<object>): void {
    schemaRoute(app, edge, { method: 'POST', paths: [path], summary, body, answer })
  }
}
