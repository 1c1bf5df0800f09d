import type { BudgetLevel } from '../../domain/budget-level.ts'
import type { Deployment } from '../../domain/deployment.ts'
import { namesModel } from '../../domain/model-budget.ts'

/** As much of a resolved model as limits go by. */
export interface AnsweringModel {
  readonly group: string
  /** What else it was called, and other models that a call names along with it. */
  readonly names: readonly string[]
  readonly deployments: readonly Pick<Deployment, 'provider'>[]
}

/** The groups that this caller reaches by a name, and by aliases that it names. */
export type GroupsNamed = (name: string) => readonly string[]

/** All that a name in a limit means, where this model is among it. */
type ReadName = (written: string) => readonly [string, ...string[]] | undefined

/** A limit that is written under an alias is its model's, however that is called. */
export function namesIn({ group, names, deployments }: AnsweringModel, groupsNamed: GroupsNamed): ReadName {
  const called = [group, ...names]
  const providers = new Set(deployments.map(({ provider }) => provider))
  return (written) => {
    const meant = [written, ...groupsNamed(written)] as const
    return meant.some((name) => called.some((each) => namesModel(name, each, providers))) ? meant : undefined
  }
}

/**
 * Of all budgets of a caller those that a call of this model falls under. The same list where none is of a single model or
 * provider.
 */
export function levelsAt(
  levels: readonly BudgetLevel[],
  model: AnsweringModel,
  groupsNamed: GroupsNamed,
): readonly BudgetLevel[] {
  if (levels.every(({ kind, models }) => models === undefined && kind !== 'provider')) return levels
  const meantBy = namesIn(model, groupsNamed)
  return levels.flatMap((level) => {
    if (level.kind === 'provider') return model.deployments.some(({ provider }) => provider === level.id) ? [level] : []
    if (level.models === undefined) return [level]
    const models = meantBy(level.models[0])
    return models === undefined ? [] : [{ ...level, models }]
  })
}
