import type { AuditDraft } from '../../domain/audit-record.ts'
import { isModelWord } from '../../domain/effective.ts'
import type { TeamId } from '../../domain/ids.ts'
import type { ModelCatalogue } from '../../domain/model-catalogue.ts'
import { restamped } from '../../domain/stamps.ts'
import type { Rooms } from '../../ports/registry.ts'
import { describeChange } from '../describe-change.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { changer } from '../ports.ts'

/**
 * Keeps a team's list of models in step with the models that it has of its own. An empty list allows everything already,
 * and one name would turn it into a restriction.
 */
export async function renameInTeam(
  teamId: TeamId,
  { gone, come }: { readonly gone?: string; readonly come?: string },
  rooms: Rooms,
  ask: Ask,
  { clock, catalogue }: Pick<ManagePorts, 'clock' | 'catalogue'>,
): Promise<readonly AuditDraft[]> {
  const team = await rooms.teams.find(teamId)
  if (team === undefined || team.models.length === 0) return []
  const kept = gone === undefined ? team.models : team.models.filter((name) => name !== gone)
  const isOnlyName = come !== undefined && !kept.includes(come) && !meansMore(come, catalogue())
  const models = isOnlyName ? [...kept, come] : kept
  // The last name of a list stays: without it the team could use everything.
  if (models.length === 0 || models.join('\n') === team.models.join('\n')) return []

  const row = restamped({ ...team, models }, changer(ask), clock.now())
  await rooms.teams.update(row)
  return [{ action: 'updated', objectType: 'LiteLLM_TeamTable', objectId: teamId, ...describeChange(team, row) }]
}

/** In a list of models it would say something about models of the gateway. A team may use its own without being told so. */
function meansMore(name: string, catalogue: ModelCatalogue): boolean {
  const groups = [...catalogue.accessGroupNames()].flat()
  return name.includes('*') || isModelWord(name) || groups.includes(name)
}

/** Whether the team has another model under this name. */
export async function isNameStillUsed(teamId: TeamId, name: string, except: string, rooms: Rooms): Promise<boolean> {
  const all = await rooms.models.list()
  return all.some((model) => model.teamId === teamId && model.publicName === name && model.id !== except)
}
