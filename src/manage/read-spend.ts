import { allow } from '../domain/decision.ts'
import type { Decision } from '../domain/decision.ts'
import { epochMs, parseUserId } from '../domain/ids.ts'
import type { EpochMs, KeyDigest, UserId } from '../domain/ids.ts'
import type { LedgerEntry } from '../domain/ledger-entry.ts'
import { addUsd, NO_MONEY } from '../domain/money.ts'
import type { PicoUsd } from '../domain/money.ts'
import { MASTER_ALIAS } from '../domain/principal.ts'
import type { Principal } from '../domain/principal.ts'
import type { DailySpend, LedgerFilter } from '../ports/ledger.ts'
import { digestNamed } from './name-key.ts'
import type { ManagePorts } from './ports.ts'
import { malformed } from './refuse.ts'

export interface SpendAsk {
  readonly requestId?: string | undefined
  /** A key, in full or by its digest. */
  readonly key?: string | undefined
  readonly userId?: string | undefined
  /** First and last day, `YYYY-MM-DD`, UTC. */
  readonly startDate?: string | undefined
  readonly endDate?: string | undefined
  readonly summarize: boolean
}

export type SpendReport =
  | { readonly kind: 'lines'; readonly lines: readonly LedgerEntry[] }
  | { readonly kind: 'days'; readonly days: readonly DailySpend[] }

type Scope = Pick<LedgerFilter, 'key' | 'userId'>
type Range = { readonly from: EpochMs; readonly until: EpochMs }

/** Without any filter: the newest so many. */
export const MOST_LINES_UNFILTERED = 1_000
export const MOST_LINES = 10_000
const DAY_MS = 86_400_000
const MOST_DAYS = 3_660
const NOTHING: SpendReport = { kind: 'lines', lines: [] }

export async function readSpend(
  ask: SpendAsk,
  principal: Principal,
  ports: ManagePorts,
): Promise<Decision<SpendReport>> {
  const range = readRange(ask)
  if (range.verdict === 'deny') return range
  const scope = readScope(ask, principal, ports)
  if (scope.verdict === 'deny') return scope
  if (scope.granted === 'nobody') return allow(NOTHING)

  if (ask.requestId !== undefined) {
    const filter = { ...scope.granted, ...range.granted, requestId: ask.requestId, limit: MOST_LINES }
    return allow({ kind: 'lines', lines: await ports.ledger.entries(filter) })
  }
  if (range.granted !== undefined && ask.summarize) {
    const days = await ports.ledger.daily({ ...scope.granted, ...range.granted })
    return allow({ kind: 'days', days: withTrailingDays(days, range.granted) })
  }
  const isFiltered = range.granted !== undefined || ask.key !== undefined || ask.userId !== undefined
  const limit = isFiltered ? MOST_LINES : MOST_LINES_UNFILTERED
  return allow({ kind: 'lines', lines: await ports.ledger.entries({ ...scope.granted, ...range.granted, limit }) })
}

export async function readTotalSpend({ ledger }: Pick<ManagePorts, 'ledger'>): Promise<PicoUsd> {
  const days = await ledger.daily({})
  return days.reduce((sum, day) => addUsd(sum, day.total), NO_MONEY)
}

/** A virtual key reads its own lines, whatever it asks for; what is not among them does not exist. */
function readScope(ask: SpendAsk, principal: Principal, ports: ManagePorts): Decision<Scope | 'nobody'> {
  const asked = ask.key === undefined ? undefined : digestNamed(ask.key, ports.digests)
  const isMaster = ask.key === MASTER_ALIAS || (asked !== undefined && ports.digests.equal(asked, ports.masterKey))
  if (principal.kind === 'master' && isMaster) {
    return malformed('Lines of the master key cannot be picked out yet. Ask by `request_id` or by dates.')
  }
  const userId = ask.userId === undefined ? undefined : parseUserId(ask.userId)
  const isUnknown = (ask.key !== undefined && asked === undefined) || (ask.userId !== undefined && userId === undefined)
  if (isUnknown) return allow('nobody')
  if (principal.kind === 'master') return allow(scopeOf(asked, userId))
  const own = principal.key.digest
  return allow(asked === undefined || asked === own ? scopeOf(own, userId) : 'nobody')
}

function scopeOf(key: KeyDigest | undefined, userId: UserId | undefined): Scope {
  return { ...(key === undefined ? {} : { key }), ...(userId === undefined ? {} : { userId }) }
}

function readRange({ startDate, endDate }: SpendAsk): Decision<Range | undefined> {
  if (startDate === undefined && endDate === undefined) return allow(undefined)
  if (startDate === undefined || endDate === undefined) return malformed('Please provide start_date and end_date')
  const from = dayStart(startDate)
  const last = dayStart(endDate)
  if (from === undefined || last === undefined)
    return malformed('`start_date` and `end_date` must be days as YYYY-MM-DD.')
  if (last < from) return malformed('`end_date` is before `start_date`.')
  if (last - from > MOST_DAYS * DAY_MS) return malformed(`A report covers at most ${MOST_DAYS} days.`)
  return allow({ from, until: epochMs(last + DAY_MS) })
}

const DAY = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/

/** The 30th of February is no day. */
function dayStart(text: string): EpochMs | undefined {
  const at = DAY.test(text) ? Date.parse(`${text}T00:00:00.000Z`) : Number.NaN
  return Number.isNaN(at) || dayOf(at) !== text ? undefined : epochMs(at)
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 'YYYY-MM-DD'.length)
}

/** Oldest first; from the last day with a line to the end of the range there are no gaps. */
function withTrailingDays(days: readonly DailySpend[], { from, until }: Range): readonly DailySpend[] {
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
