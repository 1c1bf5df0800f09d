import { parseBudgetDuration } from './budget-window.ts'
import type { EpochMs, UserId } from './ids.ts'
import type { UserDefaults } from './key-rules.ts'
import { NO_LIMITS } from './limits.ts'
import { parseUsd } from './money.ts'
import { ROLE_WITHOUT_USER } from './role.ts'
import { stampedNew } from './stamps.ts'
import type { User } from './user.ts'

/** Under which name tokens of providers make rows. */
export const JWT_PROVISIONER = 'jwt-provisioner'

/** Who a token makes of somebody unknown: as the operator has new users, and an administrator never (J-29). */
export function defaultUser(id: UserId, email: string | undefined, defaults: UserDefaults, now: EpochMs): User {
  const duration = defaults.budgetDuration === undefined ? undefined : parseBudgetDuration(defaults.budgetDuration)
  return {
    id,
    email,
    alias: undefined,
    role: defaults.role === 'internal_user_viewer' ? 'internal_user_viewer' : ROLE_WITHOUT_USER,
    ssoUserId: undefined,
    blocked: false,
    blockedByRole: undefined,
    models: defaults.models ?? [],
    metadata: {},
    passwordHash: undefined,
    limits: {
      ...NO_LIMITS,
      maxBudget: defaults.maxBudget === undefined ? undefined : parseUsd(defaults.maxBudget),
      window: duration === undefined ? undefined : { duration, anchor: now },
    },
    ...stampedNew(JWT_PROVISIONER, now),
  }
}
