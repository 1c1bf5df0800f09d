import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { PicoUsd } from '../../domain/money.ts'
import { readUserPage } from '../users/list-users.ts'
import type { ListedUser } from '../users/list-users.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { rankBy, readSpendParts } from './report-spend.ts'

/** INV-18: where a user belongs elsewhere too, there is no total, but the sum of the lines that the caller sees. */
export type SpendOfUser =
  | { readonly view: 'whole'; readonly listed: ListedUser }
  | { readonly view: 'lines'; readonly id: string; readonly alias: string | undefined; readonly spend: PicoUsd }

const MOST_USERS = 1_000
const EVERYBODY = {
  role: undefined,
  ssoUserIds: undefined,
  emailPart: undefined,
  teamId: undefined,
  organizationIds: undefined,
  page: 1,
  size: MOST_USERS,
  sort: 'spend',
  order: 'desc',
} as const

/** Most first. */
export async function readSpendOfUsers(
  userId: string | undefined,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<readonly SpendOfUser[]>> {
  if (ask.reach.scope === 'all') {
    // One id alone would be looked for as a part of ids.
    const ids = userId === undefined ? undefined : [userId, userId]
    const found = await readUserPage({ ...EVERYBODY, ids }, ask, ports)
    return found.verdict === 'deny'
      ? found
      : allow(found.granted.rows.map((listed): SpendOfUser => ({ view: 'whole', listed })))
  }
  const only = userId === undefined ? {} : { user: [userId] }
  const read = await readSpendParts({ by: 'user', apart: ['entities'], only, otherwise: 'ever' }, ask, ports)
  if (read.verdict === 'deny') return read
  const { parts, names } = read.granted
  const users = rankBy(parts, ({ entities }) => entities)
  return allow(users.map(({ name, spend }) => ({ view: 'lines', id: name, alias: names.entities.get(name), spend })))
}
