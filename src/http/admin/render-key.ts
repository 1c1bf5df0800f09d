import type { EpochMs } from '../../domain/ids.ts'
import { usdNumber } from '../../domain/money.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { IssuedKey } from '../../manage/keys/issue-key.ts'
import type { KeyWithSpend } from '../../manage/keys/read-key.ts'
import {
  limitMetadata,
  renderBudgetOrNull,
  renderLimits,
  renderStamps,
  timeOf,
  timeOrNull,
  usdOrNull,
} from './render-limits.ts'

/** What existing clients expect to find on a key and what nothing stands behind yet. */
const NOT_YET = {
  agent_id: null,
  project_id: null,
  router_settings: {},
}

const NOT_YET_ISSUED = {
  ...NOT_YET,
  guardrails: null,
  policies: null,
  prompts: null,
  object_permission: null,
  allowed_vector_store_indexes: null,
  rpm_limit_type: null,
  tpm_limit_type: null,
}

const NOT_YET_STORED = {
  ...NOT_YET,
  soft_budget_cooldown: false,
  policies: [],
  model_spend: {},
  object_permission_id: null,
  last_active: null,
  auto_rotate: false,
  rotation_interval: null,
  key_rotation_at: null,
}

/** The answer of creation and rotation: the only one with the key itself. */
export function renderIssuedKey({ row, secret, duration, spend, budget }: IssuedKey, now: EpochMs): object {
  return {
    ...NOT_YET_ISSUED,
    ...sharedMembers({ row, spend, budget }, now),
    model_rpm_limit: row.limits.perModel.requestsPerMinute ?? null,
    model_tpm_limit: row.limits.perModel.tokensPerMinute ?? null,
    key: secret,
    token: row.digest,
    token_id: row.digest,
    duration: duration ?? null,
    tags: listOrNull(row.tags),
    enforced_params: listOrNull(row.enforcedParams),
    allowed_passthrough_routes: listOrNull(row.allowedPassThroughRoutes),
  }
}

/** A key's row without the digest that names it. */
export function renderKey(key: KeyWithSpend, now: EpochMs): object {
  const { row } = key
  return {
    ...NOT_YET_STORED,
    ...sharedMembers(key, now),
    rotation_count: row.rotationCount,
    last_rotation_at: timeOrNull(row.lastRotatedAt),
  }
}

export function renderNamedKey(key: KeyWithSpend, now: EpochMs): object {
  const { deleted } = key
  const gone = deleted === undefined ? {} : { deleted_at: timeOf(deleted.at), deleted_by: deleted.by }
  return { token: key.row.digest, ...renderKey(key, now), ...gone }
}

function sharedMembers({ row, spend, budget }: KeyWithSpend, now: EpochMs) {
  return {
    litellm_budget_table: renderBudgetOrNull(budget, now),
    key_name: row.displayName,
    key_alias: row.alias ?? null,
    spend: usdNumber(spend),
    expires: timeOrNull(row.expiresAt),
    models: row.models,
    aliases: row.modelAliases,
    user_id: row.userId ?? null,
    team_id: row.teamId ?? null,
    organization_id: row.organizationId ?? null,
    budget_id: row.budgetId ?? null,
    access_group_ids: row.accessGroupIds,
    ...renderLimits(row.limits, now),
    soft_budget: usdOrNull(row.limits.softBudget),
    metadata: metadataOf(row),
    allowed_cache_controls: row.inert['allowed_cache_controls'] ?? [],
    permissions: row.inert['permissions'] ?? {},
    config: row.inert['config'] ?? {},
    // Null as long as nobody has said anything about it.
    blocked: row.blocked ? true : Object.hasOwn(row.inert, 'blocked') ? false : null,
    allowed_routes: row.allowedRoutes,
    ...renderStamps(row),
  }
}

/** Some members that have a place of their own here come back inside `metadata` in the compatible API. */
function metadataOf(key: VirtualKey): object {
  const { metadata, tags, enforcedParams, allowedPassThroughRoutes: passes, limits, temporaryBudget } = key
  return {
    ...metadata,
    ...limitMetadata(limits),
    ...(temporaryBudget === undefined
      ? {}
      : {
          temp_budget_increase: usdNumber(temporaryBudget.increase),
          temp_budget_expiry: timeOf(temporaryBudget.expiresAt),
        }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(enforcedParams.length === 0 ? {} : { enforced_params: enforcedParams }),
    ...(passes.length === 0 ? {} : { allowed_passthrough_routes: passes }),
  }
}

function listOrNull(list: readonly string[]): readonly string[] | null {
  return list.length === 0 ? null : list
}
