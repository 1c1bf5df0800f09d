import type { CallType } from '../../domain/ledger-entry.ts'
import { addUsd, NO_MONEY, usdNumber } from '../../domain/money.ts'
import { MASTER_ALIAS } from '../../domain/principal.ts'
import type { ActivityNames } from '../../manage/spend/name-activity.ts'
import { MOST_APART } from '../../manage/spend/read-activity.ts'
import type { ActivityPage, ActivityReport, TopReport } from '../../manage/spend/read-activity.ts'
import type { ActivityPart } from '../../ports/spend-reports.ts'
import { JsonText } from '../wire/json-text.ts'

const ENDPOINTS: Readonly<Record<CallType, string>> = {
  acompletion: '/chat/completions',
  atext_completion: '/completions',
  aembedding: '/embeddings',
  aimage_generation: '/images/generations',
  aresponses: '/responses',
  amoderation: '/moderations',
  arealtime: '/realtime',
  pass_through_endpoint: 'pass-through',
}

/** A page of rows by their days, newest first. Totals are those of the page, so that pages can be added up. */
export function renderActivityPage(
  report: ActivityPage,
  { page, size }: { readonly page: number; readonly size: number },
): JsonText {
  const pages = Math.ceil(report.total / size)
  return renderActivity(report, { page, total_pages: pages, has_more: page < pages })
}

export function renderTopActivity(report: TopReport): JsonText {
  return renderActivity(report, {
    page: 1,
    total_pages: 1,
    has_more: false,
    api_key_limit: MOST_APART,
    total_api_keys: report.keys,
    entity_limit: MOST_APART,
    total_entities: report.entities,
  })
}

function renderActivity(report: ActivityReport, paging: object): JsonText {
  const days = Map.groupBy(report.parts, ({ day }) => day)
  const total = sum(report.parts)
  const results = [...days].map(([date, parts]) => {
    const metrics = render(sum(parts))
    return `{"date":"${date}","metrics":${metrics},"breakdown":${breakDown(parts, report)}}`
  })
  const metadata = {
    total_spend: usdNumber(total.spend),
    total_prompt_tokens: total.promptTokens,
    total_completion_tokens: total.completionTokens,
    total_tokens: total.promptTokens + total.completionTokens,
    total_api_requests: total.successes + total.failures,
    total_successful_requests: total.successes,
    total_failed_requests: total.failures,
    total_cache_read_input_tokens: total.cacheReadTokens,
    total_cache_creation_input_tokens: total.cacheWriteTokens,
    ...paging,
  }
  return new JsonText(`{"results":[${results.join()}],"metadata":${JSON.stringify(metadata)}}`)
}

type NamesOf = (part: ActivityPart) => readonly string[]

/** Each part is written once, in however many break-downs it stands: of a day with many keys that is most of the answer. */
function breakDown(parts: readonly ActivityPart[], { names, shown }: ActivityReport): string {
  const metricsOf = onceForOne((those) => render(sum(those)))
  const keyOf = onceForOne((those) => `{"metrics":${metricsOf(those)},"metadata":${keyMetadata(those, names)}}`)
  const nameOfKey: NamesOf = ({ key, isOfOtherKeys }) => (isOfOtherKeys === true ? [] : [key ?? MASTER_ALIAS])
  const byKey = (those: readonly ActivityPart[]): string => members(those, nameOfKey, keyOf)
  const everyKey = byKey(parts)
  const by = (namesOf: NamesOf, metadataOf: (name: string) => object = () => ({})): string =>
    members(parts, namesOf, (own, name) => {
      const keys = own.length === parts.length ? everyKey : byKey(own)
      const metadata = JSON.stringify(metadataOf(name))
      return `{"metrics":${metricsOf(own)},"metadata":${metadata},"api_key_breakdown":${keys}}`
    })
  const isShown = (entity: string): boolean => shown === undefined || shown.includes(entity)
  const entities = by(
    (part) => part.entities.filter(isShown),
    (entity) => (names.entities.has(entity) ? { alias: names.entities.get(entity) ?? null } : {}),
  )
  const named = {
    models: by(({ model }) => [model]),
    model_groups: by(({ modelGroup }) => [modelGroup]),
    providers: by(({ provider }) => [provider]),
    endpoints: by(({ callType }) => [ENDPOINTS[callType]]),
    api_keys: everyKey,
    entities,
  }
  return `{"mcp_servers":{}${Object.entries(named).reduce((text, [name, value]) => `${text},"${name}":${value}`, '')}}`
}

function keyMetadata(parts: readonly ActivityPart[], { keys }: ActivityNames): string {
  const [first] = parts
  const row = first?.key === undefined ? undefined : keys.get(first.key)
  const alias = row === undefined ? parts.find(({ keyAlias }) => keyAlias !== undefined)?.keyAlias : row.alias
  return JSON.stringify({ key_alias: alias ?? null, team_id: row?.teamId ?? first?.teamId ?? null })
}

type WriteParts = (parts: readonly ActivityPart[], name: string) => string

/** A part with several names counts for each of them, and with none for nobody. */
function members(parts: readonly ActivityPart[], namesOf: NamesOf, write: WriteParts): string {
  const groups = new Map<string, ActivityPart[]>()
  for (const part of parts) {
    for (const name of namesOf(part)) {
      const own = groups.get(name)
      if (own === undefined) groups.set(name, [part])
      else own.push(part)
    }
  }
  let text = ''
  for (const [name, own] of groups) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${write(own, name)}`
  return `{${text}}`
}

/** Remembers what was written of single parts. */
function onceForOne(write: (parts: readonly ActivityPart[]) => string): (parts: readonly ActivityPart[]) => string {
  const written = new Map<ActivityPart, string>()
  return (parts) => {
    const [one] = parts
    if (one === undefined || parts.length > 1) return write(parts)
    const text = written.get(one) ?? write(parts)
    written.set(one, text)
    return text
  }
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

/** By hand, because there is one for each key of a day. */
function render(sums: Sums): string {
  return `{"spend":${usdNumber(sums.spend)},"prompt_tokens":${sums.promptTokens},"completion_tokens":${
    sums.completionTokens
  },"cache_read_input_tokens":${sums.cacheReadTokens},"cache_creation_input_tokens":${
    sums.cacheWriteTokens
  },"total_tokens":${sums.promptTokens + sums.completionTokens},"successful_requests":${
    sums.successes
  },"failed_requests":${sums.failures},"api_requests":${sums.successes + sums.failures}}`
}
