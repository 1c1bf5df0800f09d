import { z } from 'zod'
import { filledText, optional, text, texts } from './lenient.ts'
import { limitWish, rowLimitFields } from './limits.ts'

const budgetFields = z.object({
  budget_id: optional(filledText),
  allowed_models: optional(texts),
  updated_at: optional(text),
  ...rowLimitFields,
})

export const budgetBody = budgetFields.transform(({ budget_id, allowed_models, updated_at, ...limits }) => ({
  id: budget_id,
  wish: { limits: limitWish(limits), allowedModels: allowed_models, seenAt: updated_at },
}))

export const budgetInfoBody = z.object({ budgets: texts })

export const budgetSettingsQuery = z.object({ budget_id: text })

export const deleteBudgetBody = z.object({ id: text })
