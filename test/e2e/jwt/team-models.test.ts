import { describe, expect, test } from 'vitest'
import { good } from '../authority/support/caller.ts'
import { join, newKey, newOrganization, newTeam, newUser, update } from './support/people.ts'
import type { Settings, Town } from './support/town.ts'
import { fresh, openTown } from './support/town.ts'

async function within(settings: { auth: Settings; general?: Settings }, look: (town: Town) => Promise<void>) {
  const town = await openTown(settings)
  try {
    await look(town)
  } finally {
    await town.close()
  }
}

const statusOf = async (town: Town, team: string, credential: string): Promise<number> =>
  (await town.holder(credential).get(`/v1/models?team_id=${team}`)).status

describe('the list of the models of a team, to a token,', () => {
  test('has none that the role of its asker may not use', async () => {
    const role = { role: 'internal_user', models: ['m1'], routes: ['/v1/models'] }
    const auth = { user_id_jwt_field: 'sub', enforce_rbac: true }
    await within({ auth, general: { role_permissions: [role] } }, async (town) => {
      const [user, team] = [await newUser(town), await newTeam(town, { models: ['m1', 'm2'] })]
      await join(town, team, user)
      const listed = async (credential: string): Promise<unknown> => {
        const { data } = good(await town.holder(credential).get(`/v1/models?team_id=${team}`)) as {
          data: { id: string }[]
        }
        return data.map(({ id }) => id)
      }
      expect(await listed(await newKey(town, { user_id: user }))).toEqual(['m1', 'm2'])
      expect(await listed(town.token({ sub: user }))).toEqual(['m1'])
    })
  })

  test.each([
    [['/v1/models'], 404],
    [['/v1/models', '/team/info'], 200],
  ])('INV-12: of an administrator who may call %j is %i', async (routes, status) => {
    const auth = { user_id_jwt_field: 'sub', admin_jwt_scope: 'boss', admin_allowed_routes: routes }
    await within({ auth }, async (town) => {
      const team = await newTeam(town)
      const stored = await newUser(town, { user_role: 'proxy_admin' })
      for (const claims of [{ sub: fresh('boss'), scope: 'boss' }, { sub: stored }]) {
        expect([claims, await statusOf(town, team, town.token(claims))]).toEqual([claims, status])
      }
    })
  })

  test('INV-12: is not told to whoever reaches the team by a role whose routes do not look at teams', async () => {
    const auth = { user_id_jwt_field: 'sub', enforce_rbac: true }
    const role = { role: 'internal_user', routes: ['/v1/models'] }
    await within({ auth, general: { role_permissions: [role] } }, async (town) => {
      const organization_id = await newOrganization(town)
      const [user, team] = [await newUser(town), await newTeam(town, { organization_id })]
      await update(town, '/organization/member_add', { organization_id, member: { role: 'org_admin', user_id: user } })
      expect(await statusOf(town, team, await newKey(town, { user_id: user }))).toBe(200)
      expect(await statusOf(town, team, town.token({ sub: user }))).toBe(404)
    })
  })
})
