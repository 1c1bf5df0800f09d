import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { epochMs, parseBudgetId, parseOrganizationId, parseTeamId, parseUserId } from '../../domain/ids.ts'
import type { EpochMs } from '../../domain/ids.ts'
import { isObject } from '../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import { parseUsd } from '../../domain/money.ts'
import type { TemporaryBudget, VirtualKey } from '../../domain/virtual-key.ts'
import { findStale, malformed, noPath } from '../refuse.ts'
import { reviseLimits } from '../budgets/revise-limits.ts'
import type { LimitWish } from '../budgets/revise-limits.ts'

/** What may be said about a key. Absent and undefined: left as it is. */
export interface KeyWish {
  readonly alias?: string | undefined
  readonly userId?: string | undefined
  readonly teamId?: string | undefined
  readonly organizationId?: string | undefined
  /** Null: taken away. */
  readonly budgetId?: string | null | undefined
  readonly accessGroupIds?: readonly string[] | undefined
  readonly limits?: LimitWish | undefined
  readonly temporaryBudget?: { readonly increase: number; readonly until: string } | undefined
  /** The `updated_at` of the row that the wish was made from. */
  readonly seenAt?: string | undefined
  readonly models?: readonly string[] | undefined
  readonly modelAliases?: Readonly<Record<string, string>> | undefined
  readonly allowedRoutes?: readonly string[] | undefined
  readonly allowedPassThroughRoutes?: readonly string[] | undefined
  readonly enforcedParams?: readonly string[] | undefined
  readonly tags?: readonly string[] | undefined
  readonly metadata?: JsonObject | undefined
  /** Kept as it is, without meaning. */
  readonly inert?: JsonObject | undefined
  readonly blocked?: boolean | undefined
  readonly duration?: string | undefined
}

const ALIAS = /^[^\p{Cc}\p{Cs}]{1,255}$/u

/** The row with what is wished, all but its expiry, or why it can't be so. Whether it may be so is asked elsewhere. */
export function reviseKey(key: VirtualKey, wish: KeyWish, now: EpochMs): Decision<VirtualKey> {
  const stale = findStale(wish.seenAt, key)
  if (stale !== undefined) return stale
  if (wish.alias !== undefined && !ALIAS.test(wish.alias)) {
    return malformed('`key_alias` must be a text of 1 to 255 characters without control characters.')
  }
  const ids = readIds(wish)
  if (ids.verdict === 'deny') return ids
  const own = readMetadata(wish.metadata)
  if (own.verdict === 'deny') return own
  const { metadata, ...fields } = own.granted
  const passes = wish.allowedPassThroughRoutes ?? fields.allowedPassThroughRoutes
  if (passes?.some((entry) => !entry.startsWith('/')) === true) return noPath()
  const limits = reviseLimits(key.limits, { ...fields.limits, ...withoutAbsent(wish.limits ?? {}) }, now)
  if (limits.verdict === 'deny') return limits
  const temporary = readTemporary(wish.temporaryBudget)
  if (temporary.verdict === 'deny') return temporary

  return allow({
    ...key,
    ...ids.granted,
    alias: wish.alias ?? key.alias,
    models: wish.models ?? key.models,
    modelAliases: wish.modelAliases ?? key.modelAliases,
    allowedRoutes: wish.allowedRoutes ?? key.allowedRoutes,
    allowedPassThroughRoutes: passes ?? key.allowedPassThroughRoutes,
    enforcedParams: wish.enforcedParams ?? fields.enforcedParams ?? key.enforcedParams,
    tags: wish.tags ?? fields.tags ?? key.tags,
    metadata: wish.metadata === undefined ? key.metadata : metadata,
    inert: { ...key.inert, ...wish.inert, ...(wish.blocked === undefined ? {} : { blocked: wish.blocked }) },
    accessGroupIds: wish.accessGroupIds ?? key.accessGroupIds,
    limits: limits.granted,
    temporaryBudget: temporary.granted ?? key.temporaryBudget,
    blocked: wish.blocked ?? key.blocked,
  })
}

type Ids = Partial<Pick<VirtualKey, 'userId' | 'teamId' | 'organizationId' | 'budgetId'>>

function readIds(wish: KeyWish): Decision<Ids> {
  const said = [
    ['user_id', 'userId', wish.userId, parseUserId],
    ['team_id', 'teamId', wish.teamId, parseTeamId],
    ['organization_id', 'organizationId', wish.organizationId, parseOrganizationId],
    ['budget_id', 'budgetId', wish.budgetId ?? undefined, parseBudgetId],
  ] as const
  const flaw = said.find(([, , text, parse]) => text !== undefined && parse(text) === undefined)
  if (flaw !== undefined) return malformed(`\`${flaw[0]}\` must be a text of 1 to 255 printable ASCII characters.`)
  const ids = Object.fromEntries(
    said.flatMap(([, name, text, parse]) => (text === undefined ? [] : [[name, parse(text)] as const])),
  )
  return allow(wish.budgetId === null ? { ...ids, budgetId: undefined } : ids)
}

interface OwnMetadata {
  readonly metadata: JsonObject
  readonly tags: readonly string[] | undefined
  readonly enforcedParams: readonly string[] | undefined
  readonly allowedPassThroughRoutes: readonly string[] | undefined
  readonly limits: LimitWish
}

/** Some fields come back to clients inside `metadata`, and return from there. */
function readMetadata(said: JsonObject = {}): Decision<OwnMetadata> {
  const {
    tags,
    enforced_params: enforcedParams,
    allowed_passthrough_routes: allowedPassThroughRoutes,
    model_rpm_limit: rpm,
    model_tpm_limit: tpm,
    ...metadata
  } = said
  if (!isListOfTexts(allowedPassThroughRoutes)) return noPath()
  if (!isListOfTexts(tags)) return malformed('`metadata.tags` must be a list of texts.')
  if (!isListOfTexts(enforcedParams)) return malformed('`metadata.enforced_params` must be a list of texts.')
  if (!isCounts(rpm)) return malformed('`metadata.model_rpm_limit` must be an object of whole numbers.')
  if (!isCounts(tpm)) return malformed('`metadata.model_tpm_limit` must be an object of whole numbers.')
  return allow({
    metadata,
    tags,
    enforcedParams,
    allowedPassThroughRoutes,
    limits: withoutAbsent({ modelRequestsPerMinute: rpm, modelTokensPerMinute: tpm }),
  })
}

function readTemporary(wish: KeyWish['temporaryBudget']): Decision<TemporaryBudget | undefined> {
  if (wish === undefined) return allow(undefined)
  const increase = parseUsd(wish.increase)
  const until = Date.parse(wish.until)
  if (increase === undefined) return malformed('`temp_budget_increase` must be an amount of at least 0.')
  if (Number.isNaN(until)) return malformed('`temp_budget_expiry` must be a time such as 2026-12-31T00:00:00Z.')
  return allow({ increase, expiresAt: epochMs(until) })
}

function isListOfTexts(value: JsonValue | undefined): value is readonly string[] | undefined {
  return value === undefined || (Array.isArray(value) && value.every((item) => typeof item === 'string'))
}

function isCounts(value: JsonValue | undefined): value is Readonly<Record<string, number>> | undefined {
  return value === undefined || (isObject(value) && Object.values(value).every((count) => Number.isSafeInteger(count)))
}

function withoutAbsent(wish: LimitWish): LimitWish {
  return Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined))
}
