import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { Budget } from '../../domain/budget.ts'
import type { EpochMs } from '../../domain/ids.ts'
import { NO_MONEY } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import { keyOf } from '../../domain/principal.ts'
import { reachesKey } from '../../domain/scope.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import { withRow } from '../../domain/with-row.ts'
import { isSoftCrossed, readModelSpend } from '../budgets/budget-standing.ts'
import type { LimitedOwner } from '../budgets/budget-standing.ts'
import { findNamedKey } from './find-named-key.ts'
import { placeOfKey } from './key-place.ts'
import { digestNamed } from './name-key.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import type { UserView } from '../users/user-view.ts'
import { keyNotFound } from '../refuse.ts'

export interface KeyWithSpend {
  readonly row: VirtualKey
  readonly spend: PicoUsd
  /** The shared row of limits that it names. */
  readonly budget?: Budget | undefined
  /** Of its budgets of single models, in their present windows. */
  readonly modelSpend?: ReadonlyMap<string, PicoUsd>
  /** Its `soft_budget`, in the present window. */
  readonly isSoftCrossed?: boolean
  /** Where it was asked for, and the caller may see that row. */
  readonly owner?: UserView | undefined
  /** Of a key that is gone and still on record. */
  readonly deleted?: { readonly at: EpochMs; readonly by: string }
}

/** The asked key, or the caller's own. INV-14: somebody else's key and no key at all are one answer. */
export async function readKey(name: string | undefined, ask: Ask, ports: ManagePorts): Promise<Decision<KeyWithSpend>> {
  const { principal } = ask
  const own = keyOf(principal)?.digest
  const digest = name === undefined ? own : digestNamed(name, ports.digests)
  if (digest === undefined) return keyNotFound()
  const { rooms } = ports.registry
  // The caller's own key may have been rotated, and the caller may still hold the secret of before.
  const row = await findNamedKey(digest, rooms, ports)
  if (row === undefined) return keyNotFound()
  if (row.digest !== own && !reachesKey(ask.reach, await placeOfKey(row, rooms), '/key/info')) return keyNotFound()
  const view = await withSpend(row, ports)
  const soft = row.limits.softBudget === undefined ? (view.budget?.limits ?? row.limits) : row.limits
  return allow({
    ...view,
    modelSpend: await readModelSpend(await ownerOf(row, view.budget, ports), ports),
    isSoftCrossed: await isSoftCrossed({ kind: 'key', id: row.digest, limits: soft }, ports),
  })
}

/** With the names that its team gives to models, beside its own. */
async function ownerOf(
  { digest, limits, modelAliases, teamId }: VirtualKey,
  row: Budget | undefined,
  { registry }: Pick<ManagePorts, 'registry'>,
): Promise<LimitedOwner> {
  const team = teamId === undefined ? undefined : await registry.rooms.teams.find(teamId)
  const aliases = { ...team?.modelAliases, ...modelAliases }
  return { kind: 'key', id: digest, limits: withRow(limits, row?.limits), modelAliases: aliases, teamId }
}

type ReadPorts = Pick<ManagePorts, 'ledger' | 'registry'>

export async function withSpend(row: VirtualKey, ports: ReadPorts): Promise<KeyWithSpend> {
  const [key = { row, spend: NO_MONEY }] = await withSpends([row], ports)
  return key
}

/** With the rows of limits that they name. */
export async function withSpends(
  rows: readonly VirtualKey[],
  { ledger, registry }: ReadPorts,
): Promise<readonly KeyWithSpend[]> {
  const spend = await ledger.spendOfKeys(rows.map(({ digest }) => digest))
  const ids = [...new Set(rows.flatMap(({ budgetId }) => budgetId ?? []))]
  const named = ids.length === 0 ? [] : await registry.rooms.budgets.findMany(ids)
  const budgets = new Map(named.map((budget) => [budget.id, budget]))
  return rows.map((row) => ({
    row,
    spend: spend.get(row.digest) ?? NO_MONEY,
    budget: row.budgetId === undefined ? undefined : budgets.get(row.budgetId),
  }))
}
