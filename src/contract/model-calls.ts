import { z } from 'zod'
import { filledText, flag, optional, text, texts } from './lenient.ts'

/** What calls of models look like, for the description of the API. The journey reads them, and passes on what it does not know. */
const call = z.looseObject({ model: text })
const streamed = call.extend({ stream: z.boolean().optional() })
const tokens = z.array(z.int())
const parts = z.array(z.looseObject({}))
const textsOrTokens = z.union([text, texts, tokens, z.array(tokens)])

export const chatBody = streamed.extend({ messages: z.array(z.looseObject({ role: text })).min(1) })
export const completionBody = streamed.extend({ prompt: textsOrTokens })
export const embeddingBody = call.extend({ input: textsOrTokens })
export const imageBody = streamed.extend({ prompt: text, n: z.int().min(1).max(128).nullish() })
export const moderationBody = z.looseObject({ model: text.optional(), input: z.union([text, texts, parts]) })
/** A stored prompt, or what went before, may stand for an input. */
export const responsesBody = streamed.extend({ input: z.union([text, parts]).optional() })

export const realtimeQuery = z.object({ model: text })

/** What is passed on of a question about a stored response. */
export const storedResponseQuery = z.object({
  include: optional(z.union([text, texts])),
  limit: optional(text),
  order: optional(text),
  after: optional(text),
  before: optional(text),
})

export const passThroughQuery = z.object({ endpoint_id: optional(text) })

export const modelGroupQuery = z.object({ model_group: optional(filledText) })

export const modelListQuery = z.object({
  team_id: optional(filledText),
  include_model_access_groups: optional(flag),
  only_model_access_groups: optional(flag),
  return_wildcard_routes: optional(flag),
  include_metadata: optional(flag),
  fallback_type: optional(z.enum(['general', 'context_window', 'content_policy'])),
})
