import type { EpochMs } from '../../domain/ids.ts'
import { usdNumber } from '../../domain/money.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { IssuedKey } from '../../manage/generate-key.ts'
import type { KeyWithSpend } from '../../manage/read-key.ts'

/** What existing clients expect to find on a key and what nothing stands behind yet. */
const NOT_YET_LIMITS = {
  max_budget: null,
  budget_duration: null,
  budget_id: null,
  tpm_limit: null,
  rpm_limit: null,
  max_parallel_requests: null,
  model_max_budget: {},
  team_id: null,
  agent_id: null,
  project_id: null,
  organization_id: null,
  permissions: {},
  config: {},
  router_settings: {},
  allowed_cache_controls: [],
  access_group_ids: [],
  litellm_budget_table: null,
}

const NOT_YET_ISSUED = {
  ...NOT_YET_LIMITS,
  model_rpm_limit: null,
  model_tpm_limit: null,
  guardrails: null,
  policies: null,
  prompts: null,
  object_permission: null,
  allowed_passthrough_routes: null,
  allowed_vector_store_indexes: null,
  rpm_limit_type: null,
  tpm_limit_type: null,
}

const NOT_YET_STORED = {
  ...NOT_YET_LIMITS,
  soft_budget_cooldown: false,
  budget_reset_at: null,
  policies: [],
  model_spend: {},
  object_permission_id: null,
  last_active: null,
  auto_rotate: false,
  rotation_interval: null,
  key_rotation_at: null,
}

/** The answer of creation and rotation: the only one with the key itself. */
export function renderIssuedKey({ row, secret, duration, spend }: IssuedKey): object {
  return {
    ...NOT_YET_ISSUED,
    ...sharedMembers({ row, spend }),
    key: secret,
    token: row.digest,
    token_id: row.digest,
    duration: duration ?? null,
    tags: listOrNull(row.tags),
    enforced_params: listOrNull(row.enforcedParams),
  }
}

/** A key's row without the digest that names it. */
export function renderKey(key: KeyWithSpend): object {
  const { row } = key
  return {
    ...NOT_YET_STORED,
    ...sharedMembers(key),
    rotation_count: row.rotationCount,
    last_rotation_at: timeOrNull(row.lastRotatedAt),
  }
}

export function renderNamedKey(key: KeyWithSpend): object {
  return { token: key.row.digest, ...renderKey(key) }
}

function sharedMembers({ row, spend }: KeyWithSpend) {
  return {
    key_name: row.displayName,
    key_alias: row.alias ?? null,
    spend: usdNumber(spend),
    expires: timeOrNull(row.expiresAt),
    models: row.models,
    aliases: row.modelAliases,
    user_id: row.userId ?? null,
    metadata: metadataOf(row),
    blocked: row.blocked ? true : null,
    allowed_routes: row.allowedRoutes,
    created_at: timeOf(row.createdAt),
    created_by: row.createdBy,
    updated_at: timeOf(row.updatedAt),
    updated_by: row.updatedBy,
  }
}

/** Some members that have a place of their own here come back inside `metadata` in the compatible API. */
function metadataOf({ metadata, tags, enforcedParams }: VirtualKey): object {
  return {
    ...metadata,
    ...(tags.length === 0 ? {} : { tags }),
    ...(enforcedParams.length === 0 ? {} : { enforced_params: enforcedParams }),
  }
}

function listOrNull(list: readonly string[]): readonly string[] | null {
  return list.length === 0 ? null : list
}

function timeOf(at: EpochMs): string {
  return new Date(at).toISOString()
}

function timeOrNull(at: EpochMs | undefined): string | null {
  return at === undefined ? null : timeOf(at)
}
