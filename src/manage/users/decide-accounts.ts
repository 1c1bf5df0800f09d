import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { withGroups } from '../../domain/effective.ts'
import type { UserId } from '../../domain/ids.ts'
import { ADMINISTRATORS } from '../../domain/role.ts'
import type { User } from '../../domain/user.ts'
import type { Rooms } from '../../ports/registry.ts'
import { opensBeyond } from '../decide-given-models.ts'
import { isNarrowed } from '../keys/own-bounds.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { notWithThisKey } from './decide-user-change.ts'

/**
 * INV-12: somebody is to come into these accounts, by a password, an address, an identity, an invitation or a merge. A key
 * that was narrowed gives nobody the account of an administrator, and one that is limited to some models none that may use
 * others.
 */
export async function decideAccounts(
  opened: readonly Pick<User, 'id' | 'role'>[],
  ask: Pick<Ask, 'principal'>,
  rooms: Rooms,
  ports: Pick<ManagePorts, 'grants'>,
): Promise<Decision<undefined>> {
  if (!isNarrowed(ask.principal)) return allow(undefined)
  if (opened.some(({ role }) => ADMINISTRATORS.has(role))) return notWithThisKey()
  for (const { id } of opened) {
    if (opensBeyond(await modelsOfAccount(id, rooms), ask, ports)) {
      return deny(
        'beyond-yours',
        'authz_ceiling',
        'A key that is limited to some models gives nobody an account that may use others.',
      )
    }
  }
  return allow(undefined)
}

/** What its holder may use alone, in each team, and give to others in the organisations that the holder administers. */
async function modelsOfAccount(id: UserId, rooms: Rooms): Promise<readonly (readonly string[])[]> {
  const facts = await rooms.users.facts(id)
  if (facts === undefined) return []
  const administered = facts.organizations.filter(({ role }) => role === 'org_admin')
  const teams = await rooms.teams.findMany(facts.teams.map(({ teamId }) => teamId))
  const organizations = await rooms.organizations.findMany(administered.map(({ organizationId }) => organizationId))
  return [facts.user.models, ...teams.map(withGroups), ...organizations.map(({ models }) => models)]
}
