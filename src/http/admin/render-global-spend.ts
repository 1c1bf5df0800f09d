import { usdNumber } from '../../domain/money.ts'
import { MASTER_ALIAS } from '../../domain/principal.ts'
import { rankBy } from '../../manage/spend/report-spend.ts'
import type { SpendParts } from '../../manage/spend/report-spend.ts'
import type { ActivityNames } from '../../manage/spend/name-activity.ts'
import type { SummedPart } from '../../ports/spend-reports.ts'

/** Teams go by their aliases, as far as those tell them apart. */
export function renderSpendByTeam({ parts, names }: SpendParts<'day' | 'entities'>): object {
  const nameOf = namesOf(parts, names)
  const teamsOf = ({ entities }: SummedPart<'entities'>) => entities.map(nameOf)
  const totals = rankBy(parts, teamsOf)
  return {
    daily_spend: oldestFirst(parts).map(([date, those]) => ({
      ...Object.fromEntries(rankBy(those, teamsOf).map(({ name, spend }) => [name, usdNumber(spend)])),
      date,
    })),
    teams: totals.map(({ name }) => name),
    total_spend_per_team: totals.map(({ name, spend }) => ({ team_id: name, total_spend: usdNumber(spend) })),
  }
}

/** Per day, what each team or customer spent with which key on which model. */
export function renderReportByDay(
  kind: 'team' | 'customer',
  { parts, names }: SpendParts<'day' | 'entities' | 'key' | 'model'>,
): readonly object[] {
  const nameOf = kind === 'team' ? namesOf(parts, names) : (id: string) => id
  const label = kind === 'team' ? 'team_name' : 'customer'
  return oldestFirst(parts).map(([day, those]) => ({
    group_by_day: day,
    [`${kind}s`]: rankBy(those, ({ entities }) => entities).map(({ name, spend, parts: own }) => ({
      [label]: nameOf(name),
      total_spend: usdNumber(spend),
      metadata: ofKeys(own).flatMap(({ key, models }) =>
        models.map((model) => ({
          model: model.name,
          api_key: key,
          spend: usdNumber(model.spend),
          total_tokens: model.promptTokens + model.completionTokens,
        })),
      ),
    })),
  }))
}

export function renderReportByKey({ parts }: SpendParts<'key' | 'model'>): readonly object[] {
  return rankBy(parts, ({ key }) => [key]).map((sum) => ({
    api_key: sum.name ?? MASTER_ALIAS,
    total_cost: usdNumber(sum.spend),
    total_input_tokens: sum.promptTokens,
    total_output_tokens: sum.completionTokens,
    model_details: rankBy(sum.parts, ({ model }) => [model]).map((model) => ({
      model: model.name,
      total_cost: usdNumber(model.spend),
      total_input_tokens: model.promptTokens,
      total_output_tokens: model.completionTokens,
    })),
  }))
}

function ofKeys(parts: readonly SummedPart<'key' | 'model'>[]) {
  return rankBy(parts, ({ key }) => [key ?? MASTER_ALIAS]).map(({ name, parts: own }) => ({
    key: name,
    models: rankBy(own, ({ model }) => [model]),
  }))
}

function oldestFirst<Part extends SummedPart<'day'>>(
  parts: readonly Part[],
): readonly (readonly [day: string, readonly Part[]])[] {
  return [...Map.groupBy(parts, ({ day }) => day)].toSorted(([one], [other]) => (one < other ? -1 : 1))
}

/** A name that could be taken for another team, or in its row for the date, is none: the id stands in its place. */
function namesOf(parts: readonly SummedPart<'entities'>[], { entities }: ActivityNames): (id: string) => string {
  const aliases = [...entities.values()]
  const ids = new Set(parts.flatMap((part) => part.entities))
  return (id) => {
    const alias = entities.get(id)
    const isOthers = alias === 'date' || ids.has(alias ?? id) || aliases.filter((each) => each === alias).length > 1
    return alias === undefined || isOthers ? id : alias
  }
}
