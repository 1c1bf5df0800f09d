import { NO_MONEY } from '../../domain/money.ts'
import { isOneself } from './decide-user-change.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import type { KeyWithSpend } from '../keys/read-key.ts'

/** The keys with their owners. A whole row of a user is for those who see everything, and for oneself. */
export async function nameOwners(
  keys: readonly KeyWithSpend[],
  { reach, principal }: Ask,
  { registry, ledger }: ManagePorts,
): Promise<readonly KeyWithSpend[]> {
  const owners = keys.flatMap(({ row }) => row.userId ?? [])
  const ids = [...new Set(owners)].filter((id) => reach.scope === 'all' || isOneself(principal, id))
  if (ids.length === 0) return keys
  const { users, identities } = registry.rooms
  const query = { scope: { sees: 'all' }, sort: 'user_id', order: 'asc', page: 1, size: ids.length } as const
  const { rows } = await users.list({ ...query, ids })
  const spend = await ledger.spendOf('user', ids)
  const teams = await users.teamsOf(ids)
  const subjects = await identities.latestSubjects(ids)
  const views = new Map(
    rows.map((user) => [
      user.id,
      {
        user,
        spend: spend.get(user.id) ?? NO_MONEY,
        teams: teams.get(user.id) ?? [],
        subject: subjects.get(user.id),
      },
    ]),
  )
  return keys.map((key) => ({
    ...key,
    owner: key.row.userId === undefined ? undefined : views.get(key.row.userId),
  }))
}
