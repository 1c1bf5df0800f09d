import { z } from 'zod'
import { filledText, jsonMap, optional, text, texts } from './lenient.ts'
import { limitFields, limitWish } from './limits.ts'

const organizationFields = {
  models: optional(texts),
  metadata: optional(jsonMap),
  budget_id: optional(filledText),
  ...limitFields,
}

const wishShape = z.object({ organization_alias: optional(filledText), ...organizationFields })

function inOurWords(fields: z.output<typeof wishShape>) {
  return {
    alias: fields.organization_alias,
    models: fields.models,
    metadata: fields.metadata,
    budgetId: fields.budget_id,
    limits: limitWish(fields),
  }
}

export const organizationNewBody = z
  .object({ ...organizationFields, organization_alias: text.min(1), organization_id: optional(filledText) })
  .transform(({ organization_id, ...fields }) => ({ organizationId: organization_id, wish: inOurWords(fields) }))

export const organizationUpdateBody = z
  .object({
    ...organizationFields,
    organization_alias: optional(filledText),
    organization_id: text,
    updated_at: optional(text),
  })
  .transform(({ organization_id, updated_at, ...fields }) => ({
    organizationId: organization_id,
    wish: { ...inOurWords(fields), seenAt: updated_at },
  }))

export const organizationDeleteBody = z
  .object({ organization_ids: z.array(text).min(1).max(100) })
  .transform(({ organization_ids }) => ({ organizationIds: organization_ids }))

export const organizationInfoQuery = z
  .object({ organization_id: text })
  .transform(({ organization_id }) => ({ organizationId: organization_id }))

export const organizationInfoBody = z
  .object({ organizations: z.array(text).min(1).max(100) })
  .transform(({ organizations }) => ({ organizationIds: organizations }))

export const organizationListQuery = z
  .object({ org_id: optional(filledText), org_alias: optional(filledText) })
  .transform(({ org_id, org_alias }) => ({ id: org_id, alias: org_alias }))
