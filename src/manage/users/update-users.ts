import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { MASTER_USER_ID } from '../../domain/principal.ts'
import type { User } from '../../domain/user.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { malformed } from '../refuse.ts'
import type { UserWish } from './revise-user.ts'
import { updateUser } from './update-user.ts'
import type { UserChangeOrder } from './update-user.ts'

export type UsersOrder =
  | { readonly of: 'named'; readonly users: readonly UserChangeOrder[] }
  | { readonly of: 'all'; readonly wish: UserWish }

export interface UserOutcome {
  /** As it was asked for. */
  readonly name: string | undefined
  readonly email: string | undefined
  readonly result: Decision<User>
}

const MOST_AT_ONCE = 500

/** Each user by the rules of a single change; what one is refused says nothing about the others. */
export async function updateUsers(
  order: UsersOrder,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<readonly UserOutcome[]>> {
  if (order.of === 'named' && order.users.length > MOST_AT_ONCE) {
    return malformed(`At most ${MOST_AT_ONCE} users can be updated at once.`)
  }
  if (order.of === 'all' && (order.wish.password !== undefined || order.wish.ssoUserId !== undefined)) {
    return malformed('`password` and `sso_user_id` belong to one user each.')
  }
  const outcomes: UserOutcome[] = []
  for (const each of order.of === 'named' ? order.users : await everybody(order.wish, ports)) {
    outcomes.push({ name: each.id, email: each.email, result: await updateUser(each, ask, ports) })
  }
  return allow(outcomes)
}

/** The account behind the master key is no person's and stays as it is. */
async function everybody(wish: UserWish, { registry }: ManagePorts): Promise<readonly UserChangeOrder[]> {
  const query = { scope: { sees: 'all' }, size: MOST_AT_ONCE, sort: 'user_id', order: 'asc' } as const
  const orders: UserChangeOrder[] = []
  for (let page = 1; ; page += 1) {
    const { rows, total } = await registry.rooms.users.list({ ...query, page })
    for (const { id } of rows) if (id !== MASTER_USER_ID) orders.push({ id, email: undefined, wish })
    if (page * MOST_AT_ONCE >= total) return orders
  }
}
