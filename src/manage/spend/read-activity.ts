import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { epochMs, parseOrganizationId, parseTeamId, parseUserId } from '../../domain/ids.ts'
import { reachesOrganization, reachesTeam, reachesUser } from '../../domain/scope.ts'
import type { ActivityPart, ActivityQuery, EntityFilter, EntityKind } from '../../ports/spend-reports.ts'
import { placeOfUser } from '../users/decide-user-change.ts'
import { nameActivity } from './name-activity.ts'
import type { ActivityNames } from './name-activity.ts'
import { digestNamed } from '../keys/name-key.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { DAY_MS, readNeededDays } from './read-days.ts'
import type { DayRange } from './read-days.ts'
import { organizationNotFound, teamNotFound } from '../teams/refuse-teams.ts'
import { userNotFound } from '../users/refuse-user.ts'
import { belongsToTeam, spendScopeOf } from './spend-scope.ts'

export interface ActivityAsk {
  readonly ids: readonly string[] | undefined
  readonly exceptIds: readonly string[] | undefined
  /** A key, in full or by its digest. */
  readonly key: string | undefined
  readonly model: string | undefined
  readonly startDate: string | undefined
  readonly endDate: string | undefined
  /** Minutes from the caller's clock to UTC, as browsers tell them: west is positive. */
  readonly timezone: number
}

export interface ActivityReport {
  /** Newest day first. */
  readonly parts: readonly ActivityPart[]
  readonly names: ActivityNames
  /** Tags beside those that were asked for are left out of the break-down. */
  readonly shown: readonly string[] | undefined
}

/** The permission by which a team lets its plain members see what all of it spends. */
const TEAM_ACTIVITY = '/team/daily/activity'

export interface ActivityPage extends ActivityReport {
  /** On all pages. */
  readonly total: number
}

/** A page of the rows in which days are kept. */
export async function readActivityPage(
  by: EntityKind,
  wanted: ActivityAsk & { readonly page: number; readonly size: number },
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<ActivityPage>> {
  const query = await decideQuery(by, wanted, ask, ports)
  if (query.verdict === 'deny') return query
  const { rows, total } =
    query.granted === 'nothing' ? { rows: [], total: 0 } : await ports.ledger.dailyActivity(query.granted, wanted)
  return allow({ ...(await reportOf(rows, by, wanted, ports)), total })
}

export interface TopReport extends ActivityReport {
  /** How many there are. So many of them are told apart. */
  readonly keys: number
  readonly entities: number
}

/** As many keys and entities as somebody looks at. The rest of them is in the sums. */
export const MOST_APART = 100

/** All days of a range at once. */
export async function readTopActivity(
  by: EntityKind,
  wanted: ActivityAsk,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<TopReport>> {
  const query = await decideQuery(by, wanted, ask, ports)
  if (query.verdict === 'deny') return query
  const { parts, keys, entities } =
    query.granted === 'nothing'
      ? { parts: [], keys: 0, entities: 0 }
      : await ports.ledger.topActivity(query.granted, MOST_APART)
  return allow({ ...(await reportOf(parts, by, wanted, ports)), keys, entities })
}

async function reportOf(
  parts: readonly ActivityPart[],
  by: EntityKind,
  { ids }: ActivityAsk,
  ports: ManagePorts,
): Promise<ActivityReport> {
  return { parts, names: await nameActivity(parts, by, ports), shown: ids }
}

/** `nothing`: there is no such key. */
async function decideQuery(
  by: EntityKind,
  wanted: ActivityAsk,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<ActivityQuery | 'nothing'>> {
  const range = readNeededDays(wanted.startDate, wanted.endDate)
  if (range.verdict === 'deny') return range
  const only = await decideAsked(by, wanted.ids, ask, ports)
  if (only.verdict === 'deny') return only
  const key = wanted.key === undefined ? undefined : digestNamed(wanted.key, ports.digests)
  if (wanted.key !== undefined && key === undefined) return allow('nothing')
  return allow({
    scope: spendScopeOf(ask, TEAM_ACTIVITY),
    by,
    only: only.granted,
    except: wanted.exceptIds ?? [],
    ...(key === undefined ? {} : { key }),
    ...(wanted.model === undefined ? {} : { model: wanted.model }),
    ...widened(range.granted, wanted.timezone),
  })
}

/** Days are those of UTC: where the caller's begin or end in another one, that one belongs to the answer. */
function widened({ from, until }: DayRange, timezone: number): DayRange {
  return {
    from: timezone < 0 ? epochMs(from - DAY_MS) : from,
    until: timezone > 0 ? epochMs(until + DAY_MS) : until,
  }
}

/** All or nothing: one foreign id among many is answered as one that does not exist. */
async function decideAsked(
  by: EntityKind,
  ids: readonly string[] | undefined,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<EntityFilter>> {
  const { reach } = ask
  if (reach.scope === 'all') return allow(ids === undefined ? {} : { [by]: ids })
  // Without being told otherwise, people see their own.
  if (ids === undefined) return allow(by === 'user' && reach.userId !== undefined ? { user: [reach.userId] } : {})
  const refused = await DECIDERS[by](ids, ask, ports)
  return refused ?? allow({ [by]: ids })
}

type Decider = (ids: readonly string[], ask: Ask, ports: ManagePorts) => Promise<Decision<never> | undefined>

/** Customers and tags belong to nobody: of theirs there are the lines that the caller sees anyway. */
const DECIDERS: Readonly<Record<EntityKind, Decider>> = {
  user: async (ids, { reach }, { registry }) => {
    for (const name of ids) {
      const id = parseUserId(name)
      const facts = id === undefined ? undefined : await registry.rooms.users.facts(id)
      if (facts === undefined || !reachesUser(reach, placeOfUser(facts))) return userNotFound(name, reach)
    }
    return undefined
  },
  team: async (ids, ask, { registry }) => {
    const teams = await registry.rooms.teams.findMany(ids.map(parseTeamId).filter((id) => id !== undefined))
    const seen = new Set<string>(
      teams.filter((team) => reachesTeam(ask.reach, team) || belongsToTeam(ask, team.id)).map(({ id }) => id),
    )
    const foreign = ids.find((id) => !seen.has(id))
    return foreign === undefined ? undefined : teamNotFound(foreign)
  },
  organization: async (ids, { reach }) => {
    const foreign = ids.find((name) => {
      const id = parseOrganizationId(name)
      return id === undefined || !reachesOrganization(reach, id)
    })
    return foreign === undefined ? undefined : organizationNotFound(foreign)
  },
  end_user: async () => undefined,
  tag: async () => undefined,
}
