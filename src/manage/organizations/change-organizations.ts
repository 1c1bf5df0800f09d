import { allow, deny } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import type { Budget } from '../../domain/budget.ts'
import { parseOrganizationId } from '../../domain/ids.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { Organization } from '../../domain/organization.ts'
import { reachesOrganization } from '../../domain/scope.ts'
import { stampedNew } from '../../domain/stamps.ts'
import { budgetOf, dropOwnBudgets, saveBudget } from '../budgets/own-budget.ts'
import { decideGivenModels } from '../decide-given-models.ts'
import { describeChange, describeRow } from '../describe-change.ts'
import { freshId } from '../new-id.ts'
import { reviseOrganizationBudget } from './organization-budget.ts'
import { changer } from '../ports.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { fieldNotYours, organizationNotFound } from '../teams/refuse-teams.ts'
import { findStale, foreign, malformed } from '../refuse.ts'
import type { LimitWish } from '../budgets/revise-limits.ts'
import { stampChange } from '../stamp-change.ts'

/** What may be said about an organisation. Undefined: left as it is. */
export interface OrganizationWish {
  /** The `updated_at` of the row that the wish was made from. */
  readonly seenAt?: string | undefined
  readonly alias?: string | undefined
  readonly models?: readonly string[] | undefined
  readonly metadata?: JsonObject | undefined
  readonly budgetId?: string | undefined
  readonly limits: LimitWish
}

export interface OrganizationOrder {
  readonly organizationId: string | undefined
  readonly wish: OrganizationWish
}

const ALIAS = /^[^\p{Cc}\p{Cs}]{1,255}$/u

export async function createOrganization(
  { organizationId, wish }: OrganizationOrder,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<Organization>> {
  const id = organizationId === undefined ? freshId(parseOrganizationId, ports) : parseOrganizationId(organizationId)
  if (id === undefined) return malformed('`organization_id` must be a text of 1 to 255 printable ASCII characters.')
  const { alias } = wish
  if (alias === undefined || !ALIAS.test(alias)) return malformedAlias()
  const about = { action: 'created', objectType: 'LiteLLM_OrganizationTable', objectId: id } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    if ((await rooms.organizations.find(id)) !== undefined) return taken(id)
    const { budgetId, limits } = wish
    const budget = await reviseOrganizationBudget(undefined, { budgetId, limits }, rooms, ask, ports)
    if (budget.verdict === 'deny') return budget
    const models = [...new Set(wish.models)]
    const may = decideGivenModels(undefined, models, ask, ports)
    if (may.verdict === 'deny') return may
    if (budget.granted.isOwn) await saveBudget(budget.granted, undefined, rooms)
    const row: Organization = {
      id,
      alias,
      budgetId: budget.granted.id,
      models,
      metadata: wish.metadata ?? {},
      ...stampedNew(changer(ask), ports.clock.now()),
    }
    if ((await rooms.organizations.insert(row)) === 'taken') return taken(id)
    return allow({ outcome: row, records: [{ ...about, before: {}, after: describe(row, budget.granted) }] })
  })
}

export async function updateOrganization(
  name: string,
  wish: OrganizationWish,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<Organization>> {
  const id = parseOrganizationId(name)
  if (id === undefined) return organizationNotFound(name)
  if (wish.alias !== undefined && !ALIAS.test(wish.alias)) return malformedAlias()
  const about = { action: 'updated', objectType: 'LiteLLM_OrganizationTable', objectId: id } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const current = await rooms.organizations.find(id)
    if (current === undefined) return organizationNotFound(name)
    if (!reachesOrganization(ask.reach, id)) return foreign(organizationNotFound(name))
    const stale = findStale(wish.seenAt, current)
    if (stale !== undefined) return stale
    const before = await budgetOf(current.budgetId, rooms)
    const { budgetId, limits } = wish
    // Asked before it is looked for: whoever may not name a row does not learn which there are.
    const isNamed = budgetId !== undefined && budgetId !== current.budgetId
    if (isNamed && ask.reach.scope === 'some') return fieldNotYours('budget_id')
    const budget = await reviseOrganizationBudget(before, { budgetId, limits }, rooms, ask, ports)
    if (budget.verdict === 'deny') return budget
    const after = stampChange(
      current,
      {
        ...current,
        alias: wish.alias ?? current.alias,
        models: wish.models === undefined ? current.models : [...new Set(wish.models)],
        metadata: wish.metadata ?? current.metadata,
        budgetId: budget.granted.id,
      },
      ask,
      ports,
    )
    const refusal = ask.reach.scope === 'all' ? undefined : findForeignField(current, after, before, budget.granted)
    if (refusal !== undefined) return refusal
    const may = decideGivenModels(current.models, after.models, ask, ports)
    if (may.verdict === 'deny') return may
    if (budget.granted !== before && budget.granted.isOwn) await saveBudget(budget.granted, before, rooms)
    await rooms.organizations.update(after)
    if (before !== undefined && before.id !== after.budgetId) await dropOwnBudgets([before.id], rooms)
    const change = describeChange(describe(current, before), describe(after, budget.granted))
    return allow({ outcome: after, records: [{ ...about, ...change }] })
  })
}

/** The sixteenth note of the matrix: who administers an organisation names and describes it; what it may is given to it. */
function findForeignField(
  current: Organization,
  after: Organization,
  before: Budget | undefined,
  budget: Budget,
): Denied | undefined {
  if (JSON.stringify(current.models) !== JSON.stringify(after.models)) return fieldNotYours('models')
  const { after: changed } = describeChange({ limits: before?.limits }, { limits: budget.limits })
  if (Object.keys(changed).length > 0) return fieldNotYours('limits')
  // The same amounts said again of a shared row would make it an own one.
  return current.budgetId === after.budgetId ? undefined : fieldNotYours('budget_id')
}

function describe(row: Organization, budget: Budget | undefined): JsonObject {
  return describeRow({ ...row, limits: budget?.limits })
}

function malformedAlias(): Decision<never> {
  return malformed('`organization_alias` must be a text of 1 to 255 characters without control characters.')
}

function taken(id: string): Decision<never> {
  return deny(
    'already-there',
    'param_type',
    `Organization id = ${id} already exists. Please use a different organization id.`,
  )
}
