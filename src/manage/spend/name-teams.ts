import type { TeamId } from '../../domain/ids.ts'
import type { LedgerEntry } from '../../domain/ledger-entry.ts'
import type { ManagePorts } from '../ports.ts'

/** What the teams that lines belong to are called today. One that is gone has no name. */
export async function nameTeams(
  lines: readonly LedgerEntry[],
  { registry }: Pick<ManagePorts, 'registry'>,
): Promise<ReadonlyMap<TeamId, string>> {
  const ids = new Set(lines.flatMap(({ teamId }) => teamId ?? []))
  const teams = await registry.rooms.teams.findMany([...ids])
  return new Map(teams.flatMap(({ id, alias }) => (alias === undefined ? [] : [[id, alias] as const])))
}
