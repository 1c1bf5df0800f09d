import type { AccessGroup } from '../../domain/access-group.ts'
import { allow, deny } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import { decideModelsWithin, isModelWord } from '../../domain/effective.ts'
import { stampedNew } from '../../domain/stamps.ts'
import type { Attempt, GroupHolders } from '../../ports/registry.ts'
import { assignAccessGroup } from './assign-access-group.ts'
import { describeChange, describeRow } from '../describe-change.ts'
import { modelsOfKey } from '../keys/own-bounds.ts'
import { onRecord } from '../on-record.ts'
import { changer } from '../ports.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { beyondYoursIn, findStale, malformed } from '../refuse.ts'
import { stampChange } from '../stamp-change.ts'
import { withCascade } from '../with-cascade.ts'

/** Absent: as it is, and of a new group empty. */
export interface GroupWish {
  /** The `updated_at` of the row that the wish was made from. */
  readonly seenAt?: string | undefined
  readonly name?: string | undefined
  readonly description?: string | null | undefined
  readonly models?: readonly string[] | undefined
  readonly mcpServerIds?: readonly string[] | undefined
  readonly agentIds?: readonly string[] | undefined
  readonly teams?: readonly string[] | undefined
  readonly keys?: readonly string[] | undefined
}

export interface HeldGroup {
  readonly group: AccessGroup
  readonly holders: GroupHolders
}

const OBJECT = 'LiteLLM_AccessGroupTable'

export async function createAccessGroup(
  wish: GroupWish & { readonly name: string },
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<HeldGroup>> {
  const id = ports.newId()
  const about = { action: 'created', objectType: OBJECT, objectId: id } as const
  const ground = await decideGroupGround(about, ask, ports)
  if (ground.verdict === 'deny') return ground
  const group: AccessGroup = {
    id,
    name: wish.name,
    description: wish.description ?? undefined,
    models: wish.models ?? [],
    mcpServerIds: wish.mcpServerIds ?? [],
    agentIds: wish.agentIds ?? [],
    ...stampedNew(changer(ask), ports.clock.now()),
  }
  const may = await onRecord(decideGroupGrant(undefined, group, wish, ask, ports), about, ask, ports)
  if (may.verdict === 'deny') return may
  return ports.registry.change(ask.origin, about, async (rooms) => {
    if ((await rooms.accessGroups.insert(group)) === 'taken') return groupTaken(group.name)
    const assigned = await assignAccessGroup(group.id, wish, rooms, ask, ports)
    if (assigned.verdict === 'deny') return assigned
    const { holders, records } = assigned.granted
    return allow({
      outcome: { group, holders },
      records: [withCascade({ ...about, before: {}, after: describeRow(group) }, records)],
    })
  })
}

export async function updateAccessGroup(
  id: string,
  wish: GroupWish,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<HeldGroup>> {
  const about = { action: 'updated', objectType: OBJECT, objectId: id } as const
  const ground = await decideGroupGround(about, ask, ports)
  if (ground.verdict === 'deny') return ground
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const current = await rooms.accessGroups.find(id)
    if (current === undefined) return groupNotFound(id)
    const stale = findStale(wish.seenAt, current)
    if (stale !== undefined) return stale
    const wished: AccessGroup = {
      ...current,
      name: wish.name ?? current.name,
      description: wish.description === undefined ? current.description : (wish.description ?? undefined),
      models: wish.models ?? current.models,
      mcpServerIds: wish.mcpServerIds ?? current.mcpServerIds,
      agentIds: wish.agentIds ?? current.agentIds,
    }
    const may = decideGroupGrant(current, wished, wish, ask, ports)
    if (may.verdict === 'deny') return may
    const group = stampChange(current, wished, ask, ports)
    if ((await rooms.accessGroups.update(group)) === 'taken') return groupTaken(group.name)
    const assigned = await assignAccessGroup(id, wish, rooms, ask, ports)
    if (assigned.verdict === 'deny') return assigned
    const { holders, records } = assigned.granted
    return allow({
      outcome: { group, holders },
      records: [withCascade({ ...about, ...describeChange(current, group) }, records)],
    })
  })
}

/** Whoever held it holds it no more. */
export async function deleteAccessGroup(id: string, ask: Ask, ports: ManagePorts): Promise<Decision<AccessGroup>> {
  const about = { action: 'deleted', objectType: OBJECT, objectId: id } as const
  const ground = await decideGroupGround(about, ask, ports)
  if (ground.verdict === 'deny') return ground
  return ports.registry.change(ask.origin, about, async (rooms) => {
    if ((await rooms.accessGroups.find(id)) === undefined) return groupNotFound(id)
    const assigned = await assignAccessGroup(id, { teams: [], keys: [] }, rooms, ask, ports)
    if (assigned.verdict === 'deny') return assigned
    const [gone] = await rooms.accessGroups.delete([id])
    if (gone === undefined) return groupNotFound(id)
    return allow({
      outcome: gone,
      records: [withCascade({ ...about, before: describeRow(gone), after: {} }, assigned.granted.records)],
    })
  })
}

export function groupNotFound(name: string): Denied {
  return deny('access-group-not-found', 'object_denied', `Access group '${name.slice(0, 255)}' not found`)
}

export function groupTaken(name: string): Denied {
  return deny('access-group-taken', 'param_type', `Access group '${name}' already exists.`)
}

/** A group belongs to no organisation, so it is the proxy administrators'. */
export function decideGroupGround(
  about: Pick<Attempt, 'action' | 'objectId'>,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<true>> {
  const { reach } = ask
  const decided =
    reach.scope === 'all' && reach.mayWrite
      ? allow<true>(true)
      : deny('beyond-yours', 'authz_role', 'Only proxy admins make and change access groups.')
  return onRecord(decided, { ...about, objectType: OBJECT }, ask, ports)
}

/** INV-12: a key that is limited to some models gives nobody others, and not itself either. */
function decideGroupGrant(
  before: AccessGroup | undefined,
  after: AccessGroup,
  { teams = [], keys = [] }: GroupWish,
  { principal }: Ask,
  { grants }: Pick<ManagePorts, 'grants'>,
): Decision<undefined> {
  // Under another name it is on the lists of those who have that name.
  const isRenamed = before !== undefined && before.name !== after.name
  if ((before === undefined || isRenamed) && isModelWord(after.name)) {
    return malformed(`'${after.name}' stands for all models or none in every list. Choose another name.`)
  }
  const isGiven = isRenamed || teams.length + keys.length > 0
  const added = isGiven ? after.models : after.models.filter((model) => before?.models.includes(model) !== true)
  const beyond = decideModelsWithin(added, [modelsOfKey(principal)], grants().modelGroups)
  return beyond === undefined ? allow(undefined) : beyondYoursIn('access_model_names')
}
