import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { epochMs, parseOrganizationId, parseTeamId, parseUserId } from '../../domain/ids.ts'
import { reachesOrganization, reachesTeam, reachesUser } from '../../domain/scope.ts'
import type { DailyActivity, DailyActivityQuery, EntityFilter, EntityKind } from '../../ports/spend-reports.ts'
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
  readonly days: DailyActivityQuery['days']
}

export interface ActivityReport extends DailyActivity {
  readonly names: ActivityNames
  /** Tags beside those that were asked for are left out of the break-down. */
  readonly shown: readonly string[] | undefined
}

/** The permission by which a team lets its plain members see what all of it spends. */
const TEAM_ACTIVITY = '/team/daily/activity'

export async function readActivity(
  by: EntityKind,
  wanted: ActivityAsk,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<ActivityReport>> {
  const range = readNeededDays(wanted.startDate, wanted.endDate)
  if (range.verdict === 'deny') return range
  const only = await decideAsked(by, wanted.ids, ask, ports)
  if (only.verdict === 'deny') return only
  const key = wanted.key === undefined ? undefined : digestNamed(wanted.key, ports.digests)
  const isUnknown = wanted.key !== undefined && key === undefined
  const query: DailyActivityQuery = {
    scope: spendScopeOf(ask, TEAM_ACTIVITY),
    by,
    only: only.granted,
    except: wanted.exceptIds === undefined ? {} : { [by]: wanted.exceptIds },
    ...(key === undefined ? {} : { key }),
    ...(wanted.model === undefined ? {} : { model: wanted.model }),
    ...widened(range.granted, wanted.timezone),
    days: wanted.days,
  }
  const activity = isUnknown ? { parts: [], totalDays: 0 } : await ports.ledger.dailyActivity(query)
  return allow({ ...activity, names: await nameActivity(activity.parts, by, ports), shown: wanted.ids })
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
