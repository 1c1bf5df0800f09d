import type { EpochMs, UserId } from '../domain/ids.ts'
import { blankUser } from '../domain/user.ts'
import type { User } from '../domain/user.ts'
import type { Rooms } from '../ports/registry.ts'

/** A user who is named by a key or a team before anybody made an account has one from then on, without any power. */
export async function ensureUser(id: UserId, by: string, now: EpochMs, { users }: Pick<Rooms, 'users'>): Promise<User> {
  const known = await users.find(id)
  if (known !== undefined) return known
  const user = blankUser(id, by, now)
  if ((await users.insert(user)) === 'inserted') return user
  // Somebody else made it meanwhile.
  return (await users.find(id)) ?? user
}
