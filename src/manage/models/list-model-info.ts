import type { EpochMs } from '../../domain/ids.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { ModelCatalogue, ResolvedModel } from '../../domain/model-catalogue.ts'
import type { ShownModel } from '../../domain/shown-model.ts'
import type { ModelFacts } from '../../ports/model-facts.ts'
import { describeCallable, describeDeployment, describeIdle } from './describe-models.ts'
import type { ModelView } from './describe-models.ts'

/** One model of the list, and what it is found and sorted by. */
export interface ModelLine {
  readonly id: string
  readonly name: string
  readonly teamId: string | undefined
  readonly stored: ShownModel | undefined
  readonly inputCost: number
  readonly describe: () => JsonObject
}

/** A model, by a name that it can be called by. */
interface CallableModel {
  readonly name: string
  readonly model: ResolvedModel
}

/** Administrators read of every model; everybody else of those that they can call, by the names that they can use. */
export function listModelInfo(
  view: ModelView,
  callable: readonly CallableModel[],
  catalogue: ModelCatalogue,
  facts: ModelFacts,
  now: EpochMs,
): readonly ModelLine[] {
  const shown =
    view === 'calls'
      ? callable.flatMap(({ name, model }) => model.deployments.map((deployment) => ({ name, deployment })))
      : catalogue.deployments.map((deployment) => ({ name: deployment.group, deployment }))
  const lines = shown.map(({ name, deployment }): ModelLine => ({
    id: deployment.id,
    name,
    teamId: deployment.teamId,
    stored: deployment.stored,
    inputCost: Number(deployment.entry.params.prices.get('input_cost_per_token') ?? 0),
    describe: () =>
      view === 'calls'
        ? describeCallable(name, deployment, facts, now)
        : describeDeployment(deployment, view, facts, now),
  }))
  if (view === 'calls') return lines
  const idle = catalogue.idle.map((model): ModelLine => ({
    id: model.id,
    name: model.publicName,
    teamId: model.teamId,
    stored: model,
    inputCost: 0,
    describe: () => describeIdle(model, view),
  }))
  return [...lines, ...idle]
}

export interface ModelPageAsk {
  readonly page: number
  readonly size: number
  /** A part of the name, in lower case. */
  readonly search: string
  readonly id: string | undefined
  readonly teamId: string | undefined
  readonly isOwnOnly: boolean
  readonly isWithTeams: boolean
  readonly sort: 'model_name' | 'created_at' | 'updated_at' | 'costs' | 'status' | undefined
  readonly order: 'asc' | 'desc'
}

const SORT_VALUES: Readonly<Record<NonNullable<ModelPageAsk['sort']>, (line: ModelLine) => string | number>> = {
  model_name: ({ name }) => name,
  created_at: ({ stored }) => stored?.createdAt ?? 0,
  updated_at: ({ stored }) => stored?.updatedAt ?? 0,
  costs: ({ inputCost }) => inputCost,
  status: ({ stored }) => (stored === undefined ? 0 : 1),
}

export function pageOfModels(
  lines: readonly ModelLine[],
  ask: ModelPageAsk,
  caller: string,
): { readonly lines: readonly ModelLine[]; readonly total: number } {
  const found = lines.filter(
    (line) =>
      line.name.toLowerCase().includes(ask.search) &&
      (ask.id === undefined || line.id === ask.id) &&
      (ask.teamId === undefined || line.teamId === ask.teamId) &&
      (ask.isWithTeams || line.teamId === undefined) &&
      (!ask.isOwnOnly || line.stored?.createdBy === caller),
  )
  const { sort } = ask
  const sorted =
    sort === undefined ? found : found.toSorted((a, b) => compare(SORT_VALUES[sort](a), SORT_VALUES[sort](b)))
  const ordered = sort !== undefined && ask.order === 'desc' ? sorted.toReversed() : sorted
  return { lines: ordered.slice((ask.page - 1) * ask.size, ask.page * ask.size), total: found.length }
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0
}
