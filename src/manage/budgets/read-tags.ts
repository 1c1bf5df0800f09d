import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { Budget } from '../../domain/budget.ts'
import type { BudgetId } from '../../domain/ids.ts'
import { NO_MONEY } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import type { Tag } from '../../domain/tag.ts'
import { tagsUnknown } from './keep-tags.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { rankTags } from '../spend/report-spend.ts'
import type { TagRanksAsk } from '../spend/report-spend.ts'

/** A tag that somebody made, or one that calls brought along. */
export interface TagView {
  readonly name: string
  readonly stored: Tag | undefined
  readonly budget: Budget | undefined
  readonly spend: PicoUsd
}

/** First and last day; with neither, all days. */
type Days = Pick<TagRanksAsk, 'startDate' | 'endDate'>

/**
 * Those that were made, and those that calls brought along in these days. All tags are everybody's together, so that those
 * who see a part see none.
 */
export async function listTags(days: Days, ask: Ask, ports: ManagePorts): Promise<Decision<readonly TagView[]>> {
  if (ask.reach.scope !== 'all') return allow([])
  const called = await readCalled(days, ask, ports)
  if (called.verdict === 'deny') return called
  const rows = await ports.registry.rooms.tags.list()
  const spend = await ports.ledger.listSpend('tag')
  const names = new Set([...rows.map(({ name }) => name), ...(called.granted ?? spend.keys())])
  return allow(await describe([...names], rows, spend, ports))
}

/** Undefined: whenever it was. */
async function readCalled(days: Days, ask: Ask, ports: ManagePorts): Promise<Decision<readonly string[] | undefined>> {
  if (days.startDate === undefined && days.endDate === undefined) return allow(undefined)
  const ranked = await rankTags({ ...days, tags: undefined, otherwise: 'ever' }, ask, ports)
  return ranked.verdict === 'deny' ? ranked : allow(ranked.granted.map(({ name }) => name))
}

/** All or none. */
export async function readTags(
  names: readonly string[],
  { reach }: Ask,
  ports: ManagePorts,
): Promise<Decision<readonly TagView[]>> {
  if (reach.scope !== 'all') return tagsUnknown(names)
  const rows = await ports.registry.rooms.tags.findMany(names)
  const spend = await ports.ledger.spendOf('tag', names)
  const known = new Set([...rows.map(({ name }) => name), ...spend.keys()])
  const absent = names.filter((name) => !known.has(name))
  return absent.length > 0 ? tagsUnknown(absent) : allow(await describe([...new Set(names)], rows, spend, ports))
}

async function describe(
  names: readonly string[],
  rows: readonly Tag[],
  spend: ReadonlyMap<string, PicoUsd>,
  { registry }: ManagePorts,
): Promise<readonly TagView[]> {
  const byName = new Map(rows.map((row) => [row.name, row]))
  const ids = rows.map(({ budgetId }) => budgetId).filter((id): id is BudgetId => id !== undefined)
  const budgets = new Map((await registry.rooms.budgets.findMany([...new Set(ids)])).map((row) => [row.id, row]))
  return names.map((name) => {
    const stored = byName.get(name)
    return {
      name,
      stored,
      budget: stored?.budgetId === undefined ? undefined : budgets.get(stored.budgetId),
      spend: spend.get(name) ?? NO_MONEY,
    }
  })
}
