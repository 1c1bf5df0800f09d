import { z } from 'zod'
import { filledText, optional, pageNumber, pageSize, text } from './lenient.ts'

const MOST_TOKEN = 65_536

/** What a claim can say that a revocation goes by. */
const claimText = (least: number, most: number) =>
  z
    .string()
    .min(least)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'Expected a text without control characters.')
    .refine((value) => new TextEncoder().encode(value).length <= most, `Expected ${most} bytes at most.`)

const name = claimText(1, 255)
const issuer = claimText(0, 2_048)
const time = z.iso.datetime({ offset: true }).transform((value) => Date.parse(value))

export const newRevocationBody = z
  .object({
    token: optional(z.string().min(1).max(MOST_TOKEN)).describe('The token itself; only a hash of it is kept'),
    issuer: optional(issuer).describe('`iss` of the tokens, to the letter; with `jti` or `subject`'),
    jti: optional(name).describe('One token of the issuer'),
    subject: optional(name).describe(
      'All tokens of this subject of the issuer, by the claim that names users or by `sub`',
    ),
    user_id: optional(name).describe('All tokens of this user, of whichever issuer'),
    issued_before: optional(time).describe('With `subject` or `user_id`: tokens from before it. Default: now'),
    expires_at: optional(time).describe('Default: when no such token can be good any more'),
    reason: optional(filledText.pipe(z.string().max(1_000).optional())),
  })
  .transform((body, context) => {
    const of = targetOf(body)
    if (typeof of === 'string') {
      context.addIssue({ code: 'custom', message: of })
      return z.NEVER
    }
    return { of, reason: body.reason, endsAt: body.expires_at }
  })

interface Named {
  readonly token: string | undefined
  readonly issuer: string | undefined
  readonly jti: string | undefined
  readonly subject: string | undefined
  readonly user_id: string | undefined
  readonly issued_before: number | undefined
}

function targetOf({ token, issuer: of, jti, subject, user_id: userId, issued_before: issuedBefore }: Named) {
  const named = [token, jti, subject, userId].filter((each) => each !== undefined)
  if (named.length !== 1) return 'Provide exactly one of `token`, `jti`, `subject` and `user_id`.'
  if (issuedBefore !== undefined && subject === undefined && userId === undefined)
    return '`issued_before` goes with `subject` or `user_id`.'
  if (of === undefined && (jti !== undefined || subject !== undefined)) return '`issuer` must be said as well.'
  if (of !== undefined && jti === undefined && subject === undefined) return '`issuer` goes with `jti` or `subject`.'
  if (token !== undefined) return { is: 'token', text: token } as const
  if (jti !== undefined) return { is: 'jti', issuer: of ?? '', jti } as const
  if (subject !== undefined) return { is: 'subject', issuer: of ?? '', subject, issuedBefore } as const
  return { is: 'user', userId: userId ?? '', issuedBefore } as const
}

export const revocationIdBody = z.object({ id: text })

export const revocationListQuery = z
  .object({
    page: optional(pageNumber),
    size: optional(pageSize(100)),
  })
  .transform(({ page = 1, size = 50 }) => ({ page, size, order: 'desc' as const }))
