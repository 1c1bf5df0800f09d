import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { parseOrganizationId, parseTeamId, parseUserId } from '../../domain/ids.ts'
import { actorName } from '../../domain/principal.ts'
import type { PageOf } from '../../ports/page.ts'
import type { KeyQuery } from '../../ports/registry.ts'
import { digestNamed } from './name-key.ts'
import { nameOwners } from '../users/name-owners.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { withSpends } from './read-key.ts'
import type { KeyWithSpend } from './read-key.ts'
import { malformed } from '../refuse.ts'
import { KEY_LIST, scopeOf, teamsOf } from '../scope-of.ts'

export interface KeyListAsk {
  readonly page: number
  readonly size: number
  readonly userId: string | undefined
  readonly teamId: string | undefined
  readonly organizationId: string | undefined
  /** No key is of a project: there are none. */
  readonly projectId: string | undefined
  /** A key, in full or by its digest. */
  readonly key: string | undefined
  readonly alias: string | undefined
  readonly withTeamKeys: boolean
  readonly withCreatedKeys: boolean
  readonly withUser: boolean
  readonly sort: string
  readonly order: string
  readonly status: string | undefined
}

const SORTS: ReadonlyMap<string, KeyQuery['sort']> = new Map(
  (['spend', 'max_budget', 'created_at', 'updated_at', 'token', 'key_alias'] as const).map((name) => [name, name]),
)

export async function readKeyPage(
  list: KeyListAsk,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<PageOf<KeyWithSpend>>> {
  const sort = SORTS.get(list.sort)
  if (sort === undefined) return malformed(`Invalid sort column. Must be one of: ${[...SORTS.keys()].join(', ')}`)
  const { order, page, size } = list
  if (order !== 'asc' && order !== 'desc') return malformed('Invalid sort order. Must be one of: asc, desc')
  if (list.status !== undefined && list.status !== 'deleted') return malformed('`status` must be deleted, or absent.')
  const lets = decideAsked(list, ask)
  if (lets.verdict === 'deny') return lets
  const filter = filterOf(list, ports)
  if (filter === undefined) return allow({ rows: [], total: 0 })
  const scope = scopeOf(ask.reach, KEY_LIST)
  const query: KeyQuery = { ...filter, ...pinned(list, ask), scope, sort, order, page, size }
  const found = await (list.status === 'deleted' ? pageOfDeleted : pageOfKeys)(query, ports)
  return allow(list.withUser ? { ...found, rows: await nameOwners(found.rows, ask, ports) } : found)
}

/** Whoever asks for what is not theirs is told so, whether it exists or not. */
function decideAsked({ userId, teamId, organizationId, key }: KeyListAsk, { reach }: Ask): Decision<undefined> {
  if (reach.scope === 'all') return allow(undefined)
  const isOpen = teamId !== undefined || organizationId !== undefined || key !== undefined
  const others = userId !== undefined && userId !== reach.userId
  if (others && !isOpen && reach.organizations.size === 0 && reach.adminTeams.size === 0)
    return notYours('another user')
  const teams: readonly string[] = [...teamsOf(reach, KEY_LIST), ...reach.memberTeams.keys()]
  if (teamId !== undefined && !teams.includes(teamId) && reach.organizations.size === 0) return notYours('this team')
  const organizations: readonly string[] = [...reach.organizations]
  if (organizationId !== undefined && !organizations.includes(organizationId)) return notYours('this organization')
  return allow(undefined)
}

function notYours(whose: string): Decision<never> {
  return deny('not-yours', 'object_denied', `You are not authorized to check ${whose}'s keys`)
}

/** Without being told otherwise, people see their own keys. */
function pinned(list: KeyListAsk, { reach, principal }: Ask): Partial<KeyQuery> {
  const isOpen = list.userId === undefined && list.teamId === undefined && list.organizationId === undefined
  const own = reach.scope === 'some' && isOpen && list.key === undefined ? reach.userId : undefined
  const creator = principal.kind === 'master' ? undefined : actorName(principal)
  return {
    ...(own === undefined ? {} : { userId: own }),
    ...(list.withTeamKeys ? { orTeams: teamsOf(reach, KEY_LIST) } : {}),
    ...(list.withCreatedKeys && creator !== undefined ? { orCreatedBy: creator } : {}),
  }
}

async function pageOfDeleted(query: KeyQuery, ports: ManagePorts): Promise<PageOf<KeyWithSpend>> {
  const { rows, total } = await ports.registry.rooms.keys.listDeleted(query)
  const keys = await withSpends(
    rows.map(({ key }) => key),
    ports,
  )
  return {
    total,
    rows: keys.map((key, index) => {
      const gone = rows[index]
      return gone === undefined ? key : { ...key, deleted: { at: gone.deletedAt, by: gone.deletedBy } }
    }),
  }
}

export async function pageOfKeys(query: KeyQuery, ports: ManagePorts): Promise<PageOf<KeyWithSpend>> {
  const { rows, total } = await ports.registry.rooms.keys.list(query)
  return { rows: await withSpends(rows, ports), total }
}

/** Undefined: no key can fit. */
function filterOf(
  { key, userId, teamId, organizationId, projectId, alias }: KeyListAsk,
  ports: ManagePorts,
): Partial<KeyQuery> | undefined {
  if (projectId !== undefined) return undefined
  const digest = key === undefined ? undefined : digestNamed(key, ports.digests)
  const user = userId === undefined ? undefined : parseUserId(userId)
  const team = teamId === undefined ? undefined : parseTeamId(teamId)
  const organization = organizationId === undefined ? undefined : parseOrganizationId(organizationId)
  const asked = [key, userId, teamId, organizationId].filter((name) => name !== undefined)
  const known = [digest, user, team, organization].filter((id) => id !== undefined)
  if (asked.length !== known.length) return undefined
  return {
    ...(digest === undefined ? {} : { digest }),
    ...(user === undefined ? {} : { userId: user }),
    ...(team === undefined ? {} : { teamId: team }),
    ...(organization === undefined ? {} : { organizationId: organization }),
    ...(alias === undefined ? {} : { aliasPart: alias }),
  }
}
