import type { AuditAction, AuditDraft } from '../../domain/audit-record.ts'
import { allow, deny } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import type { EndUser } from '../../domain/end-user.ts'
import { epochMs, parseEndUserId } from '../../domain/ids.ts'
import type { EndUserId, EpochMs } from '../../domain/ids.ts'
import type { Rooms } from '../../ports/registry.ts'
import { changeAction, describeChange, describeRow, isSame } from '../describe-change.ts'
import { chooseBudget, dropOwnBudgets } from './own-budget.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { malformed } from '../refuse.ts'
import type { LimitWish } from './revise-limits.ts'
import { withCascade } from '../with-cascade.ts'

export interface CustomerOrder {
  readonly id: string
  readonly wish: CustomerWish
}

interface CustomerWish {
  readonly alias?: string | undefined
  readonly blocked?: boolean | undefined
  readonly defaultModel?: string | undefined
  readonly budgetId: string | null | undefined
  readonly limits: LimitWish
}

const MOST_AT_ONCE = 500

export async function createCustomer(
  { id, wish }: CustomerOrder,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<EndUser>> {
  const customerId = parseEndUserId(id)
  if (customerId === undefined) return malformedId()
  return ports.registry.change(ask.origin, about('created', id), async (rooms) => {
    const changed = await wished(blankCustomer(customerId, ports.clock.now()), wish, ask, rooms, ports)
    if (changed.verdict === 'deny') return changed
    const { row } = changed.granted
    if ((await rooms.endUsers.insert(row)) === 'taken') {
      return deny(
        'customer-taken',
        'param_type',
        `Customer already exists, passed user_id=${id}. Please pass a new user_id.`,
      )
    }
    const created = { ...about('created', id), before: {}, after: describeRow(row) }
    return allow({ outcome: row, records: [withCascade(created, changed.granted.records)] })
  })
}

/** A customer who has only been named in calls so far gets a row. */
export async function updateCustomer(
  { id, wish }: CustomerOrder,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<EndUser>> {
  const customerId = parseEndUserId(id)
  if (customerId === undefined) return customerUnknown(id)
  const isKnown = (await ports.ledger.spendOf('end_user', [customerId])).has(customerId)
  return ports.registry.change(ask.origin, about('updated', id), async (rooms) => {
    const now = ports.clock.now()
    const current = await rooms.endUsers.find(customerId)
    if (current === undefined && !isKnown) return customerUnknown(id)
    const changed = await wished(current ?? blankCustomer(customerId, now), wish, ask, rooms, ports)
    if (changed.verdict === 'deny') return changed
    const { outcome, record } = await put(current, changed.granted.row, changed.granted.records, now, rooms)
    return allow({ outcome, records: [record] })
  })
}

/** Whom nobody has heard of can be blocked as well, before the first call. */
export async function setCustomersBlocked(
  names: readonly string[],
  blocked: boolean,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<readonly EndUser[]>> {
  const ids = parsedIds(names)
  if (ids.verdict === 'deny') return ids
  const action = blocked ? 'blocked' : 'unblocked'
  return ports.registry.change(ask.origin, about(action, names.join(',')), async (rooms) => {
    const now = ports.clock.now()
    const outcome: EndUser[] = []
    const records: AuditDraft[] = []
    for (const id of ids.granted.toSorted()) {
      const current = await rooms.endUsers.find(id)
      if (current === undefined && !blocked) return customerUnknown(id)
      const change = await put(current, { ...(current ?? blankCustomer(id, now)), blocked }, [], now, rooms)
      outcome.push(change.outcome)
      records.push(change.record)
    }
    return allow({ outcome, records })
  })
}

/** All or none. */
export async function deleteCustomers(
  names: readonly string[],
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<readonly string[]>> {
  const ids = parsedIds(names)
  if (ids.verdict === 'deny') return ids
  return ports.registry.change(ask.origin, about('deleted', names.join(',')), async (rooms) => {
    const found = await rooms.endUsers.findMany(ids.granted)
    const known = new Set(found.map(({ id }) => id))
    const absent = ids.granted.filter((id) => !known.has(id))
    if (absent.length > 0) {
      return deny('customers-unknown', 'object_denied', `End User Id(s)=${absent.join(', ')} do not exist in db`)
    }
    await rooms.endUsers.delete(ids.granted)
    const records: AuditDraft[] = []
    for (const row of found) {
      const record = { ...about('deleted', row.id), before: describeRow(row), after: {} }
      records.push(withCascade(record, await dropOwnBudgets([row.budgetId], rooms)))
    }
    return allow({ outcome: ids.granted, records })
  })
}

async function wished(
  current: EndUser,
  wish: CustomerWish,
  ask: Ask,
  rooms: Rooms,
  ports: ManagePorts,
): Promise<Decision<{ readonly row: EndUser; readonly records: readonly AuditDraft[] }>> {
  if (wish.defaultModel !== undefined && ports.catalogue().resolve(wish.defaultModel, {}) === undefined) {
    return deny(
      'body-invalid',
      'model_unknown',
      `Default Model not on proxy. Configure via config.yaml or \`/model/new\`. Passed default_model=${wish.defaultModel}`,
    )
  }
  const budget = await chooseBudget(current.budgetId, wish, ask, rooms, ports)
  if (budget.verdict === 'deny') return budget
  const row = {
    ...current,
    alias: wish.alias ?? current.alias,
    blocked: wish.blocked ?? current.blocked,
    defaultModel: wish.defaultModel ?? current.defaultModel,
    budgetId: budget.granted.id,
  }
  return allow({ row, records: budget.granted.records })
}

async function put(
  current: EndUser | undefined,
  wanted: EndUser,
  brought: readonly AuditDraft[],
  now: EpochMs,
  rooms: Rooms,
): Promise<{ readonly outcome: EndUser; readonly record: AuditDraft }> {
  const row = isSame(current ?? {}, wanted)
    ? wanted
    : { ...wanted, updatedAt: epochMs(Math.max(now, wanted.updatedAt)) }
  await (current === undefined ? rooms.endUsers.insert(row) : rooms.endUsers.update(row))
  const dropped = current?.budgetId === row.budgetId ? [] : await dropOwnBudgets([current?.budgetId], rooms)
  const action = current === undefined ? 'created' : changeAction(current, row)
  const changed = { ...about(action, row.id), ...describeChange(current ?? {}, row) }
  return { outcome: row, record: withCascade(changed, [...brought, ...dropped]) }
}

function parsedIds(names: readonly string[]): Decision<readonly EndUserId[]> {
  if (names.length > MOST_AT_ONCE) return malformed(`At most ${MOST_AT_ONCE} customers can be named at once.`)
  const ids = [...new Set(names)].map(parseEndUserId)
  return ids.includes(undefined) ? malformedId() : allow(ids.filter((id): id is EndUserId => id !== undefined))
}

export function blankCustomer(id: EndUserId, now: EpochMs): EndUser {
  return {
    id,
    alias: undefined,
    blocked: false,
    defaultModel: undefined,
    budgetId: undefined,
    createdAt: now,
    updatedAt: now,
  }
}

function about(action: AuditAction, objectId: string) {
  return { action, objectType: 'LiteLLM_EndUserTable', objectId } as const
}

export function customerUnknown(id: string): Denied {
  return deny('customer-unknown', 'object_denied', `End User Id=${id} does not exist in db`)
}

function malformedId(): Denied {
  return malformed('`user_id` must be a text of 1 to 255 characters without control characters.')
}
