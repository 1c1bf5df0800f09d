import { z } from 'zod'
import { filledText, jsonMap, optional, text, textMap } from './lenient.ts'

/** Empty is nobody, and not whoever asks: what was meant to be filled in would be allowed for the wrong one. */
const subject = text.min(1)

/** Whose call, and which: what `POST /authz/explain` takes. */
export const explainBody = z
  .object({
    token: optional(subject).describe('A token as a caller presents it'),
    claims: optional(jsonMap).describe('What a token of `issuer` says'),
    issuer: optional(subject),
    key: optional(subject).describe('A key, or its hash'),
    user_id: optional(subject).describe('As if with a personal key without limits of its own'),
    team_id: optional(subject).describe('With `user_id`: as if with a key of this team'),
    route: text.describe('The path that is called'),
    method: optional(filledText),
    model: optional(filledText),
    headers: optional(textMap),
    body: optional(jsonMap),
  })
  .refine((ask) => [ask.token, ask.claims, ask.key, ask.user_id].filter((each) => each !== undefined).length <= 1, {
    message: 'Name one of `token`, `claims`, `key` and `user_id`, or none of them to ask about yourself.',
  })
  .refine(({ claims, issuer }) => (claims === undefined) === (issuer === undefined), {
    message: '`claims` and `issuer` go together.',
  })
  .refine(({ user_id, team_id }) => team_id === undefined || user_id !== undefined, {
    message: '`team_id` goes with `user_id`.',
  })
  .transform(({ user_id, team_id, ...ask }) => ({ ...ask, userId: user_id, teamId: team_id }))
