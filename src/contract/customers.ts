import { z } from 'zod'
import { filledText, flag, optional, text, texts } from './lenient.ts'
import { limitFields, limitWish } from './limits.ts'

const customerFields = z.object({
  user_id: text,
  alias: optional(filledText),
  blocked: optional(flag),
  default_model: optional(filledText),
  budget_id: optional(filledText),
  ...limitFields,
})

export const customerBody = customerFields
  .refine(({ max_budget, budget_id }) => typeof max_budget !== 'number' || budget_id === undefined, {
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
