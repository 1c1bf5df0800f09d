import { parseEndUserId, parseOrganizationId, parseTeamId, parseUserId } from '../../domain/ids.ts'
import type { KeyDigest } from '../../domain/ids.ts'
import type { ActivityPart, EntityKind } from '../../ports/spend-reports.ts'
import type { Rooms } from '../../ports/registry.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { ManagePorts } from '../ports.ts'

/** What the ids of a report stand for today. What is gone has no name. */
export interface ActivityNames {
  readonly keys: ReadonlyMap<KeyDigest, VirtualKey>
  readonly entities: ReadonlyMap<string, string | undefined>
}

type Named = readonly (readonly [id: string, alias: string | undefined])[]

const FINDERS: Readonly<Record<EntityKind, (rooms: Rooms, ids: readonly string[]) => Promise<Named>>> = {
  user: async ({ users }, ids) => aliasesOf(await users.findMany(known(ids, parseUserId))),
  team: async ({ teams }, ids) => aliasesOf(await teams.findMany(known(ids, parseTeamId))),
  organization: async ({ organizations }, ids) =>
    aliasesOf(await organizations.findMany(known(ids, parseOrganizationId))),
  end_user: async ({ endUsers }, ids) => aliasesOf(await endUsers.findMany(known(ids, parseEndUserId))),
  tag: async () => [],
}

export async function nameActivity(
  parts: readonly ActivityPart[],
  by: EntityKind,
  { registry }: Pick<ManagePorts, 'registry'>,
): Promise<ActivityNames> {
  const digests = new Set(parts.map(({ key }) => key).filter((key) => key !== undefined))
  const ids = new Set(parts.flatMap(({ entities }) => entities))
  const keys = await registry.rooms.keys.findMany([...digests])
  return {
    keys: new Map(keys.map((key) => [key.digest, key])),
    entities: new Map(await FINDERS[by](registry.rooms, [...ids])),
  }
}

function known<Id>(ids: readonly string[], parse: (raw: string) => Id | undefined): readonly Id[] {
  return ids.map(parse).filter((id) => id !== undefined)
}

function aliasesOf(rows: readonly { readonly id: string; readonly alias: string | undefined }[]): Named {
  return rows.map(({ id, alias }) => [id, alias] as const)
}
