import type { BudgetKind, BudgetLevel } from '../../domain/budget-level.ts'
import type { Deployment } from '../../domain/deployment.ts'
import { namesModel } from '../../domain/model-budget.ts'
import type { ResolvedModel } from '../../domain/model-catalogue.ts'

/** As much of a resolved model as limits go by. */
export type AnsweringModel = Pick<ResolvedModel, 'group' | 'others'> & {
  readonly deployments: readonly Pick<Deployment, 'provider'>[]
}

/** The groups that a name leads to, and aliases that it names, in the words of whose limit it is. */
export type GroupsNamed = (name: string, of: BudgetKind) => readonly string[]

/** All that a name in a limit means, where this model is among it. */
type ReadName = (written: string, of: BudgetKind) => readonly [string, ...string[]] | undefined

/** A limit that is written under an alias is its model's, however that is called. */
export function namesIn({ group, others = [], deployments }: AnsweringModel, groupsNamed: GroupsNamed): ReadName {
  const called = [group, ...others]
  const providers = new Set(deployments.map(({ provider }) => provider))
  return (written, of) => {
    const meant = [written, ...groupsNamed(written, of)] as const
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
    const models = meantBy(level.models[0], level.kind)
    return models === undefined ? [] : [{ ...level, models }]
  })
}
