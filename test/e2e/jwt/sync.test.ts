import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import { good } from '../authority/support/caller.ts'
import { accountOf, ask, chat, rosterOf as wholeRoster, userIds, userRow } from './support/asks.ts'
import { opened } from './support/opened.ts'
import { join, newOrganization, newTeam, newUser, update } from './support/people.ts'
import type { Town } from './support/town.ts'
import { fresh, openTown } from './support/town.ts'

let idp: IdentityProvider

beforeAll(async () => {
  idp = await startIdentityProvider()
})

afterAll(() => idp.stop())

const PEOPLE = {
  user_id_jwt_field: 'sub',
  user_id_upsert: true,
  team_ids_jwt_field: 'groups',
  roles_jwt_field: 'roles',
}
const SYNC = {
  ...PEOPLE,
  sync_user_role_and_teams: true,
  jwt_litellm_role_map: [
    { jwt_role: 'ADMIN', litellm_role: 'proxy_admin' },
    { jwt_role: 'VIEWER', litellm_role: 'proxy_admin_viewer' },
    { jwt_role: 'PLAIN', litellm_role: 'internal_user' },
  ],
}

/** Without the administrator who made the team. */
async function rosterOf(town: Town, team: string): Promise<readonly string[]> {
  return (await wholeRoster(town, team)).filter((id) => id !== 'default_user_id')
}

/** What was written since the gateway is there: records of the audit. */
async function records(town: Town): Promise<number> {
  const { total } = good(await town.master.get('/audit?page_size=1'))
  if (typeof total !== 'number') throw new Error('no total of audit records')
  return total
}

describe('organisations of a token', () => {
  const town = opened(() => idp, {
    auth: {
      ...PEOPLE,
      org_id_jwt_field: 'org',
      org_alias_jwt_field: 'org_name',
      admin_allowed_routes: ['openai_routes', 'management_routes'],
    },
  })

  test('AT-116: administrators by scope need theirs where they call models, and not where they make it', async () => {
    const org = fresh('org')
    const admin = idp.token({ sub: fresh('root'), scope: 'litellm_proxy_admin', org })
    expect(await chat(town(), admin)).toMatchObject({ status: 401, reason: 'organization_unknown' })
    const made = await town().holder(admin).post('/organization/new', { organization_id: org, organization_alias: org })
    expect([made.status, made.text]).toEqual([200, expect.stringContaining(org)])
    expect((await accountOf(town(), await chat(town(), admin))).organization).toBe(org)
  })

  test('AT-116: one by its id, or by its alias', async () => {
    const organization_alias = fresh('Acme')
    const org = await newOrganization(town(), { organization_alias })
    const sub = fresh('person')
    for (const claims of [{ org }, { org_name: organization_alias }, { org, org_name: fresh('nobody') }]) {
      expect((await accountOf(town(), await chat(town(), idp.token({ sub, ...claims })))).organization).toBe(org)
    }
  })

  test('AT-116: one that there is not, and an alias of two', async () => {
    const organization_alias = fresh('Twins')
    for (let turn = 0; turn < 2; turn += 1) await newOrganization(town(), { organization_alias })
    const cases = [
      [{ org: fresh('nowhere') }, 401],
      [{ org: organization_alias }, 401],
      [{ org_name: fresh('nowhere') }, 404],
      [{ org_name: organization_alias }, 400],
      [{ org_name: organization_alias.toUpperCase() }, 404],
    ] as const
    for (const [claims, status] of cases) {
      const sub = fresh('person')
      expect([claims, (await chat(town(), idp.token({ sub, ...claims }))).status]).toEqual([claims, status])
      expect(await userRow(town(), sub)).toBeUndefined()
    }
  })

  test('C-07: its budget holds, whichever way it was named', async () => {
    const organization_alias = fresh('Poor')
    const org = await newOrganization(town(), { organization_alias, max_budget: 1e-9 })
    const sub = fresh('person')
    for (const claims of [{ org }, { org_name: organization_alias }]) {
      expect((await chat(town(), idp.token({ sub, ...claims }))).type).toBe('budget_exceeded')
    }
  })
})

describe('sync_user_role_and_teams', () => {
  const town = opened(() => idp, { auth: SYNC, general: {} })
  const seen = (sub: string, claims: object): Promise<number> =>
    ask(town(), idp.token({ sub, ...claims }), { path: '/user/list' }).then(({ status }) => status)

  test('AT-117: a role of the token is stored, and counts in the same request', async () => {
    const sub = await newUser(town())
    // One more: the last administrator stays one, whatever a token says (Z-06).
    await newUser(town(), { user_role: 'proxy_admin' })
    expect(await seen(sub, { roles: ['ADMIN'] })).toBe(200)
    expect(await userRow(town(), sub)).toMatchObject({ user_role: 'proxy_admin' })
    expect([401, 403]).toContain(await seen(sub, { roles: ['PLAIN'] }))
    // What is refused changes nothing (INV-45, J-29), so the role is still what it was.
    expect(await userRow(town(), sub)).toMatchObject({ user_role: 'proxy_admin' })
    expect((await chat(town(), idp.token({ sub, roles: ['PLAIN'] }))).status).toBe(200)
    expect(await userRow(town(), sub)).toMatchObject({ user_role: 'internal_user' })
  })

  test('AT-117: a role that maps to nothing changes nothing', async () => {
    const sub = await newUser(town(), { user_role: 'internal_user_viewer' })
    for (const roles of [undefined, [], ['nothing'], ['admin'], 'ADMINS']) {
      await chat(town(), idp.token({ sub, roles }))
      expect(await userRow(town(), sub)).toMatchObject({ user_role: 'internal_user_viewer' })
    }
  })

  test('AT-118: teams of the token are joined, and those that it says no more are left', async () => {
    const [sub, one, two, three] = [
      await newUser(town()),
      await newTeam(town()),
      await newTeam(town()),
      await newTeam(town()),
    ]
    const member = async (): Promise<readonly boolean[]> =>
      Promise.all([one, two, three].map(async (team) => (await rosterOf(town(), team)).includes(sub)))
    expect((await chat(town(), idp.token({ sub, groups: [one, two] }))).status).toBe(200)
    expect(await member()).toEqual([true, true, false])
    expect((await chat(town(), idp.token({ sub, groups: [two, three] }))).status).toBe(200)
    expect(await member()).toEqual([false, true, true])
    expect((await chat(town(), idp.token({ sub, groups: [] }))).status).toBe(200)
    expect(await member()).toEqual([false, false, false])
  })

  test('AT-119: without the claim nothing changes', async () => {
    const [sub, team] = [await newUser(town()), await newTeam(town())]
    await chat(town(), idp.token({ sub, groups: [team] }))
    for (const groups of [undefined, null, team, '']) {
      await chat(town(), idp.token({ sub, groups }))
      expect([groups, await rosterOf(town(), team)]).toEqual([groups, [sub]])
    }
    for (const groups of [7, {}, [7], [team, null]]) {
      expect((await chat(town(), idp.token({ sub, groups }))).status).toBe(401)
      expect(await rosterOf(town(), team)).toEqual([sub])
    }
  })

  test('AT-120: what people decided is not the token’s to take away', async () => {
    const [sub, given, claimed] = [await newUser(town()), await newTeam(town()), await newTeam(town())]
    await join(town(), given, sub)
    await chat(town(), idp.token({ sub, groups: [given, claimed] }))
    await chat(town(), idp.token({ sub, groups: [] }))
    expect(await rosterOf(town(), given)).toEqual([sub])
    expect(await rosterOf(town(), claimed)).toEqual([])
  })

  test('AT-120: nor is what another issuer gave', async () => {
    const other = await startIdentityProvider()
    const auth = {
      ...SYNC,
      issuers: [idp, other].map(({ issuer, jwksUrl }) => ({ issuer, audience: 'gw', jwks_url: jwksUrl })),
    }
    const place = await openTown({ idp, auth, databaseUrl: town().databaseUrl })
    try {
      const [sub, one, two] = [await newUser(place), await newTeam(place), await newTeam(place)]
      const subject = fresh('elsewhere')
      expect((await chat(place, idp.token({ sub, groups: [one] }))).status).toBe(200)
      good(await place.master.post('/user/identity/link', { user_id: sub, issuer: other.issuer, subject }))
      expect((await accountOf(place, await chat(place, other.token({ sub: subject, groups: [two] })))).user).toBe(sub)
      expect(await rosterOf(place, one)).toEqual([sub])
      expect(await rosterOf(place, two)).toEqual([sub])
      await chat(place, idp.token({ sub, groups: [] }))
      expect(await rosterOf(place, one)).toEqual([])
      expect(await rosterOf(place, two)).toEqual([sub])
    } finally {
      await place.close()
      await other.stop()
    }
  })

  test('INV-12: after a sync the one team that is left counts, with its limits', async () => {
    const [sub, kept, gone] = [await newUser(town()), await newTeam(town(), { models: ['m2'] }), await newTeam(town())]
    await join(town(), kept, sub)
    await chat(town(), idp.token({ sub, groups: [gone] }))
    const verdict = await chat(town(), idp.token({ sub, groups: [] }), { model: 'm1' })
    expect([verdict.status, verdict.type]).toEqual([401, 'team_model_access_denied'])
    const served = await accountOf(town(), await chat(town(), idp.token({ sub, groups: [] }), { model: 'm2' }))
    expect(served.team).toBe(kept)
  })

  test('Z-06: the last administrator stays one, and is none in this request', async () => {
    const other = await openTown({ idp, auth: SYNC })
    try {
      const sub = await newUser(other, { user_role: 'proxy_admin' })
      const token = idp.token({ sub, roles: ['PLAIN'] })
      expect((await chat(other, token)).status).toBe(200)
      expect(await userRow(other, sub)).toMatchObject({ user_role: 'proxy_admin' })
      expect([401, 403]).toContain((await ask(other, token, { path: '/user/list' })).status)
    } finally {
      await other.close()
    }
  })

  test('whoever is blocked is made nothing', async () => {
    const sub = await newUser(town())
    await update(town(), '/user/update', { user_id: sub, blocked: true })
    expect(await seen(sub, { roles: ['ADMIN'] })).toBe(403)
    expect(await userRow(town(), sub)).toMatchObject({ user_role: 'internal_user' })
  })
})

describe('AT-128, D-49: memberships', () => {
  const auth = { ...PEOPLE, upsert_sso_user_to_team: true, team_id_jwt_field: 'tid', team_id_default: 'base' }
  const town = opened(() => idp, { auth })

  test('come of claims, once, and of nothing else', async () => {
    await newTeam(town(), { team_id: 'base' })
    const [sub, team, other] = [await newUser(town()), await newTeam(town()), await newTeam(town())]
    const ways = [
      [{}, undefined],
      [{ tid: team, groups: [other] }, other],
      [{ groups: [other] }, 'base'],
    ] as const
    for (const [claims, header] of ways) {
      await chat(town(), idp.token({ sub, ...claims }), { team: header })
      for (const each of ['base', team, other])
        expect(await rosterOf(town(), each), JSON.stringify(claims)).not.toContain(sub)
    }
    expect((await chat(town(), idp.token({ sub, tid: team }))).status).toBe(200)
    expect(await rosterOf(town(), team)).toEqual([sub])
    const before = await records(town())
    for (let turn = 0; turn < 3; turn += 1) expect((await chat(town(), idp.token({ sub, tid: team }))).status).toBe(200)
    expect(await records(town())).toBe(before)
    expect(await rosterOf(town(), team)).toEqual([sub])
  })

  test('of a request that is refused there are none', async () => {
    const [sub, team] = [fresh('person'), await newTeam(town(), { models: ['m2'] })]
    const users = await userIds(town())
    expect((await chat(town(), idp.token({ sub, tid: team }), { model: 'm1' })).status).toBe(401)
    expect(await rosterOf(town(), team)).toEqual([])
    expect(await userIds(town())).toEqual(users)
  })

  test('one that was taken away comes again with the next claim, as a plain member', async () => {
    const [sub, team] = [await newUser(town()), await newTeam(town())]
    await chat(town(), idp.token({ sub, tid: team }))
    good(await town().master.post('/team/member_delete', { team_id: team, user_id: sub }))
    expect(await rosterOf(town(), team)).toEqual([])
    await chat(town(), idp.token({ sub, tid: team }))
    const info = good(await town().master.get(`/team/info?team_id=${team}`))
    expect(JSON.stringify(info)).toContain('"role":"user"')
  })
})
