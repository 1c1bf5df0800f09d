import type { AuditDraft } from '../../domain/audit-record.ts'
import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { parseTeamId } from '../../domain/ids.ts'
import type { KeyDigest, TeamId } from '../../domain/ids.ts'
import { restamped } from '../../domain/stamps.ts'
import type { GroupHolders, Rooms } from '../../ports/registry.ts'
import { describeChange } from '../describe-change.ts'
import { digestNamed } from '../keys/name-key.ts'
import { changer } from '../ports.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { keyNotFound } from '../refuse.ts'

/** Who a group is to be given to. Absent: as it is. */
export interface AssignmentWish {
  readonly teams?: readonly string[] | undefined
  readonly keys?: readonly string[] | undefined
}

interface Assigned {
  readonly holders: GroupHolders
  readonly records: readonly AuditDraft[]
}

const NOTHING = ['no-default-models']
const NOBODY: GroupHolders = { teams: [], keys: [] }

/** Makes exactly those teams and keys hold the group. */
export async function assignAccessGroup(
  groupId: string,
  wish: AssignmentWish,
  rooms: Rooms,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<Assigned>> {
  const held = (await rooms.accessGroups.holders([groupId])).get(groupId) ?? NOBODY
  const teams = teamsNamed(wish.teams, held.teams)
  if (teams === undefined) return deny('team-not-found', 'object_denied')
  const keys = keysNamed(wish.keys, held.keys, ports)
  if (keys === undefined) return keyNotFound()

  const ofTeams = await assignTeams(groupId, held.teams, teams, rooms, ask, ports)
  if (ofTeams.verdict === 'deny') return ofTeams
  const ofKeys = await assignKeys(groupId, held.keys, keys, rooms, ask, ports)
  if (ofKeys.verdict === 'deny') return ofKeys
  return allow({ holders: { teams, keys }, records: [...ofTeams.granted, ...ofKeys.granted] })
}

function teamsNamed(names: readonly string[] | undefined, held: readonly TeamId[]): readonly TeamId[] | undefined {
  if (names === undefined) return held
  const ids = names.map(parseTeamId)
  return ids.includes(undefined) ? undefined : unique(ids)
}

function keysNamed(
  names: readonly string[] | undefined,
  held: readonly KeyDigest[],
  { digests }: ManagePorts,
): readonly KeyDigest[] | undefined {
  if (names === undefined) return held
  const found = names.map((name) => digestNamed(name, digests))
  return found.includes(undefined) ? undefined : unique(found)
}

async function assignTeams(
  groupId: string,
  held: readonly TeamId[],
  wanted: readonly TeamId[],
  rooms: Rooms,
  ask: Ask,
  { clock }: ManagePorts,
): Promise<Decision<readonly AuditDraft[]>> {
  const changed = differing(held, wanted)
  const rows = await rooms.teams.findMany(changed)
  if (rows.length !== changed.length) return deny('team-not-found', 'object_denied')
  const records: AuditDraft[] = []
  for (const row of rows) {
    const next = restamped(switched(row, groupId, wanted.includes(row.id)), changer(ask), clock.now())
    await rooms.teams.update(next)
    const change = describeChange(row, next)
    records.push({ action: 'updated', objectType: 'LiteLLM_TeamTable', objectId: row.id, ...change })
  }
  return allow(records)
}

async function assignKeys(
  groupId: string,
  held: readonly KeyDigest[],
  wanted: readonly KeyDigest[],
  rooms: Rooms,
  ask: Ask,
  { clock }: ManagePorts,
): Promise<Decision<readonly AuditDraft[]>> {
  const changed = differing(held, wanted)
  const rows = await rooms.keys.findMany(changed)
  if (rows.length !== changed.length) return keyNotFound()
  const records: AuditDraft[] = []
  for (const row of rows) {
    const next = restamped(switched(row, groupId, wanted.includes(row.digest)), changer(ask), clock.now())
    await rooms.keys.update(next)
    const change = describeChange(row, next)
    records.push({ action: 'updated', objectType: 'LiteLLM_VerificationToken', objectId: row.digest, ...change })
  }
  return allow(records)
}

interface Restricted {
  readonly models: readonly string[]
  readonly accessGroupIds: readonly string[]
}

/** Who had this group and nothing else is left with nothing: without any list, all models would be open. */
function switched<Row extends Restricted>(row: Row, id: string, on: boolean): Row {
  const others = row.accessGroupIds.filter((each) => each !== id)
  if (on) return { ...row, accessGroupIds: [...others, id] }
  const hasNothing = others.length === 0 && row.models.length === 0
  return { ...row, accessGroupIds: others, models: hasNothing ? NOTHING : row.models }
}

function differing<Id>(held: readonly Id[], wanted: readonly Id[]): readonly Id[] {
  return [...held.filter((id) => !wanted.includes(id)), ...wanted.filter((id) => !held.includes(id))]
}

function unique<Id>(ids: readonly (Id | undefined)[]): readonly Id[] {
  return [...new Set(ids.filter((id) => id !== undefined))]
}
