import type { AuditDraft } from '../../domain/audit-record.ts'
import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { JWT_PROVISIONER } from '../../domain/default-user.ts'
import type { TeamId, UserId } from '../../domain/ids.ts'
import type { Provision } from '../../domain/provision.ts'
import { restamped } from '../../domain/stamps.ts'
import { blankTeam } from '../../domain/team.ts'
import type { Rooms } from '../../ports/registry.ts'
import { describeChange, describeRow } from '../describe-change.ts'
import { joinTeam, membershipRecord } from '../teams/join-team.ts'
import { dropOwnBudgets } from '../budgets/own-budget.ts'
import type { Provisioning } from './provisioning.ts'
import { dropInvitations, losesLastAdmin } from '../users/update-user.ts'
import { withCascade } from '../with-cascade.ts'

/**
 * A team that a token names and that never was: without rules and limits of its own, as `team_id_upsert` has always made
 * them. One that was deleted stays so until somebody makes it anew.
 */
export async function provisionTeam(
  id: TeamId,
  { rooms, ports, takeOne }: Provisioning,
): Promise<Decision<readonly AuditDraft[]>> {
  if ((await rooms.teams.find(id)) !== undefined) return allow([])
  const may = await foreseeTeam(id, rooms)
  if (may.verdict === 'deny') return may
  const mayMake = takeOne()
  if (mayMake.verdict === 'deny') return mayMake
  const team = blankTeam(id, JWT_PROVISIONER, ports.clock.now())
  if ((await rooms.teams.insert(team)) === 'taken') {
    // Somebody was quicker; from here on it is held as if it had been there.
    await rooms.teams.find(id)
    return allow([])
  }
  return allow([
    { action: 'created', objectType: 'LiteLLM_TeamTable', objectId: id, before: {}, after: describeRow(team) },
  ])
}

export async function foreseeTeam(id: TeamId, { teams }: Pick<Rooms, 'teams'>): Promise<Decision<void>> {
  return (await teams.wasArchived(id))
    ? deny('token-team-not-found', 'team_unknown', `Team doesn't exist in db. Team=${id}.`)
    : allow(undefined)
}

type Membership = Pick<Extract<Provision, { readonly make: 'membership' }>, 'userId' | 'teamId' | 'source'>

export async function writeMembership(
  { userId, teamId, source }: Membership,
  { rooms, ask, ports }: Provisioning,
): Promise<Decision<readonly AuditDraft[]>> {
  const team = await rooms.teams.find(teamId)
  const user = userId === undefined ? undefined : await rooms.users.find(userId)
  if (team === undefined || user === undefined) return allow([])
  const joined = await joinTeam(team, [{ user, named: { role: 'user' } }], {}, undefined, rooms, ask, ports, source)
  if (joined.verdict === 'deny') return joined
  return allow(joined.granted.records.map((record) => ({ ...record, after: { ...record.after, source } })))
}

/** Only what tokens of the same provider made. */
export async function removeMembership(
  { userId, teamId, source }: Membership & { readonly userId: UserId },
  { rooms }: Provisioning,
): Promise<readonly AuditDraft[]> {
  const member = await rooms.teamMembers.find(teamId, userId)
  if (member === undefined || (await rooms.teamMembers.sourceOf(teamId, userId)) !== source) return []
  await rooms.teamMembers.delete(teamId, userId)
  const record = membershipRecord('deleted', member)
  const dropped = await dropOwnBudgets([member.budgetId], rooms)
  return [withCascade({ ...record, before: { ...record.before, source } }, dropped)]
}

/** The last administrator stays one, whatever a token says (Z-06). */
export async function writeRole(
  { userId, role }: Pick<Extract<Provision, { readonly make: 'role' }>, 'userId' | 'role'>,
  { rooms, ports }: Provisioning,
): Promise<readonly AuditDraft[]> {
  const user = userId === undefined ? undefined : await rooms.users.find(userId)
  if (user === undefined || user.role === role || (await losesLastAdmin(user, { role }, rooms))) return []
  const after = restamped({ ...user, role }, JWT_PROVISIONER, ports.clock.now())
  await rooms.users.update(after)
  await dropInvitations(user.id, rooms)
  return [{ action: 'updated', objectType: 'LiteLLM_UserTable', objectId: user.id, ...describeChange(user, after) }]
}
