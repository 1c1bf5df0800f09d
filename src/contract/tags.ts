import { z } from 'zod'
import { filledText, optional, text, texts } from './lenient.ts'
import { limitWish, rowLimitFields } from './limits.ts'

export const tagBody = z
  .object({
    name: text,
    description: optional(text),
    models: optional(texts),
    budget_id: filledText.nullish(),
    updated_at: optional(text),
    ...rowLimitFields,
  })
  .transform((fields) => ({
    name: fields.name,
    wish: {
      description: fields.description,
      models: fields.models,
      budgetId: fields.budget_id,
      limits: limitWish(fields),
      seenAt: fields.updated_at,
    },
  }))

export const tagNamesBody = z.object({ names: texts })

export const tagNameBody = z.object({ name: text })
