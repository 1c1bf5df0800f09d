import type { Budget } from '../../domain/budget.ts'
import { defaultUser } from '../../domain/default-user.ts'
import type { EndUser } from '../../domain/end-user.ts'
import type { EpochMs, UserId } from '../../domain/ids.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { UserDefaults } from '../../domain/key-rules.ts'
import type { Limits } from '../../domain/limits.ts'
import type { UserRole } from '../../domain/role.ts'
import type { User, UserFacts } from '../../domain/user.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import { callOf, withModel } from './change-call.ts'
import { raised, sayRaise } from './raise-ceiling.ts'
import type { Raise } from './raise-ceiling.ts'
import type { Change } from './scene.ts'

/** What can be done about users, keys and customers. */

/** With what the operator gives to new users, where nothing is said. */
export function makeUser(id: UserId, role: UserRole, { now, userDefaults }: Beginning): Change {
  const user = { ...defaultUser(id, undefined, userDefaults, now), role }
  const facts: UserFacts = { user, teams: [], organizations: [], identities: [] }
  return callOf(
    `Make the user ${id}.`,
    '/user/new',
    { user_id: id, user_role: role, auto_create_key: false },
    { users: new Map([[id, () => facts]]) },
  )
}

interface Beginning {
  readonly now: EpochMs
  readonly userDefaults: UserDefaults
}

export function changeUser(id: UserId, say: string, fields: JsonObject, becomes: (user: User) => User): Change {
  return callOf(
    say,
    '/user/update',
    { user_id: id, ...fields },
    {
      users: new Map([[id, (facts) => facts && { ...facts, user: becomes(facts.user) }]]),
    },
  )
}

export function unblockUser(id: UserId): Change {
  return changeUser(id, `Unblock the user ${id}.`, { blocked: false }, (user) => ({ ...user, blocked: false }))
}

export function activateUser({ id, metadata: current }: User): Change {
  const metadata = { ...current, scim_active: true }
  return changeUser(id, `Activate the user ${id} again.`, { metadata }, (user) => ({ ...user, metadata }))
}

export function giveRole(id: UserId, role: UserRole): Change {
  return changeUser(id, `Give the user ${id} the role ${role}.`, { user_role: role }, (user) => ({ ...user, role }))
}

export function allowUserModel({ id, models: current }: User, model: string): Change {
  const models = withModel(current, model)
  return changeUser(id, `Let the user ${id} use the model ${model}.`, { models }, (user) => ({ ...user, models }))
}

export function raiseUser({ id, limits: current }: User, raise: Raise): Change {
  const { fields, becomes } = raised(current, raise)
  return changeUser(id, sayRaise(`the user ${id}`, raise), fields, (user) => ({
    ...user,
    limits: becomes(user.limits),
  }))
}

export function changeKey(
  { digest, displayName }: VirtualKey,
  say: (key: string) => string,
  fields: JsonObject,
  becomes: (key: VirtualKey) => VirtualKey,
): Change {
  return callOf(
    say(displayName),
    '/key/update',
    { key: digest, ...fields },
    {
      keys: new Map([[digest, (row) => row && becomes(row)]]),
    },
  )
}

export function unblockKey({ digest, displayName }: VirtualKey): Change {
  return callOf(
    `Unblock the key ${displayName}.`,
    '/key/unblock',
    { key: digest },
    {
      keys: new Map([[digest, (row) => row && { ...row, blocked: false }]]),
    },
  )
}

/** `duration` as the management API takes it. */
export function prolongKey(key: VirtualKey, duration: string, expiresAt: EpochMs): Change {
  return changeKey(
    key,
    (name) => `Prolong the key ${name}.`,
    { duration },
    (row) => ({ ...row, expiresAt }),
  )
}

export function allowKeyModel(key: VirtualKey, model: string): Change {
  const models = withModel(key.models, model)
  return changeKey(
    key,
    (name) => `Let the key ${name} use the model ${model}.`,
    { models },
    (row) => ({
      ...row,
      models,
    }),
  )
}

export function allowKeyRoute(key: VirtualKey, path: string): Change {
  const routes = [...key.allowedRoutes, path]
  return changeKey(
    key,
    (name) => `Let the key ${name} call ${path}.`,
    { allowed_routes: routes },
    (row) => ({
      ...row,
      allowedRoutes: routes,
    }),
  )
}

/** `had`: what is open to the key so far, by its own list or by its team's. */
export function openToKey(key: VirtualKey, had: readonly string[], path: string): Change {
  const allowedPassThroughRoutes = [...had, path]
  return changeKey(
    key,
    (name) => `Open ${path} to the key ${name}.`,
    { allowed_passthrough_routes: allowedPassThroughRoutes },
    (row) => ({ ...row, allowedPassThroughRoutes }),
  )
}

export function giveKeyTo(key: VirtualKey, userId: UserId): Change {
  return changeKey(
    key,
    (name) => `Give the key ${name} to the user ${userId}.`,
    { user_id: userId },
    (row) => ({
      ...row,
      userId,
    }),
  )
}

/** `current`: its own limits, with those of single models that count for it. */
export function raiseKey(key: VirtualKey, current: Limits, raise: Raise): Change {
  const { fields, becomes } = raised(current, raise)
  return changeKey(
    key,
    (name) => sayRaise(`the key ${name}`, raise),
    fields,
    (row) => ({ ...row, limits: becomes(row.limits) }),
  )
}

export function unblockCustomer({ id }: EndUser): Change {
  return callOf(
    `Unblock the customer ${id}.`,
    '/customer/unblock',
    { user_ids: [id] },
    {
      endUsers: new Map([[id, (row) => row && { ...row, blocked: false }]]),
    },
  )
}

export function raiseCustomer({ id }: EndUser, row: Budget, raise: Raise): Change {
  const { fields, becomes } = raised(row.limits, raise)
  return callOf(
    sayRaise(`the customer ${id}`, raise),
    '/customer/update',
    { user_id: id, ...fields },
    { budgets: new Map([[row.id, (budget) => budget && { ...budget, limits: becomes(budget.limits) }]]) },
  )
}

export function raiseTag(name: string, row: Budget, raise: Raise): Change {
  const { fields, becomes } = raised(row.limits, raise)
  return callOf(
    sayRaise(`the tag ${name}`, raise),
    '/tag/update',
    { name, ...fields },
    { budgets: new Map([[row.id, (budget) => budget && { ...budget, limits: becomes(budget.limits) }]]) },
  )
}
