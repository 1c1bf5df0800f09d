import type { TeamId } from '../../domain/ids.ts'
import type { LedgerEntry, Payer } from '../../domain/ledger-entry.ts'
import { addUsd, NO_MONEY, picoUsd, usdNumber } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import { MASTER_ALIAS, MASTER_USER_ID, TOKEN_ALIAS } from '../../domain/principal.ts'
import type { DailySpend } from '../../ports/ledger.ts'

/** One ledger line as a row of the compatible API. */
export function renderSpendLine(entry: LedgerEntry, teamNames: ReadonlyMap<TeamId, string>): object {
  const { payer, usage } = entry
  return {
    request_id: entry.requestId,
    call_type: entry.callType,
    api_key: keyName(payer),
    spend: usdNumber(entry.amount),
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    startTime: new Date(entry.startedAt).toISOString(),
    endTime: new Date(entry.endedAt).toISOString(),
    completionStartTime: entry.firstByteAt === undefined ? null : new Date(entry.firstByteAt).toISOString(),
    request_duration_ms: entry.endedAt - entry.startedAt,
    model: entry.upstreamModel,
    model_id: entry.deploymentId ?? '',
    model_group: entry.modelGroup,
    custom_llm_provider: entry.provider,
    api_base: '',
    user: userOf(entry) ?? '',
    team_id: entry.teamId ?? null,
    organization_id: entry.organizationId ?? null,
    end_user: entry.endUserId ?? '',
    agent_id: null,
    metadata: metadataOf(entry, entry.teamId === undefined ? undefined : teamNames.get(entry.teamId)),
    cache_hit: 'False',
    cache_key: 'Cache OFF',
    request_tags: entry.tags,
    requester_ip_address: entry.clientAddress ?? null,
    messages: {},
    response: {},
    proxy_server_request: {},
    session_id: entry.sessionId ?? null,
    status: entry.status,
    mcp_namespaced_tool_name: null,
  }
}

/** The master key's part of a day goes by its alias, as its lines do. */
export function renderSpendDay({ day, total, byKey, byUser, byModel }: DailySpend): object {
  const ofKeys = [...byKey.values()].reduce((sum, amount) => addUsd(sum, amount), NO_MONEY)
  const ofMaster = picoUsd(total - ofKeys)
  return {
    ...dollars(byKey),
    ...(ofMaster === NO_MONEY ? {} : { [MASTER_ALIAS]: usdNumber(ofMaster) }),
    startTime: day,
    spend: usdNumber(total),
    users: dollars(byUser),
    models: dollars(byModel),
  }
}

/** What clients look for on a line, and what the ledger does not keep. */
const NOT_KEPT = {
  user_api_key_project_id: null,
  user_api_key_project_alias: null,
  guardrail_information: null,
  mcp_tool_call_metadata: null,
  vector_store_request_metadata: null,
  proxy_server_request: null,
  batch_models: null,
  cold_storage_object_key: null,
  litellm_overhead_time_ms: null,
  max_retries: null,
  cost_breakdown: null,
  additional_usage_values: null,
}

function metadataOf(entry: LedgerEntry, teamName: string | undefined): object {
  const { payer, usage } = entry
  const { spend_logs_metadata: spendWords = null, ...callerMetadata } = entry.callerMetadata
  return {
    user_api_key: keyName(payer),
    user_api_key_alias: payer.kind === 'key' ? (payer.alias ?? null) : null,
    user_api_key_user_id: userOf(entry) ?? null,
    user_api_key_team_id: entry.teamId ?? null,
    user_api_key_team_alias: teamName ?? null,
    user_api_key_org_id: entry.organizationId ?? null,
    ...NOT_KEPT,
    spend_logs_metadata: spendWords,
    requester_metadata: callerMetadata,
    ...(entry.bearer === undefined ? {} : { jwt_claims: { iss: entry.bearer.issuer, sub: entry.bearer.subject } }),
    requester_ip_address: entry.clientAddress ?? null,
    applied_guardrails: [],
    status: entry.status,
    error_information: errorOf(entry),
    usage_object: {
      prompt_tokens: usage.inputTokens,
      completion_tokens: usage.outputTokens,
      total_tokens: usage.inputTokens + usage.outputTokens,
      prompt_tokens_details: {
        cached_tokens: usage.cachedInputTokens,
        audio_tokens: usage.audioInputTokens,
        image_tokens: usage.imageInputTokens ?? 0,
      },
      completion_tokens_details: {
        reasoning_tokens: usage.reasoningTokens,
        audio_tokens: usage.audioOutputTokens,
        image_tokens: usage.imageOutputTokens ?? 0,
      },
      ...(usage.pictures === undefined ? {} : { images: usage.pictures }),
      cache_creation_input_tokens: usage.cacheWriteInputTokens,
      cache_read_input_tokens: usage.cachedInputTokens,
    },
    model_map_information: {
      model_map_key: entry.upstreamModel,
      model_map_value: entry.pricing === 'unpriced' ? null : {},
    },
    attempted_retries: entry.retries,
    litellm_call_id: entry.callId,
    pricing: entry.pricing,
    usage_from: entry.usageFrom,
    cut_short: entry.cutShort,
  }
}

function errorOf(entry: LedgerEntry): object | null {
  if (entry.status === 'success') return null
  return {
    error_code: String(entry.httpStatus),
    error_class: entry.errorClass ?? '',
    error_message: '',
    llm_provider: entry.provider,
    traceback: '',
  }
}

function keyName(payer: Payer): string {
  switch (payer.kind) {
    case 'master':
      return MASTER_ALIAS
    case 'key':
      return payer.digest
    case 'token':
      return TOKEN_ALIAS
  }
}

function userOf({ payer, userId }: LedgerEntry): string | undefined {
  return userId ?? (payer.kind === 'master' ? MASTER_USER_ID : undefined)
}

function dollars(amounts: ReadonlyMap<string, PicoUsd>): object {
  return Object.fromEntries([...amounts].map(([name, amount]) => [name, usdNumber(amount)]))
}
