import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { AuditAction, AuditObject, AuditRecord, SealedRecord } from '../../domain/audit-record.ts'
import type { EpochMs } from '../../domain/ids.ts'
import { isObject } from '../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import { auditText } from '../../domain/audit-text.ts'
import type { AuditLog, AuditQuery } from '../../ports/audit-log.ts'
import { timestampText } from './column-types.ts'
import type { Database } from './database.ts'
import { pageOf } from './rows/page-sql.ts'

/** `At`: how the column `at` is read. */
interface Columns<At> {
  readonly sequence: bigint
  readonly audit_id: string
  readonly at: At
  readonly actor: string
  readonly actor_role: string
  readonly actor_key: string | null
  readonly on_behalf_of: string | null
  readonly client_address: string | null
  readonly request_id: string
  readonly route: string
  readonly action: AuditAction
  readonly outcome: 'done' | 'refused'
  readonly reason: string | null
  readonly object_type: AuditObject
  readonly object_id: string
  readonly before_value: string
  readonly updated_values: string
  readonly previous_hash: string
  readonly hash: string
}

export function sqlAuditLog(db: Kysely<Database>): AuditLog {
  return {
    list: (query) =>
      pageOf(db, {
        from: sql`latchkey.audit_record a`,
        alias: 'a',
        id: 'sequence',
        conditions: conditionsOf(query),
        sort: { by: sql`a.at` },
        tie: query.order === 'asc' ? sql`a.sequence` : sql`a.sequence desc`,
        page: query,
        read: recordOf,
      }),

    async find(id) {
      const { rows } = await sql<Columns<EpochMs>>`
        select * from latchkey.audit_record where audit_id = ${auditText(id)}`.execute(db)
      return rows.map(recordOf)[0]
    },

    async readAfter(sequence, most) {
      // A time that is not a whole millisecond was never written here, and must not look as if it were.
      const { rows } = await sql<Columns<string>>`
        select *, trim_scale((extract(epoch from at) * 1000)::numeric)::text as at
        from latchkey.audit_record where sequence > ${sequence} order by sequence limit ${most}`.execute(db)
      return rows.map(sealedOf)
    },

    async head() {
      const { rows } = await sql<{ sequence: bigint; hash: string }>`
        select sequence, hash from latchkey.audit_head`.execute(db)
      return rows.map(({ sequence, hash }) => ({ sequence: Number(sequence), hash }))[0]
    },
  }
}

function conditionsOf(query: AuditQuery): readonly RawBuilder<unknown>[] {
  const equal = (column: RawBuilder<unknown>, value: string | undefined): RawBuilder<unknown>[] =>
    value === undefined ? [] : [sql`${column} = ${auditText(value)}`]
  return [
    ...equal(sql`coalesce(a.on_behalf_of, a.actor)`, query.changedBy),
    ...equal(sql`a.actor_key`, query.actorKey),
    ...equal(sql`a.action`, query.action),
    ...equal(sql`a.object_type`, query.objectType),
    ...(query.objectId === undefined ? [] : [about(auditText(query.objectId))]),
    ...(query.from === undefined ? [] : [sql`a.at >= ${timestampText(query.from)}`]),
    ...(query.until === undefined ? [] : [sql`a.at < ${timestampText(query.until)}`]),
  ]
}

/** A group's memberships, which are named `group/member`, are about the group too. */
function about(id: string): RawBuilder<unknown> {
  return sql`(a.object_id = ${id} or (a.object_type in ('LiteLLM_TeamMembership', 'LiteLLM_OrganizationMembership')
    and starts_with(a.object_id, ${`${id}/`})))`
}

function sharedOf(row: Omit<Columns<unknown>, 'at'>) {
  return {
    sequence: Number(row.sequence),
    id: row.audit_id,
    actor: row.actor,
    actorRole: row.actor_role,
    actorKey: row.actor_key ?? undefined,
    onBehalfOf: row.on_behalf_of ?? undefined,
    clientAddress: row.client_address ?? undefined,
    requestId: row.request_id,
    route: row.route,
    action: row.action,
    outcome: row.outcome,
    reason: row.reason ?? undefined,
    objectType: row.object_type,
    objectId: row.object_id,
    previousHash: row.previous_hash,
    hash: row.hash,
  }
}

function recordOf(row: Columns<EpochMs>): AuditRecord {
  return { ...sharedOf(row), at: row.at, before: valuesOf(row.before_value), after: valuesOf(row.updated_values) }
}

function sealedOf(row: Columns<string>): SealedRecord {
  return { ...sharedOf(row), at: Number(row.at), beforeText: row.before_value, afterText: row.updated_values }
}

/** Of a text that somebody spoilt nothing is shown; that it was spoilt is for the verification to say. */
function valuesOf(text: string): JsonObject {
  try {
    const value: JsonValue = JSON.parse(text)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}
