import type { UserId } from '../../../domain/ids.ts'
import type { JsonObject } from '../../../domain/json.ts'
import type { Blocker } from '../../../domain/role.ts'
import type { UserRole } from '../../../domain/role.ts'
import { storableJson, storableText } from '../../../domain/storable-text.ts'
import type { User } from '../../../domain/user.ts'
import { limitColumnsOf, limitsOf } from './limit-columns.ts'
import type { LimitRow } from './limit-columns.ts'
import type { RowKind } from './sql-rows.ts'
import { stampColumnsOf, stampsOf, textOrNull } from './stamp-columns.ts'
import type { StampColumns } from './stamp-columns.ts'

export interface UserColumns extends LimitRow, StampColumns {
  readonly user_id: UserId
  readonly email: string | null
  readonly alias: string | null
  readonly role: UserRole
  readonly sso_user_id: string | null
  readonly blocked: boolean
  readonly blocked_by_role: Blocker | null
  readonly models: readonly string[]
  readonly metadata: JsonObject
  readonly password_hash: string | null
}

export const userKind: RowKind<User, UserId, UserColumns> = {
  table: 'user_account',
  id: 'user_id',
  idOf: (user) => user.id,
  read: (row) => ({
    id: row.user_id,
    email: row.email ?? undefined,
    alias: row.alias ?? undefined,
    role: row.role,
    ssoUserId: row.sso_user_id ?? undefined,
    blocked: row.blocked,
    blockedByRole: row.blocked_by_role ?? undefined,
    models: row.models,
    metadata: row.metadata,
    passwordHash: row.password_hash ?? undefined,
    limits: limitsOf(row),
    ...stampsOf(row),
  }),
  write: (user) => ({
    user_id: user.id,
    email: textOrNull(user.email),
    alias: textOrNull(user.alias),
    role: user.role,
    sso_user_id: textOrNull(user.ssoUserId),
    blocked: user.blocked,
    blocked_by_role: user.blocked ? (user.blockedByRole ?? null) : null,
    models: user.models.map(storableText),
    metadata: storableJson(user.metadata),
    password_hash: user.passwordHash ?? null,
    ...limitColumnsOf(user.limits),
    ...stampColumnsOf(user),
  }),
}
