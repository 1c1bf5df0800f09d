import type { CallType } from '../../domain/ledger-entry.ts'
import { addUsd, NO_MONEY, usdNumber } from '../../domain/money.ts'
import { MASTER_ALIAS } from '../../domain/principal.ts'
import type { ActivityNames } from '../../manage/spend/name-activity.ts'
import type { ActivityReport } from '../../manage/spend/read-activity.ts'
import type { ActivityPart } from '../../ports/spend-reports.ts'

const ENDPOINTS: Readonly<Record<CallType, string>> = {
  acompletion: '/chat/completions',
  atext_completion: '/completions',
  aembedding: '/embeddings',
  aimage_generation: '/images/generations',
  aresponses: '/responses',
  amoderation: '/moderations',
}

/** A page of days with their break-downs, newest first. Totals are those of the page, so that pages can be added up. */
export function renderActivity(report: ActivityReport, page: { readonly page: number; readonly size: number }): object {
  const days = Map.groupBy(report.parts, ({ day }) => day)
  const total = sum(report.parts)
  const pages = Math.ceil(report.totalDays / page.size)
  return {
    results: [...days].map(([date, parts]) => ({
      date,
      metrics: render(sum(parts)),
      breakdown: breakDown(parts, report),
    })),
    metadata: {
      total_spend: usdNumber(total.spend),
      total_prompt_tokens: total.promptTokens,
      total_completion_tokens: total.completionTokens,
      total_tokens: total.promptTokens + total.completionTokens,
      total_api_requests: total.successes + total.failures,
      total_successful_requests: total.successes,
      total_failed_requests: total.failures,
      total_cache_read_input_tokens: total.cacheReadTokens,
      total_cache_creation_input_tokens: total.cacheWriteTokens,
      page: page.page,
      total_pages: pages,
      has_more: page.page < pages,
    },
  }
}

type NamesOf = (part: ActivityPart) => readonly string[]

function breakDown(parts: readonly ActivityPart[], { names, shown }: ActivityReport): object {
  const by = (namesOf: NamesOf): object =>
    members(parts, namesOf, (those) => ({ metadata: {}, api_key_breakdown: byKey(those, names) }))
  const isShown = (entity: string): boolean => shown === undefined || shown.includes(entity)
  return {
    mcp_servers: {},
    models: by(({ model }) => [model]),
    model_groups: by(({ modelGroup }) => [modelGroup]),
    providers: by(({ provider }) => [provider]),
    endpoints: by(({ callType }) => [ENDPOINTS[callType]]),
    api_keys: byKey(parts, names),
    entities: members(
      parts,
      ({ entities }) => entities.filter(isShown),
      (those, entity) => ({
        metadata: names.entities.has(entity) ? { alias: names.entities.get(entity) ?? null } : {},
        api_key_breakdown: byKey(those, names),
      }),
    ),
  }
}

function byKey(parts: readonly ActivityPart[], { keys }: ActivityNames): object {
  return members(
    parts,
    ({ key }) => [key ?? MASTER_ALIAS],
    (those) => {
      const [first] = those
      const row = first?.key === undefined ? undefined : keys.get(first.key)
      const alias = row === undefined ? those.find(({ keyAlias }) => keyAlias !== undefined)?.keyAlias : row.alias
      return { metadata: { key_alias: alias ?? null, team_id: row?.teamId ?? first?.teamId ?? null } }
    },
  )
}

/** A part with several names counts for each of them, and with none for nobody. */
function members(
  parts: readonly ActivityPart[],
  namesOf: NamesOf,
  more: (parts: readonly ActivityPart[], name: string) => object,
): object {
  const named = parts.flatMap((part) => namesOf(part).map((name) => ({ name, part })))
  const groups = Map.groupBy(named, ({ name }) => name)
  return Object.fromEntries(
    [...groups].map(([name, those]) => {
      const own = those.map(({ part }) => part)
      return [name, { metrics: render(sum(own)), ...more(own, name) }]
    }),
  )
}

type Sums = Pick<
  ActivityPart,
  'spend' | 'promptTokens' | 'completionTokens' | 'cacheReadTokens' | 'cacheWriteTokens' | 'successes' | 'failures'
>

const NOTHING: Sums = {
  spend: NO_MONEY,
  promptTokens: 0,
  completionTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  successes: 0,
  failures: 0,
}

function sum(parts: readonly Sums[]): Sums {
  return parts.reduce(
    (total, part) => ({
      spend: addUsd(total.spend, part.spend),
      promptTokens: total.promptTokens + part.promptTokens,
      completionTokens: total.completionTokens + part.completionTokens,
      cacheReadTokens: total.cacheReadTokens + part.cacheReadTokens,
      cacheWriteTokens: total.cacheWriteTokens + part.cacheWriteTokens,
      successes: total.successes + part.successes,
      failures: total.failures + part.failures,
    }),
    NOTHING,
  )
}

function render(sums: Sums): object {
  return {
    spend: usdNumber(sums.spend),
    prompt_tokens: sums.promptTokens,
    completion_tokens: sums.completionTokens,
    cache_read_input_tokens: sums.cacheReadTokens,
    cache_creation_input_tokens: sums.cacheWriteTokens,
    total_tokens: sums.promptTokens + sums.completionTokens,
    successful_requests: sums.successes,
    failed_requests: sums.failures,
    api_requests: sums.successes + sums.failures,
  }
}
