import { z } from 'zod'
import { generateFields, keyOrderOf } from './keys.ts'
import { filledText, flag, optional, pageNumber, pageSize, text } from './lenient.ts'

const MOST_BYTES = 255

/** What a claim can say that stands for a key. */
const claimText = z
  .string()
  .regex(/^[^\p{Cc}\p{Cs}\u2028\u2029]+$/u, 'Expected a text without control characters.')
  .refine((value) => new TextEncoder().encode(value).length <= MOST_BYTES, `Expected ${MOST_BYTES} bytes at most.`)

const issuer = z.string().max(2_048)

const claimFields = {
  jwt_claim_name: claimText,
  jwt_claim_value: claimText,
  jwt_issuer: optional(issuer).describe('Tokens of this issuer only; without it, of any'),
  description: optional(text),
}

interface ClaimFields {
  readonly jwt_claim_name: string
  readonly jwt_claim_value: string
  readonly jwt_issuer: string | undefined
  readonly description: string | undefined
}

/** An empty issuer is none. */
function mappingOf({ jwt_claim_name, jwt_claim_value, jwt_issuer, description }: ClaimFields) {
  return { issuer: jwt_issuer || undefined, claim: { name: jwt_claim_name, value: jwt_claim_value }, description }
}

const keyChoice = {
  key: optional(filledText).describe('The virtual key itself'),
  token: optional(filledText).describe('Its SHA-256 hash'),
}

export const newMappingBody = z
  .object({ ...claimFields, ...keyChoice })
  .transform(({ key, token, ...fields }) => ({ ...mappingOf(fields), key, token }))

export const changedMappingBody = z
  .object({
    id: text,
    ...keyChoice,
    jwt_claim_name: optional(claimText),
    jwt_claim_value: optional(claimText),
    jwt_issuer: issuer.nullish().describe('Null: of any issuer'),
    description: text.nullish(),
    is_active: optional(flag),
  })
  .transform(({ jwt_claim_name, jwt_claim_value, jwt_issuer, is_active, ...rest }) => ({
    ...rest,
    description: rest.description,
    claimName: jwt_claim_name,
    claimValue: jwt_claim_value,
    issuer: jwt_issuer === null ? '' : jwt_issuer,
    isActive: is_active,
  }))

export const mappingIdBody = z.object({ id: text })

export const mappingListQuery = z
  .object({ page: optional(pageNumber), size: optional(pageSize(100)) })
  .transform(({ page = 1, size = 50 }) => ({ page, size, order: 'desc' as const }))

/** A claim, and the key that is made for it. */
export const newClientBody = z
  .object({ ...generateFields, ...claimFields })
  .transform(({ jwt_claim_name, jwt_claim_value, jwt_issuer, description, ...fields }) => ({
    mapping: mappingOf({ jwt_claim_name, jwt_claim_value, jwt_issuer, description }),
    key: keyOrderOf(fields),
  }))
