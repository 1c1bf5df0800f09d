import { parseTeamId } from '../../domain/ids.ts'
import type { Page } from '../../ports/page.ts'
import type { ListedAliases } from '../../ports/registry.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { scopeOf } from '../scope-of.ts'

export interface AliasListAsk {
  readonly part: string | undefined
  readonly teamId: string | undefined
  /** Undefined: all of them. */
  readonly page: Pick<Page, 'page' | 'size'> | undefined
}

/** The aliases of the keys that the caller sees. A team of others has none. */
export async function listAliases(
  { part, teamId, page }: AliasListAsk,
  { reach }: Ask,
  { registry }: Pick<ManagePorts, 'registry'>,
): Promise<ListedAliases> {
  const team = teamId === undefined ? undefined : parseTeamId(teamId)
  if (teamId !== undefined && team === undefined) return { json: '[]', total: 0 }
  return registry.rooms.keys.listAliases({
    scope: scopeOf(reach),
    ...(team === undefined ? {} : { teamId: team }),
    ...(part === undefined ? {} : { part }),
    ...(page === undefined ? {} : { page }),
  })
}
