import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { LedgerEntry } from '../../domain/ledger-entry.ts'
import { parseUsd } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import type { PageOf } from '../../ports/page.ts'
import type { LineQuery } from '../../ports/spend-reports.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { readMoments } from './read-days.ts'
import { readNamed, SPEND_LOGS } from './read-spend.ts'
import { malformed } from '../refuse.ts'
import { spendScopeOf } from './spend-scope.ts'

export interface SpendLinesAsk {
  /** First and last moment, `YYYY-MM-DD HH:MM:SS`, UTC. */
  readonly startDate: string | undefined
  readonly endDate: string | undefined
  readonly requestId: string | undefined
  /** A key, in full or by its digest. */
  readonly key: string | undefined
  readonly userId: string | undefined
  readonly teamId: string | undefined
  readonly endUserId: string | undefined
  readonly leastSpend: number | undefined
  readonly mostSpend: number | undefined
  readonly status: string | undefined
  readonly model: string | undefined
  readonly deploymentId: string | undefined
  readonly keyAlias: string | undefined
  readonly httpStatus: string | undefined
  readonly errorPart: string | undefined
  readonly sessionId: string | undefined
  readonly page: number
  readonly size: number
  readonly sort: string
  readonly order: string
}

const SORTS: ReadonlyMap<string, LineQuery['sort']> = new Map(
  (['spend', 'total_tokens', 'startTime', 'endTime'] as const).map((name) => [name, name]),
)
const NONE: PageOf<LedgerEntry> = { rows: [], total: 0 }

/** A page of the lines that the caller sees. */
export async function readSpendLines(
  list: SpendLinesAsk,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<PageOf<LedgerEntry>>> {
  const sort = SORTS.get(list.sort)
  if (sort === undefined) return malformed(`Invalid sort column. Must be one of: ${[...SORTS.keys()].join(', ')}`)
  const { order, page, size, status } = list
  if (order !== 'asc' && order !== 'desc') return malformed('Invalid sort order. Must be one of: asc, desc')
  if (status !== undefined && status !== 'success' && status !== 'failure') {
    return malformed('`status_filter` must be success or failure.')
  }
  const range = readMoments(list.startDate, list.endDate)
  if (range.verdict === 'deny') return range
  const amounts = readAmounts(list)
  if (amounts.verdict === 'deny') return amounts
  const named = readNamed(list, ask, ports)
  if (named.verdict === 'deny') return named
  if (named.granted === 'nobody') return allow(NONE)
  const { requestId, key } = named.granted
  const filters: Partial<LineQuery> & Pick<LineQuery, 'only'> = {
    ...amounts.granted,
    ...textFilters(list),
    ...(status === undefined ? {} : { status }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(key === undefined ? {} : { key }),
    only: onlyOf(list),
  }
  const scope = spendScopeOf(ask, SPEND_LOGS)
  return allow(await ports.ledger.lines({ ...filters, ...range.granted, scope, sort, order, page, size }))
}

type Amounts = { readonly leastSpend?: PicoUsd; readonly mostSpend?: PicoUsd }

function readAmounts({ leastSpend, mostSpend }: SpendLinesAsk): Decision<Amounts> {
  const least = leastSpend === undefined ? undefined : parseUsd(leastSpend)
  const most = mostSpend === undefined ? undefined : parseUsd(mostSpend)
  if ((leastSpend !== undefined && least === undefined) || (mostSpend !== undefined && most === undefined)) {
    return malformed('`min_spend` and `max_spend` are amounts of dollars.')
  }
  return allow({
    ...(least === undefined ? {} : { leastSpend: least }),
    ...(most === undefined ? {} : { mostSpend: most }),
  })
}

const TEXTS = ['model', 'deploymentId', 'keyAlias', 'httpStatus', 'errorPart', 'sessionId'] as const

function textFilters(list: SpendLinesAsk): Partial<Record<(typeof TEXTS)[number], string>> {
  return Object.fromEntries(
    TEXTS.flatMap((name) => {
      const value = list[name]
      return value === undefined ? [] : [[name, value] as const]
    }),
  )
}

function onlyOf({ userId, teamId, endUserId }: SpendLinesAsk): LineQuery['only'] {
  return {
    ...(userId === undefined ? {} : { user: [userId] }),
    ...(teamId === undefined ? {} : { team: [teamId] }),
    ...(endUserId === undefined ? {} : { end_user: [endUserId] }),
  }
}
