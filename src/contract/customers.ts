import { z } from 'zod'
import { filledText, flag, optional, text, texts } from './lenient.ts'
import { limitWish, rowLimitFields } from './limits.ts'

const customerFields = z.object({
  user_id: text,
  alias: optional(filledText),
  blocked: optional(flag),
  default_model: optional(filledText),
  budget_id: filledText.nullish(),
  ...rowLimitFields,
})

export const customerBody = customerFields
  .refine(({ max_budget, budget_id }) => typeof max_budget !== 'number' || typeof budget_id !== 'string', {
    message: "Set either 'max_budget' or 'budget_id', not both.",
  })
  .transform((fields) => ({
    id: fields.user_id,
    wish: {
      alias: fields.alias,
      blocked: fields.blocked,
      defaultModel: fields.default_model,
      budgetId: fields.budget_id,
      limits: limitWish(fields),
    },
  }))

export const customersBody = z.object({ user_ids: texts })

export const customerQuery = z.object({ end_user_id: text })
