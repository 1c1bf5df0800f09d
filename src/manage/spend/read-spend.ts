import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { parseTeamId, parseUserId } from '../../domain/ids.ts'
import type { LedgerEntry } from '../../domain/ledger-entry.ts'
import { NO_MONEY } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import { MASTER_ALIAS } from '../../domain/principal.ts'
import type { DailySpend, LedgerFilter } from '../../ports/ledger.ts'
import { digestNamed } from '../keys/name-key.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { DAY_MS, dayOf, dayStart, readDays } from './read-days.ts'
import type { DayRange } from './read-days.ts'
import { malformed } from '../refuse.ts'
import { spendScopeOf } from './spend-scope.ts'

export interface SpendAsk {
  readonly requestId?: string | undefined
  /** A key, in full or by its digest. */
  readonly key?: string | undefined
  readonly userId?: string | undefined
  readonly teamId?: string | undefined
  /** First and last day, `YYYY-MM-DD`, UTC. */
  readonly startDate?: string | undefined
  readonly endDate?: string | undefined
  readonly summarize: boolean
}

export type SpendReport =
  | { readonly kind: 'lines'; readonly lines: readonly LedgerEntry[] }
  | { readonly kind: 'days'; readonly days: readonly DailySpend[] }

type Filter = Omit<LedgerFilter, 'limit'>

/** Without any filter: the newest so many. */
export const MOST_LINES_UNFILTERED = 1_000
export const MOST_LINES = 10_000
const NOTHING: SpendReport = { kind: 'lines', lines: [] }

/** The permission by which a team lets its plain members see the lines of all of them. */
export const SPEND_LOGS = '/spend/logs'

/** Lines that the caller sees, or their sums by the day. INV-14: others do not exist, whatever is asked for. */
export async function readSpend(wanted: SpendAsk, ask: Ask, ports: ManagePorts): Promise<Decision<SpendReport>> {
  const range = readDays(wanted.startDate, wanted.endDate)
  if (range.verdict === 'deny') return range
  const named = readNamed(wanted, ask, ports)
  if (named.verdict === 'deny') return named
  if (named.granted === 'nobody') return allow(NOTHING)
  const filter: Filter = { ...named.granted, ...range.granted, scope: spendScopeOf(ask, SPEND_LOGS) }

  if (wanted.requestId === undefined && range.granted !== undefined && wanted.summarize) {
    return allow({ kind: 'days', days: withTrailingDays(await ports.ledger.daily(filter), range.granted) })
  }
  const isFiltered = range.granted !== undefined || Object.keys(named.granted).length > 0
  const limit = isFiltered ? MOST_LINES : MOST_LINES_UNFILTERED
  return allow({ kind: 'lines', lines: await ports.ledger.entries({ ...filter, limit }) })
}

export async function readTotalSpend({ ledger }: Pick<ManagePorts, 'ledger'>): Promise<PicoUsd> {
  return (await ledger.listSpend('all')).get('') ?? NO_MONEY
}

export type NamedInLines = Pick<Filter, 'requestId' | 'key' | 'userId' | 'teamId'>

/** What the call names, as the ledger knows it. `nobody`: nothing can fit. */
export function readNamed(
  { requestId, key, userId, teamId }: Pick<SpendAsk, 'requestId' | 'key' | 'userId' | 'teamId'>,
  { reach }: Ask,
  ports: ManagePorts,
): Decision<NamedInLines | 'nobody'> {
  const digest = key === undefined ? undefined : digestNamed(key, ports.digests)
  const isMaster = key === MASTER_ALIAS || (digest !== undefined && ports.digests.equal(digest, ports.masterKey))
  if (reach.scope === 'all' && isMaster) {
    return malformed('Lines of the master key cannot be picked out yet. Ask by `request_id` or by dates.')
  }
  const user = userId === undefined ? undefined : parseUserId(userId)
  const team = teamId === undefined ? undefined : parseTeamId(teamId)
  const asked = [key, userId, teamId].filter((name) => name !== undefined)
  const known = [digest, user, team].filter((id) => id !== undefined)
  if (asked.length !== known.length) return allow('nobody')
  return allow({
    ...(requestId === undefined ? {} : { requestId }),
    ...(digest === undefined ? {} : { key: digest }),
    ...(user === undefined ? {} : { userId: user }),
    ...(team === undefined ? {} : { teamId: team }),
  })
}

/** Oldest first; from the last day with a line to the end of the range there are no gaps. */
function withTrailingDays(days: readonly DailySpend[], { from, until }: DayRange): readonly DailySpend[] {
  const known = days.toReversed()
  const last = known.at(-1)
  const filled = [...known]
  const next = last === undefined ? from : (dayStart(last.day) ?? from) + DAY_MS
  for (let at = next; at < until; at += DAY_MS) filled.push(emptyDay(dayOf(at)))
  return filled
}

function emptyDay(day: string): DailySpend {
  return { day, total: NO_MONEY, byKey: new Map(), byUser: new Map(), byModel: new Map() }
}
