import type { EndUserId, EntryId, EpochMs, HoldId, KeyDigest, OrganizationId, TeamId, UserId } from './ids.ts'
import type { JsonObject } from './json.ts'
import type { LedgerEntry } from './ledger-entry.ts'
import { picoUsd } from './money.ts'
import type { IdentityLink } from './token-facts.ts'
import { storableJson } from './storable-text.ts'

/** A ledger entry as it is kept: what is looked for, sorted by and summed as columns, the rest as one detail. */
export interface LedgerRow {
  readonly entry_id: EntryId
  /** `startedAt`: reports and days go by when a call began. */
  readonly at: EpochMs
  readonly payer_kind: LedgerEntry['payer']['kind']
  readonly key_digest?: KeyDigest | null | undefined
  readonly user_id?: UserId | null | undefined
  readonly team_id?: TeamId | null | undefined
  readonly organization_id?: OrganizationId | null | undefined
  readonly end_user_id?: EndUserId | null | undefined
  readonly request_id: string
  /** Decimal digits: JSON has no integers of this size. */
  readonly amount_pico: string | bigint
  readonly model_group: string
  readonly status: LedgerEntry['status']
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly call_type: LedgerEntry['callType']
  readonly ended_at: EpochMs
  readonly upstream_model: string
  readonly provider: string
  readonly http_status: number
  readonly key_alias?: string | null | undefined
  readonly deployment_id?: LedgerEntry['deploymentId'] | null
  readonly session_id?: string | null | undefined
  readonly error_class?: string | null | undefined
  readonly cached_input_tokens?: number | null | undefined
  readonly cache_write_input_tokens?: number | null | undefined
  readonly detail: LedgerDetail
  readonly hold_id?: HoldId | null | undefined
  readonly counted_at?: EpochMs | null | undefined
}

/** What is as usual is left out: every byte of a line is written, sent, parsed and kept once per call. */
export interface LedgerDetail {
  readonly callId: string
  readonly firstByteAt?: EpochMs | undefined
  readonly clientAddress?: string | undefined
  readonly pricing?: LedgerEntry['pricing'] | undefined
  readonly usageFrom?: LedgerEntry['usageFrom'] | undefined
  readonly cutShort?: true | undefined
  readonly retries?: number | undefined
  readonly tags?: readonly string[] | undefined
  readonly callerMetadata?: JsonObject | undefined
  readonly bearer?: IdentityLink | undefined
  readonly audioInputTokens?: number | undefined
  readonly imageInputTokens?: number | undefined
  readonly reasoningTokens?: number | undefined
  readonly audioOutputTokens?: number | undefined
  readonly imageOutputTokens?: number | undefined
  readonly pictures?: number | undefined
}

const MOST_PICO = 2n ** 63n - 1n

/** One line of JSON with the names of a `LedgerRow`. Throws for what no ledger line can hold. */
export function writeLedgerLine(entry: LedgerEntry): string {
  const { amount, usage } = entry
  if (amount > MOST_PICO) throw new RangeError('the amount is beyond what a ledger line holds')
  if (!Number.isSafeInteger(usage.inputTokens) || !Number.isSafeInteger(usage.outputTokens)) {
    throw new RangeError('token counts are whole numbers')
  }
  // Without this, one line with a NUL in it would stop its whole batch.
  return storableJson(rowOf(entry))
}

/** The written form of a line, back to columns. The text must come from `writeLedgerLine`. */
export function parseLedgerLine(line: string): LedgerRow {
  const row: LedgerRow = JSON.parse(line)
  return row
}

export function parseLedgerDetail(text: string): LedgerDetail {
  const detail: LedgerDetail = JSON.parse(text)
  return detail
}

export function entryOf(row: LedgerRow): LedgerEntry {
  const { detail } = row
  return {
    entryId: row.entry_id,
    requestId: row.request_id,
    callId: detail.callId,
    callType: row.call_type,
    payer: payerOf(row),
    userId: row.user_id ?? undefined,
    teamId: row.team_id ?? undefined,
    organizationId: row.organization_id ?? undefined,
    endUserId: row.end_user_id ?? undefined,
    amount: picoUsd(BigInt(row.amount_pico)),
    pricing: detail.pricing ?? 'priced',
    usage: {
      inputTokens: row.prompt_tokens,
      outputTokens: row.completion_tokens,
      cachedInputTokens: row.cached_input_tokens ?? 0,
      cacheWriteInputTokens: row.cache_write_input_tokens ?? 0,
      audioInputTokens: detail.audioInputTokens ?? 0,
      ...(detail.imageInputTokens !== undefined && { imageInputTokens: detail.imageInputTokens }),
      reasoningTokens: detail.reasoningTokens ?? 0,
      audioOutputTokens: detail.audioOutputTokens ?? 0,
      ...(detail.imageOutputTokens !== undefined && { imageOutputTokens: detail.imageOutputTokens }),
      ...(detail.pictures !== undefined && { pictures: detail.pictures }),
    },
    usageFrom: detail.usageFrom ?? 'upstream',
    status: row.status,
    cutShort: detail.cutShort ?? false,
    startedAt: row.at,
    firstByteAt: detail.firstByteAt,
    endedAt: row.ended_at,
    modelGroup: row.model_group,
    upstreamModel: row.upstream_model,
    deploymentId: row.deployment_id ?? undefined,
    provider: row.provider,
    httpStatus: row.http_status,
    errorClass: row.error_class ?? undefined,
    retries: detail.retries ?? 0,
    tags: detail.tags ?? [],
    sessionId: row.session_id ?? undefined,
    clientAddress: detail.clientAddress,
    callerMetadata: detail.callerMetadata ?? {},
    bearer: detail.bearer,
    holdId: row.hold_id ?? undefined,
    countedAt: row.counted_at ?? undefined,
  }
}

function payerOf({ payer_kind: kind, key_digest: digest, key_alias: alias }: LedgerRow): LedgerEntry['payer'] {
  if (digest !== null && digest !== undefined) return { kind: 'key', digest, alias: alias ?? undefined }
  return kind === 'token' ? { kind } : { kind: 'master' }
}

function rowOf(entry: LedgerEntry): LedgerRow {
  const { payer, usage } = entry
  return {
    entry_id: entry.entryId,
    at: entry.startedAt,
    payer_kind: payer.kind,
    key_digest: payer.kind === 'key' ? payer.digest : undefined,
    user_id: entry.userId,
    team_id: entry.teamId,
    organization_id: entry.organizationId,
    end_user_id: entry.endUserId,
    request_id: entry.requestId,
    amount_pico: entry.amount.toString(),
    model_group: entry.modelGroup,
    status: entry.status,
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    call_type: entry.callType,
    ended_at: entry.endedAt,
    upstream_model: entry.upstreamModel,
    provider: entry.provider,
    http_status: entry.httpStatus,
    key_alias: payer.kind === 'key' ? payer.alias : undefined,
    deployment_id: entry.deploymentId,
    session_id: entry.sessionId,
    error_class: entry.errorClass,
    cached_input_tokens: usage.cachedInputTokens || undefined,
    cache_write_input_tokens: usage.cacheWriteInputTokens || undefined,
    detail: detailOf(entry),
    hold_id: entry.holdId,
    counted_at: entry.countedAt,
  }
}

function detailOf(entry: LedgerEntry): LedgerDetail {
  const { usage } = entry
  return {
    callId: entry.callId,
    firstByteAt: entry.firstByteAt,
    clientAddress: entry.clientAddress,
    pricing: entry.pricing === 'priced' ? undefined : entry.pricing,
    usageFrom: entry.usageFrom === 'upstream' ? undefined : entry.usageFrom,
    cutShort: entry.cutShort || undefined,
    retries: entry.retries || undefined,
    tags: entry.tags.length === 0 ? undefined : entry.tags,
    callerMetadata: Object.keys(entry.callerMetadata).length === 0 ? undefined : entry.callerMetadata,
    bearer: entry.bearer,
    audioInputTokens: usage.audioInputTokens || undefined,
    imageInputTokens: usage.imageInputTokens || undefined,
    reasoningTokens: usage.reasoningTokens || undefined,
    audioOutputTokens: usage.audioOutputTokens || undefined,
    imageOutputTokens: usage.imageOutputTokens || undefined,
    pictures: usage.pictures,
  }
}
