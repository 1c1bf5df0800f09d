import type { Blocker } from '../../domain/role.ts'
import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { JsonObject } from '../../domain/json.ts'
import { parseUserRole } from '../../domain/role.ts'
import type { User } from '../../domain/user.ts'
import { findStale, malformed } from '../refuse.ts'
import { reviseLimits } from '../budgets/revise-limits.ts'
import type { LimitWish } from '../budgets/revise-limits.ts'

/** What may be said about a user. Undefined: left as it is. */
export interface UserWish {
  /** The `updated_at` of the row that the wish was made from. */
  readonly seenAt?: string | undefined
  /** Whether memberships are said as well, which are changed elsewhere. */
  readonly groups?: boolean | undefined
  readonly email?: string | undefined
  readonly alias?: string | undefined
  readonly role?: string | undefined
  readonly ssoUserId?: string | undefined
  readonly password?: string | undefined
  readonly models?: readonly string[] | undefined
  readonly metadata?: JsonObject | undefined
  readonly blocked?: boolean | undefined
  readonly limits?: LimitWish | undefined
}

const EMAIL = /^[^\s@\p{Cc}\p{Cs}]{1,128}@[^\s@\p{Cc}\p{Cs}]{1,126}$/u
const ALIAS = /^[^\p{Cc}\p{Cs}]{1,255}$/u
const SUBJECT = /^[\u0021-\u007e]{1,255}$/
const LEAST_PASSWORD = 12
const MOST_PASSWORD = 128

/** The row with what is wished, all but the password, or why it can't be so. `by`: in whose right. */
export function reviseUser(user: User, wish: UserWish, by: Blocker, now: EpochMs): Decision<User> {
  const stale = findStale(wish.seenAt, user)
  if (stale !== undefined) return stale
  if (wish.email !== undefined && !EMAIL.test(wish.email)) return malformed('`user_email` must be an e-mail address.')
  if (wish.alias !== undefined && !ALIAS.test(wish.alias)) {
    return malformed('`user_alias` must be a text of 1 to 255 characters without control characters.')
  }
  if (wish.ssoUserId !== undefined && !SUBJECT.test(wish.ssoUserId)) {
    return malformed('`sso_user_id` must be a text of 1 to 255 printable ASCII characters.')
  }
  const limits = reviseLimits(user.limits, wish.limits ?? {}, now)
  if (limits.verdict === 'deny') return limits
  const blocked = wish.blocked ?? user.blocked
  return allow({
    ...user,
    email: wish.email ?? user.email,
    alias: wish.alias ?? user.alias,
    role: wish.role === undefined ? user.role : (parseUserRole(wish.role) ?? user.role),
    ssoUserId: wish.ssoUserId ?? user.ssoUserId,
    models: wish.models ?? user.models,
    metadata: wish.metadata ?? user.metadata,
    blocked,
    blockedByRole: blocked ? (user.blocked ? user.blockedByRole : by) : undefined,
    limits: limits.granted,
  })
}

export function decidePassword(password: string): Decision<string> {
  const { length } = password.normalize('NFKC')
  return length >= LEAST_PASSWORD && length <= MOST_PASSWORD
    ? allow(password)
    : malformed(`A password must have ${LEAST_PASSWORD} to ${MOST_PASSWORD} characters.`)
}
