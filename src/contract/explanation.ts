import { z } from 'zod'

const members = z.record(z.string(), z.json())

export const apiCall = z.object({ api: z.object({ method: z.string(), path: z.string(), body: members }) })

/** What `POST /authz/explain` answers. */
export const explanation = z.object({
  verdict: z.enum(['allow', 'deny']),
  status: z.number(),
  reason: z.string().nullable(),
  message: z.string(),
  route: z.string(),
  method: z.string(),
  steps: z.array(
    z.object({
      step: z.string(),
      outcome: z.enum(['allow', 'deny']),
      reason: z.string().nullable(),
      inputs: members,
    }),
  ),
  principal: members.nullable(),
  provision: z.array(members),
  settings: z.array(z.string()),
  change: z.object({ say: z.string(), steps: z.array(z.union([apiCall, members])) }).nullable(),
  advice: z.string().nullable(),
  correlation_id: z.string(),
})

export type ShownExplanation = z.output<typeof explanation>
