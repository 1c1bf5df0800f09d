import type { AuditRecord } from '../../domain/audit-record.ts'
import { allow, deny } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import { epochMs } from '../../domain/ids.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { Reach } from '../../domain/reach.ts'
import type { AuditLog, AuditQuery } from '../../ports/audit-log.ts'
import type { PageOf } from '../../ports/page.ts'
import { malformed } from '../refuse.ts'
import { dayStart } from '../spend/read-days.ts'

export interface AuditAsk {
  readonly page: number
  readonly size: number
  readonly changedBy: string | undefined
  readonly actorKey: string | undefined
  readonly action: string | undefined
  readonly objectType: string | undefined
  readonly objectId: string | undefined
  readonly startDate: string | undefined
  readonly endDate: string | undefined
  readonly sort: string
  readonly order: string
}

export async function readAuditPage(
  ask: AuditAsk,
  reach: Reach,
  log: AuditLog,
): Promise<Decision<PageOf<AuditRecord>>> {
  if (reach.scope !== 'all') return notForYou()
  if (ask.sort !== 'updated_at') return malformed('Invalid sort column. Must be one of: updated_at')
  const { order, page, size } = ask
  if (order !== 'asc' && order !== 'desc') return malformed('Invalid sort order. Must be one of: asc, desc')
  const from = ask.startDate === undefined ? undefined : momentOf(ask.startDate)
  const last = ask.endDate === undefined ? undefined : momentOf(ask.endDate)
  if (from === 'unreadable' || last === 'unreadable')
    return malformed('`start_date` and `end_date` must be days as YYYY-MM-DD, or times as YYYY-MM-DDThh:mm:ssZ.')
  return allow(await log.list({ ...filterOf(ask), ...rangeOf(from, last), order, page, size }))
}

export async function readAuditRecord(id: string, reach: Reach, log: AuditLog): Promise<Decision<AuditRecord>> {
  if (reach.scope !== 'all') return notForYou()
  const record = await log.find(id)
  return record === undefined
    ? deny('object-not-found', 'object_denied', 'Audit log not found. Call `/audit` for those that there are.')
    : allow(record)
}

/** Records don't say in which organisation their object lay at the time, so that none can be shown by organisation. */
function notForYou(): Denied {
  return deny('admin-only', 'authz_role', 'Only proxy admins and proxy admin viewers may read the audit log.')
}

function filterOf({ changedBy, actorKey, action, objectType, objectId }: AuditAsk): Partial<AuditQuery> {
  return {
    ...(changedBy === undefined ? {} : { changedBy }),
    ...(actorKey === undefined ? {} : { actorKey }),
    ...(action === undefined ? {} : { action }),
    ...(objectType === undefined ? {} : { objectType }),
    ...(objectId === undefined ? {} : { objectId }),
  }
}

/** A stretch of time: a day, or a moment, which stands for its second. */
interface Moment {
  readonly at: EpochMs
  readonly endsAt: EpochMs
}

function rangeOf(from: Moment | undefined, last: Moment | undefined): Partial<AuditQuery> {
  return {
    ...(from === undefined ? {} : { from: from.at }),
    ...(last === undefined ? {} : { until: last.endsAt }),
  }
}

/** Years that every store can hold, a day later too. */
const DAY = /^[12]\d{3}-\d{2}-\d{2}$/
const MOMENT = /^([12]\d{3}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)(Z|[+-]\d{2}:\d{2})?$/
const DAY_MS = 86_400_000
const SECOND_MS = 1_000

/** Without a zone: UTC. */
function momentOf(text: string): Moment | 'unreadable' {
  const [, day, time, zone = 'Z'] = MOMENT.exec(text) ?? []
  const at = DAY.test(text) ? Date.parse(`${text}T00:00:00Z`) : Date.parse(`${day}T${time}${zone}`)
  if (Number.isNaN(at) || dayStart(day ?? text) === undefined) return 'unreadable'
  return { at: epochMs(at), endsAt: epochMs(at + (day === undefined ? DAY_MS : SECOND_MS)) }
}
