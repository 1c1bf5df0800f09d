import { parseEndUserId, parseOrganizationId, parseTeamId, parseUserId } from '../../domain/ids.ts'
import type { KeyDigest } from '../../domain/ids.ts'
import type { ActivityPart, EntityKind, SummedPart } from '../../ports/spend-reports.ts'
import type { KeyLabel, Rooms } from '../../ports/registry.ts'
import type { ManagePorts } from '../ports.ts'

/** What the ids of a report stand for today. What is gone has no name. */
export interface ActivityNames {
  readonly keys: ReadonlyMap<KeyDigest, KeyLabel>
  readonly entities: ReadonlyMap<string, string | undefined>
}

type Named = Iterable<readonly [id: string, alias: string | undefined]>

const FINDERS: Readonly<Record<EntityKind, (rooms: Rooms, ids: readonly string[]) => Promise<Named>>> = {
  user: async ({ users }, ids) => users.aliases(known(ids, parseUserId)),
  team: async ({ teams }, ids) => aliasesOf(await teams.findMany(known(ids, parseTeamId))),
  organization: async ({ organizations }, ids) =>
    aliasesOf(await organizations.findMany(known(ids, parseOrganizationId))),
  end_user: async ({ endUsers }, ids) => endUsers.aliases(known(ids, parseEndUserId)),
  tag: async () => [],
}

export async function nameActivity(
  parts: readonly (SummedPart & Partial<Pick<ActivityPart, 'key' | 'entities'>>)[],
  by: EntityKind,
  { registry }: Pick<ManagePorts, 'registry'>,
): Promise<ActivityNames> {
  const digests = new Set(parts.map(({ key }) => key).filter((key) => key !== undefined))
  const ids = new Set(parts.flatMap(({ entities }) => entities ?? []))
  const [keys, entities] = await Promise.all([
    registry.rooms.keys.labels([...digests]),
    FINDERS[by](registry.rooms, [...ids]),
  ])
  return { keys, entities: new Map(entities) }
}

function known<Id>(ids: readonly string[], parse: (raw: string) => Id | undefined): readonly Id[] {
  return ids.map(parse).filter((id) => id !== undefined)
}

function aliasesOf(rows: readonly { readonly id: string; readonly alias: string | undefined }[]): Named {
  return rows.map(({ id, alias }) => [id, alias] as const)
}
