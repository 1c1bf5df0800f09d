import { epochMs } from '../../../domain/ids.ts'
import type { EpochMs } from '../../../domain/ids.ts'
import { isObject } from '../../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../../domain/json.ts'
import type { Ceiling, Limits } from '../../../domain/limits.ts'
import { NO_MONEY, type PicoUsd, picoUsd } from '../../../domain/money.ts'
import { storableJson, storableText } from '../../../domain/storable-text.ts'
import { timestampText } from '../column-types.ts'
import type { Json, NullableTimestamp } from '../column-types.ts'

/** The columns that every table with limits of its own has. */
export interface LimitColumns {
  max_budget_pico: string | null
  soft_budget_pico: string | null
  budget_duration: string | null
  budget_anchor_at: NullableTimestamp
  tpm_limit: bigint | null
  rpm_limit: bigint | null
  max_parallel_requests: bigint | null
  /** All limits that are no single number. */
  model_limits: Json<JsonObject>
}

/** As both drivers read them. */
export interface LimitRow {
  readonly max_budget_pico: string | null
  readonly soft_budget_pico: string | null
  readonly budget_duration: string | null
  readonly budget_anchor_at: EpochMs | null
  readonly tpm_limit: bigint | null
  readonly rpm_limit: bigint | null
  readonly max_parallel_requests: bigint | null
  readonly model_limits: JsonObject
}

export function limitsOf(row: LimitRow): Limits {
  return {
    maxBudget: moneyOf(row.max_budget_pico),
    softBudget: moneyOf(row.soft_budget_pico),
    window:
      row.budget_duration === null || row.budget_anchor_at === null
        ? undefined
        : { duration: row.budget_duration, anchor: row.budget_anchor_at },
    perWindow: ceilingsOf(row.model_limits['windows']),
    tokensPerMinute: countOf(row.tpm_limit),
    requestsPerMinute: countOf(row.rpm_limit),
    parallelRequests: countOf(row.max_parallel_requests),
    perModel: {
      maxBudget: objectsOf(row.model_limits['budget']),
      tokensPerMinute: countsOf(row.model_limits['tpm']),
      requestsPerMinute: countsOf(row.model_limits['rpm']),
    },
  }
}

export function limitColumnsOf(limits: Limits) {
  const { maxBudget, tokensPerMinute, requestsPerMinute } = limits.perModel
  return {
    max_budget_pico: moneyText(limits.maxBudget),
    soft_budget_pico: moneyText(limits.softBudget),
    budget_duration: limits.window === undefined ? null : storableText(limits.window.duration),
    budget_anchor_at: limits.window === undefined ? null : timestampText(limits.window.anchor),
    tpm_limit: bigOrNull(limits.tokensPerMinute),
    rpm_limit: bigOrNull(limits.requestsPerMinute),
    max_parallel_requests: bigOrNull(limits.parallelRequests),
    model_limits: storableJson({
      budget: maxBudget,
      tpm: tokensPerMinute,
      rpm: requestsPerMinute,
      ...(limits.perWindow.length === 0 ? {} : { windows: limits.perWindow.map(ceilingRow) }),
    }),
  }
}

export function moneyOf(digits: string | null): PicoUsd | undefined {
  return digits === null ? undefined : picoUsd(BigInt(digits))
}

export function moneyText(amount: PicoUsd | undefined): string | null {
  return amount === undefined ? null : amount.toString()
}

function ceilingRow({ maxBudget, window }: Ceiling): JsonObject {
  // Digits: JSON has no numbers of this size.
  const amount = { max_pico: maxBudget.toString() }
  return window === undefined ? amount : { ...amount, duration: window.duration, anchor: window.anchor }
}

function ceilingsOf(value: JsonValue | undefined): readonly Ceiling[] {
  if (!Array.isArray(value)) return []
  return value.filter(isObject).map(({ max_pico: digits, duration, anchor }) => ({
    // What can't be read lets nothing through.
    maxBudget: (typeof digits === 'string' ? moneyOf(digits) : undefined) ?? NO_MONEY,
    window:
      typeof duration === 'string' && typeof anchor === 'number' ? { duration, anchor: epochMs(anchor) } : undefined,
  }))
}

function countOf(count: bigint | null): number | undefined {
  return count === null ? undefined : Number(count)
}

function bigOrNull(count: number | undefined): bigint | null {
  return count === undefined ? null : BigInt(count)
}

function countsOf(value: JsonValue | undefined): Readonly<Record<string, number>> | undefined {
  if (!isObject(value)) return undefined
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, count]) => (typeof count === 'number' ? [[name, count]] : [])),
  )
}

function objectsOf(value: JsonValue | undefined): Readonly<Record<string, JsonObject>> | undefined {
  if (!isObject(value)) return undefined
  return Object.fromEntries(Object.entries(value).flatMap(([name, limit]) => (isObject(limit) ? [[name, limit]] : [])))
}
