import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { ShownModel } from '../../domain/shown-model.ts'
import type { StoredModel } from '../../domain/stored-model.ts'
import type { Rooms } from '../../ports/registry.ts'
import { changeAction, describeChange, isSame } from '../describe-change.ts'
import { withParams } from './describe-params.ts'
import { mergeParams, withoutOldSecrets } from './merge-params.ts'
import { decideDefining } from './model-ground.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { destinationOf, readModelRow } from './read-model-row.ts'
import { findStale, malformed } from '../refuse.ts'
import { showModel } from './show-model.ts'
import { stampChange } from '../stamp-change.ts'
import { openParams, sealParams } from './stored-secrets.ts'
import { isNameStillUsed, renameInTeam } from '../teams/team-model-names.ts'
import { withCascade } from '../with-cascade.ts'

/** What is absent stays. */
export interface ModelWish {
  readonly name: string | undefined
  readonly params: JsonObject | undefined
  readonly info: JsonObject | undefined
  readonly teamId: string | undefined
  readonly blocked: boolean | undefined
  /** The `updated_at` of the row that the wish was made from. */
  readonly seenAt?: string | undefined
}

export async function updateModel(
  id: string,
  wish: ModelWish,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<ShownModel>> {
  const about = { action: 'updated', objectType: 'LiteLLM_ProxyModelTable', objectId: id } as const
  const may = await decideDefining(about, ask, ports)
  if (may.verdict === 'deny') return may
  const served = ports.catalogue().deployment(id)
  if (served !== undefined && served.stored === undefined) return deny('model-in-config', 'param_forbidden')

  return ports.registry.change(ask.origin, about, async (rooms) => {
    const current = await rooms.models.find(id)
    if (current === undefined) return modelNotFound(id)
    const stale = findStale(wish.seenAt, current)
    if (stale !== undefined) return stale
    if (wish.teamId !== undefined && wish.teamId !== current.teamId) {
      return malformed('`model_info.team_id`: a model stays where it was made. Delete it, and make it anew.')
    }
    const wished = laidOver(current, wish)
    const params = await decideParams(current, wished, wish, rooms, ports)
    if (params.verdict === 'deny') return params

    const { stored, after } = params.granted
    const staysSealed = after === undefined || (stored !== undefined && isSame(stored, after))
    const sealedParams = staysSealed ? current.sealedParams : sealParams(after, id, ports.seal)
    const row = stampChange(current, { ...wished, sealedParams }, ask, ports)
    await rooms.models.update(row)
    const ofTeam = await renamed(current, row, rooms, ask, ports)
    const change = { ...about, action: changeAction(current, row), ...describeChange(current, row) }
    const record = staysSealed ? change : withParams(change, 'params', stored, after)
    return allow({ outcome: showModel(row, after), records: [withCascade(record, ofTeam)] })
  })
}

export function modelNotFound(id: string): Decision<never> {
  return deny('stored-model-not-found', 'object_denied', `model not found: no model of the store has the id ${id}`)
}

/** Everything but the parameters. */
function laidOver(current: StoredModel, { name, info, blocked }: ModelWish): StoredModel {
  const merged = Object.entries({ ...current.info, ...info }).filter(([, value]) => value !== null)
  return {
    ...current,
    publicName: name ?? current.publicName,
    modelName: name === undefined || current.teamId !== undefined ? current.modelName : name,
    info: Object.fromEntries(merged),
    blocked: blocked ?? current.blocked,
  }
}

interface Params {
  readonly stored: JsonObject | undefined
  /** Undefined: nobody can read them, and nobody wanted to change them. */
  readonly after: JsonObject | undefined
}

async function decideParams(
  current: StoredModel,
  wished: StoredModel,
  { params: given, name, info }: ModelWish,
  rooms: Rooms,
  ports: ManagePorts,
): Promise<Decision<Params>> {
  const stored = openParams(current, ports.seal)
  if (stored === undefined) {
    if (given === undefined) return allow({ stored, after: undefined })
    return malformed(
      'The stored parameters of this model were sealed under another key and cannot be changed. Delete it, and make it anew.',
    )
  }
  // A model that can't work any more can still be blocked.
  if (given === undefined && name === undefined && info === undefined) return allow({ stored, after: stored })
  const merged = given === undefined ? stored : mergeParams(stored, given)
  const after = await readModelRow(wished, merged, rooms, ports)
  if (after.verdict === 'deny') return after
  if (given === undefined) return allow({ stored, after: merged })

  const before = await readModelRow(current, stored, rooms, ports)
  const staysThere = before.verdict === 'allow' && destinationOf(before.granted) === destinationOf(after.granted)
  return allow({ stored, after: staysThere ? merged : withoutOldSecrets(merged, given) })
}

async function renamed(before: StoredModel, after: StoredModel, rooms: Rooms, ask: Ask, ports: ManagePorts) {
  if (after.teamId === undefined || before.publicName === after.publicName) return []
  const stays = await isNameStillUsed(after.teamId, before.publicName, after.id, rooms)
  const names = { come: after.publicName, ...(stays ? {} : { gone: before.publicName }) }
  return renameInTeam(after.teamId, names, rooms, ask, ports)
}
