import type { BudgetLevel } from '../../domain/budget-level.ts'
import type { Deployment } from '../../domain/deployment.ts'
import { namesModel } from '../../domain/model-budget.ts'

/** As much of a resolved model as budgets go by. */
interface AnsweringModel {
  readonly group: string
  /** What else it was called, and other models that a call names along with it. */
  readonly names: readonly string[]
  readonly deployments: readonly Pick<Deployment, 'provider'>[]
}

/** The groups that this caller reaches by a name, and by aliases that it names. */
export type GroupsNamed = (name: string) => readonly string[]

/**
 * Of all budgets of a caller those that a call of this model falls under. A budget that is written under an alias is its
 * model's, however that is called. The same list where none is of a single model or provider.
 */
export function levelsAt(
  levels: readonly BudgetLevel[],
  { group, names, deployments }: AnsweringModel,
  groupsNamed: GroupsNamed,
): readonly BudgetLevel[] {
  if (levels.every(({ kind, models }) => models === undefined && kind !== 'provider')) return levels
  const called = [group, ...names]
  const providers = new Set(deployments.map(({ provider }) => provider))
  return levels.flatMap((level) => {
    if (level.kind === 'provider') return providers.has(level.id) ? [level] : []
    if (level.models === undefined) return [level]
    const [written] = level.models
    const models = [written, ...groupsNamed(written)] as const
    return models.some((name) => called.some((each) => namesModel(name, each, providers))) ? [{ ...level, models }] : []
  })
}
