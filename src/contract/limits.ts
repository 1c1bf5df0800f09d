import { z } from 'zod'
import { text, wholeNumber } from './lenient.ts'

/** Clients that manage whole resources send an empty text for an amount that was never set. */
const emptyIsNull = (value: unknown): unknown => (value === '' ? null : value)

export const decimal = z.preprocess(
  (value) =>
    typeof value === 'string' && /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(value) ? Number(value) : value,
  z.number(),
)

/** Absent: as it is. Null: taken away. */
export function clearable<Shape extends z.ZodType>(shape: Shape) {
  return z.preprocess(emptyIsNull, shape.nullish())
}

/** What may be said about limits, wherever something can have them. */
export const rowLimitFields = {
  max_budget: clearable(decimal),
  soft_budget: clearable(decimal),
  budget_duration: clearable(text),
  tpm_limit: clearable(wholeNumber),
  rpm_limit: clearable(wholeNumber),
  max_parallel_requests: clearable(wholeNumber),
  model_max_budget: z.record(text, z.record(text, z.json())).nullish(),
}

/** Of what calls models itself, and not only has its limits in common with others. */
export const limitFields = {
  ...rowLimitFields,
  model_rpm_limit: z.record(text, wholeNumber).nullish(),
  model_tpm_limit: z.record(text, wholeNumber).nullish(),
}

/** Of what may have several budgets at once, each with a period of its own. */
export const windowFields = {
  budget_limits: z
    .array(z.object({ budget_duration: text, max_budget: decimal }))
    .max(20)
    .nullish(),
}

const limitsShape = z.object(limitFields)
const windowsShape = z.object(windowFields)

export type LimitFields = z.output<typeof limitsShape> & Partial<z.output<typeof windowsShape>>

/** In our words. */
export function limitWish(fields: LimitFields) {
  return {
    maxBudget: fields.max_budget,
    softBudget: fields.soft_budget,
    budgetDuration: fields.budget_duration,
    budgetLimits: fields.budget_limits && fields.budget_limits.map(slotWish),
    tokensPerMinute: fields.tpm_limit,
    requestsPerMinute: fields.rpm_limit,
    parallelRequests: fields.max_parallel_requests,
    modelMaxBudget: fields.model_max_budget,
    modelRequestsPerMinute: fields.model_rpm_limit,
    modelTokensPerMinute: fields.model_tpm_limit,
  }
}

function slotWish(slot: { readonly budget_duration: string; readonly max_budget: number }) {
  return { budgetDuration: slot.budget_duration, maxBudget: slot.max_budget }
}
