import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Members } from '../../support/raw-token.ts'
import { createDatabase } from '../serving/support/database.ts'
import type { TestDatabase } from '../serving/support/database.ts'
import { accountOf, chat, chatOnce, rosterOf } from './support/asks.ts'
import { newOrganization, newTeam, newUser } from './support/people.ts'
import type { Settings, Town } from './support/town.ts'
import { fresh, openTown } from './support/town.ts'

const FIELDS = {
  user_id_jwt_field: 'sub',
  user_email_jwt_field: 'email',
  team_ids_jwt_field: 'groups',
  org_id_jwt_field: 'org',
}

/** Where absence would be an answer: what is not there is passed over, made, or stood in for. */
const MODES: Readonly<Record<string, Settings>> = {
  'nothing more': {},
  'what is missing is made': { user_id_upsert: true, team_id_upsert: true, upsert_sso_user_to_team: true },
  'teams are advice': { user_id_upsert: true, team_claim_fallback: true },
  'stored teams stand in': { user_id_upsert: true, fallback_to_db_teams: true },
  'teams are synced': { user_id_upsert: true, sync_user_role_and_teams: true },
}

describe.each(Object.keys(MODES))('AT-127, D-52: the store does not answer, and %s', (mode) => {
  let database: TestDatabase
  let town: Town

  beforeAll(async () => {
    database = await createDatabase()
    town = await openTown({ auth: { ...FIELDS, ...MODES[mode] }, databaseUrl: database.url })
  })

  afterAll(async () => {
    await town.close()
    await database.drop()
  })

  test('it is 503, and nobody and no team is missing; afterwards all is as it was', async () => {
    const [user, email, alias] = [await newUser(town), `${fresh('ann')}@example.com`, fresh('alias')]
    const byEmail = await newUser(town, { user_email: email })
    const [team, org] = [await newTeam(town, { team_alias: alias, models: ['m1'] }), await newOrganization(town)]
    const asks: readonly (readonly [claims: Members, header: string | undefined])[] = [
      [{ sub: user, groups: [team] }, undefined],
      [{ sub: user, groups: [fresh('nowhere'), team] }, undefined],
      [{ sub: user, groups: [team] }, team],
      [{ sub: user, groups: [team] }, alias],
      [{ sub: user, groups: [team], org }, undefined],
      [{ sub: fresh('S'), groups: [team], email, email_verified: true }, undefined],
      [{ sub: fresh('nobody'), groups: [team] }, undefined],
      [{ sub: fresh('admin'), scope: 'litellm_proxy_admin' }, undefined],
    ]
    const tokens = asks.map(([claims, header]) => [town.token(claims), header] as const)
    // The provider's keys are known; people and teams are not.
    expect((await chatOnce(town, town.token({ sub: fresh('x'), exp: 1 }))).reason).toBe('jwt_expired')

    await database.shutOut()
    for (const [index, [token, header]] of tokens.entries()) {
      const { status, reason, answer } = await chat(town, token, { team: header })
      const isAdmin = index === tokens.length - 1
      const wanted = isAdmin ? [401, 'jwt_admin_route'] : [503, undefined]
      expect([asks[index], status, reason]).toEqual([asks[index], ...wanted])
      expect(answer.text).not.toMatch(/team|user_account|postgres|select/i)
      if (!isAdmin) expect(answer.headers['retry-after']).toEqual(expect.any(String))
    }
    await database.letIn()

    await expect.poll(async () => (await chatOnce(town, tokens[0]?.[0] ?? '')).status, { timeout: 20_000 }).toBe(200)
    const account = await accountOf(town, await chat(town, tokens[0]?.[0] ?? ''))
    expect([account.user, account.team]).toEqual([user, team])
    expect((await chat(town, tokens[0]?.[0] ?? '', { model: 'm2' })).status).toBe(403)
    const [linked = ''] = tokens[5] ?? []
    expect((await accountOf(town, await chat(town, linked))).user).toBe(byEmail)
    const written = mode === 'what is missing is made' || mode === 'teams are synced'
    expect((await rosterOf(town, team)).includes(user)).toBe(written)
  })

  test('what was known goes on as it was, or is refused; never with another team or none', async () => {
    const [user, team] = [await newUser(town), await newTeam(town, { models: ['m1'] })]
    const token = town.token({ sub: user, groups: [team] })
    expect((await chat(town, token)).status).toBe(200)
    await database.shutOut()
    for (let turn = 0; turn < 5; turn += 1) {
      const { status, reason, answer } = await chatOnce(town, token)
      expect([200, 503], `${String(reason)} ${answer.text}`).toContain(status)
      if (status === 200) expect(answer.headers['x-litellm-team-id']).toBe(team)
      expect([401, 403, 503]).toContain((await chatOnce(town, token, { model: 'm2' })).status)
    }
    await database.letIn()
    await expect.poll(async () => (await chatOnce(town, token)).status, { timeout: 20_000 }).toBe(200)
  })
})
