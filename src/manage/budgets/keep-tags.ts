import { tellsSomething } from '../../domain/audit-record.ts'
import { allow, deny } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import { epochMs } from '../../domain/ids.ts'
import type { Tag } from '../../domain/tag.ts'
import { describeChange, describeRow, isSame } from '../describe-change.ts'
import { chooseBudget, dropOwnBudgets } from './own-budget.ts'
import { changer } from '../ports.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { findStale, malformed } from '../refuse.ts'
import type { LimitWish } from './revise-limits.ts'
import { withCascade } from '../with-cascade.ts'

export interface TagOrder {
  readonly name: string
  readonly wish: {
    readonly description?: string | undefined
    readonly models?: readonly string[] | undefined
    readonly budgetId: string | null | undefined
    readonly limits: LimitWish
    /** The `updated_at` of the row that the wish was made from. */
    readonly seenAt?: string | undefined
  }
}

const NAME = /^[^\p{Cc}\p{Cs}]{1,255}$/u

export async function createTag({ name, wish }: TagOrder, ask: Ask, ports: ManagePorts): Promise<Decision<Tag>> {
  if (!NAME.test(name)) return malformed('`name` must be a text of 1 to 255 characters without control characters.')
  const about = { action: 'created', objectType: 'LiteLLM_TagTable', objectId: name } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    if (!administersTags(ask)) return notYours()
    const budget = await chooseBudget(undefined, wish, ask, rooms, ports)
    if (budget.verdict === 'deny') return budget
    const now = ports.clock.now()
    const tag: Tag = {
      name,
      description: wish.description,
      models: wish.models ?? [],
      budgetId: budget.granted.id,
      createdAt: now,
      createdBy: changer(ask),
      updatedAt: now,
    }
    if ((await rooms.tags.insert(tag)) === 'taken') return deny('tag-taken', 'param_type', `Tag ${name} already exists`)
    const created = { ...about, before: {}, after: describeRow(tag) }
    return allow({ outcome: tag, records: [withCascade(created, budget.granted.records)] })
  })
}

export async function updateTag({ name, wish }: TagOrder, ask: Ask, ports: ManagePorts): Promise<Decision<Tag>> {
  const about = { action: 'updated', objectType: 'LiteLLM_TagTable', objectId: name } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const current = administersTags(ask) ? await rooms.tags.find(name) : undefined
    if (current === undefined) return tagsUnknown([name])
    const stale = findStale(wish.seenAt, current)
    if (stale !== undefined) return stale
    const budget = await chooseBudget(current.budgetId, wish, ask, rooms, ports)
    if (budget.verdict === 'deny') return budget
    const wished: Tag = {
      ...current,
      description: wish.description ?? current.description,
      models: wish.models ?? current.models,
      budgetId: budget.granted.id,
    }
    const updatedAt = epochMs(Math.max(ports.clock.now(), current.updatedAt + 1))
    const isOther = !isSame(current, wished) || budget.granted.records.some(tellsSomething)
    const tag = isOther ? { ...wished, updatedAt } : current
    await rooms.tags.update(tag)
    const dropped = current.budgetId === tag.budgetId ? [] : await dropOwnBudgets([current.budgetId], rooms)
    const changed = { ...about, ...describeChange(current, tag) }
    return allow({ outcome: tag, records: [withCascade(changed, [...budget.granted.records, ...dropped])] })
  })
}

/** What was spent under the name stays, and shows it among the dynamic ones. */
export async function deleteTag(name: string, ask: Ask, ports: ManagePorts): Promise<Decision<string>> {
  const about = { action: 'deleted', objectType: 'LiteLLM_TagTable', objectId: name } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const current = administersTags(ask) ? await rooms.tags.find(name) : undefined
    if (current === undefined) return tagsUnknown([name])
    await rooms.tags.delete([name])
    const dropped = await dropOwnBudgets([current.budgetId], rooms)
    return allow({
      outcome: name,
      records: [withCascade({ ...about, before: describeRow(current), after: {} }, dropped)],
    })
  })
}

/** The eighteenth note of the matrix: tags belong to no organisation, so that they are nobody else's to change. */
function administersTags({ reach }: Ask): boolean {
  return reach.scope === 'all' && reach.mayWrite
}

function notYours(): Denied {
  return deny('beyond-yours', 'authz_ceiling', 'Tags count for everybody. Only proxy admins make them.')
}

export function tagsUnknown(names: readonly string[]): Denied {
  return deny('tags-unknown', 'object_denied', `Tags not found: [${names.map((name) => `'${name}'`).join(', ')}]`)
}
