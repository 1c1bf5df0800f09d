import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { AuditDraft } from '../../domain/audit-record.ts'
import { parseTeamId } from '../../domain/ids.ts'
import type { TeamId } from '../../domain/ids.ts'
import type { Team } from '../../domain/team.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { Rooms } from '../../ports/registry.ts'
import { archiveKeys } from '../keys/archive-keys.ts'
import { gone } from '../describe-change.ts'
import { membershipRecord } from './join-team.ts'
import { dropOwnBudgets } from '../budgets/own-budget.ts'
import { changer } from '../ports.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { teamNotFound } from './refuse-teams.ts'
import { foreign } from '../refuse.ts'
import { authorityOver } from './team-authority.ts'
import { withCascade } from '../with-cascade.ts'

/** All or none, with everything that hangs on them: keys, memberships, models that the teams brought. */
export async function deleteTeams(
  names: readonly string[],
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<readonly TeamId[]>> {
  const ids = new Set<TeamId>()
  for (const name of names) {
    const id = parseTeamId(name)
    if (id === undefined) return teamNotFound(name)
    ids.add(id)
  }
  const about = { action: 'deleted', objectType: 'LiteLLM_TeamTable', objectId: [...ids].join(',') } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const teams = await rooms.teams.findMany([...ids])
    const within = new Set(teams.filter((team) => authorityOver(ask.reach, team) !== undefined).map(({ id }) => id))
    const missing = [...ids].find((id) => !within.has(id))
    if (missing !== undefined) {
      return within.size < teams.length ? foreign(teamNotFound(missing)) : teamNotFound(missing)
    }
    return allow({ outcome: [...ids], records: await razeTeams(teams, rooms, ask) })
  })
}

/** What was there is on record, and in the answers of nobody. */
export async function razeTeams(teams: readonly Team[], rooms: Rooms, ask: Ask): Promise<readonly AuditDraft[]> {
  const ids = teams.map(({ id }) => id)
  const keys: VirtualKey[] = []
  for (const id of ids) keys.push(...(await rooms.keys.ofTeam(id)))
  const members = await rooms.teamMembers.ofTeams(ids)
  const brought = (await rooms.models.list()).filter(({ teamId }) => teamId !== undefined && ids.includes(teamId))

  await rooms.models.delete(brought.map(({ id }) => id))
  const keyRecords = await razeKeys(keys, rooms, ask)
  for (const { teamId, userId } of members) await rooms.teamMembers.delete(teamId, userId)
  await rooms.teams.archive(ids, changer(ask))
  await dropOwnBudgets(
    members.map(({ budgetId }) => budgetId),
    rooms,
  )
  await dropMemberBudgets(teams, rooms)
  return teams.map((team) => {
    const isOfTeam = ({ teamId }: { readonly teamId: TeamId | undefined }): boolean => teamId === team.id
    const digests = new Set<string>(keys.filter(isOfTeam).map(({ digest }) => digest))
    return withCascade(gone('LiteLLM_TeamTable', team.id, team), [
      ...keyRecords.filter(({ objectId }) => digests.has(objectId)),
      ...brought.filter(isOfTeam).map((model) => gone('LiteLLM_ProxyModelTable', model.id, model)),
      ...members.filter(isOfTeam).map((member) => membershipRecord('deleted', member)),
    ])
  })
}

export async function razeKeys(keys: readonly VirtualKey[], rooms: Rooms, ask: Ask): Promise<readonly AuditDraft[]> {
  const archived = await archiveKeys(
    keys.map(({ digest }) => digest),
    rooms,
    ask,
  )
  await dropOwnBudgets(
    archived.keys.map(({ budgetId }) => budgetId),
    rooms,
  )
  return archived.records
}

/** What members got from the team; somebody may have given it to others as well. */
async function dropMemberBudgets(teams: readonly Team[], { budgets }: Rooms): Promise<void> {
  for (const { memberBudgetId } of teams) {
    if (memberBudgetId === undefined || (await budgets.countUses(memberBudgetId)) > 0) continue
    await budgets.delete([memberBudgetId])
  }
}
