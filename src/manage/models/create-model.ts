import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { parseDeploymentId, parseTeamId } from '../../domain/ids.ts'
import type { TeamId } from '../../domain/ids.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { ShownModel } from '../../domain/shown-model.ts'
import { stampedNew } from '../../domain/stamps.ts'
import type { StoredModel } from '../../domain/stored-model.ts'
import { describeRow } from '../describe-change.ts'
import { withParams } from './describe-params.ts'
import { withoutMasks } from './mask-params.ts'
import { decideDefining } from './model-ground.ts'
import { changer } from '../ports.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { readModelRow } from './read-model-row.ts'
import { malformed } from '../refuse.ts'
import { showModel } from './show-model.ts'
import { sealParams } from './stored-secrets.ts'
import { renameInTeam } from '../teams/team-model-names.ts'
import { withCascade } from '../with-cascade.ts'

export interface ModelOrder {
  readonly name: string
  readonly params: JsonObject
  /** Without what the gateway says itself. */
  readonly info: JsonObject
  readonly id: string | undefined
  readonly teamId: string | undefined
  readonly blocked: boolean
}

export async function createModel(order: ModelOrder, ask: Ask, ports: ManagePorts): Promise<Decision<ShownModel>> {
  const id = order.id ?? ports.newId()
  const about = { action: 'created', objectType: 'LiteLLM_ProxyModelTable', objectId: id } as const
  const may = await decideDefining(about, ask, ports)
  if (may.verdict === 'deny') return may
  if (parseDeploymentId(id) === undefined) return malformed('`model_info.id` must be 1 to 255 printable characters.')
  const teamId = order.teamId === undefined ? undefined : parseTeamId(order.teamId)
  if (order.teamId !== undefined && teamId === undefined) return deny('team-not-found', 'object_denied')
  if (ports.catalogue().deployment(id) !== undefined) return taken(id)

  const params = withoutMasks(order.params)
  const row: StoredModel = {
    id,
    modelName: teamId === undefined ? order.name : `model_name_${teamId}_${ports.newId()}`,
    publicName: order.name,
    teamId,
    sealedParams: sealParams(params, id, ports.seal),
    info: order.info,
    blocked: order.blocked,
    ...stampedNew(changer(ask), ports.clock.now()),
  }
  return ports.registry.change(ask.origin, about, async (rooms) => {
    if (teamId !== undefined && (await rooms.teams.find(teamId)) === undefined) return teamUnknown(teamId)
    const read = await readModelRow(row, params, rooms, ports)
    if (read.verdict === 'deny') return read
    if ((await rooms.models.insert(row)) === 'taken') return taken(id)
    const ofTeam = teamId === undefined ? [] : await renameInTeam(teamId, { come: row.publicName }, rooms, ask, ports)
    const record = withParams({ ...about, before: {}, after: describeRow(row) }, 'params', undefined, params)
    return allow({ outcome: showModel(row, params), records: [withCascade(record, ofTeam)] })
  })
}

function taken(id: string): Decision<never> {
  return deny('already-there', 'param_type', `Model with id=${id} already exists.`)
}

function teamUnknown(id: TeamId): Decision<never> {
  return deny('team-not-found', 'object_denied', `Team not found, passed team_id=${id}.`)
}
