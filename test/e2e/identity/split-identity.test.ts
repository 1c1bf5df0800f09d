import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import type { Caller, Json } from '../authority/support/caller.ts'
import { good, goodList } from '../authority/support/caller.ts'
import { accountOf, read, rosterOf } from '../jwt/support/asks.ts'
import type { Account } from '../jwt/support/asks.ts'
import { join, newTeam } from '../jwt/support/people.ts'
import { eventually } from '../jwt/support/town.ts'
import { STORES } from '../management/support/desk.ts'
import type { Person, Providers } from './support/people.ts'
import { ROUTES, SPLITS, issuersOf } from './support/people.ts'
import { opened } from './support/site.ts'
import { NOBODY, listAt, memberOf, recordsOf, spent, trailOf } from './support/trail.ts'

let providers: Providers

beforeAll(async () => {
  providers = { byEmail: await startIdentityProvider(), bySubject: await startIdentityProvider() }
})

afterAll(async () => {
  await providers.byEmail.stop()
  await providers.bySubject.stop()
})

/** More than one call and less than two. */
const ONE_CALL = 40e-6

describe.each(STORES)('AT-129…AT-134: one person on the %s store', (store) => {
  const site = opened(() => ({
    store,
    auth: { user_id_upsert: true, team_allowed_routes: ROUTES, issuers: issuersOf(providers) },
  }))

  const pays = async (caller: Caller): Promise<Account> => accountOf(site().here, read(await caller.chat('m1')))

  async function nobodyElse({ names }: Person): Promise<void> {
    for (const name of names) expect.soft(await trailOf(site().here, name), name).toEqual(NOBODY)
  }

  describe.each(SPLITS)('$name', ({ meet }) => {
    test('AT-133: spend is on one account, in the ledger, on the row and in its own sight', async () => {
      const { here } = site()
      const person = await meet(here, providers)
      const accounts = [await pays(person.key), await pays(person.token()), await pays(person.key)]
      expect(accounts.map(({ user }) => user)).toEqual([person.id, person.id, person.id])
      const cost = accounts.reduce((sum, { line }) => sum + Number(line['spend']), 0)
      await spent(here, person.id, cost)
      const calls = accounts.map(({ line }) => String(line['request_id'])).toSorted()
      expect((await trailOf(here, person.id)).calls).toEqual(calls)
      for (const caller of [person.key, person.token()]) {
        const info = good(await caller.get('/user/info'))
        expect(info['user_id']).toBe(person.id)
        const seen = goodList(await caller.get('/spend/logs')).map((line) => String(line['request_id']))
        expect(seen.toSorted()).toEqual(calls)
      }
      await nobodyElse(person)
    })

    test('AT-134: membership is one, and so is its budget', async () => {
      const { here } = site()
      const person = await meet(here, providers)
      const team = await newTeam(here)
      await join(here, team, person.id, { max_budget_in_team: ONE_CALL })
      const first = await pays(person.token({ groups: [team] }))
      expect([first.user, first.team]).toEqual([person.id, team])
      await eventually(async () => {
        expect(await memberOf(here, team, person.id)).toMatchObject({ spend: first.line['spend'] })
      })
      const made = good(await here.master.post('/key/generate', { user_id: person.id, team_id: team }))
      for (const caller of [here.holder(String(made['key'])), person.token({ groups: [team] })]) {
        const { status, type } = read(await caller.chat('m1'))
        expect([status, type]).toEqual([429, 'budget_exceeded'])
      }
      const [, ...others] = (await rosterOf(here, team)).toSorted((a) => (a === person.id ? -1 : 1))
      expect(others).toEqual(['default_user_id'])
      await nobodyElse(person)
    })

    test('audit has one actor, by whatever credential, and one record of who it is', async () => {
      const { here } = site()
      const person = await meet(here, providers)
      const before = (await trailOf(here, person.id)).acts
      good(await person.key.post('/key/generate', { key_alias: `one of ${person.id}` }))
      good(await person.token().post('/key/generate', { key_alias: `two of ${person.id}` }))
      const created = 'created LiteLLM_VerificationToken'
      expect((await trailOf(here, person.id)).acts).toEqual([...before, created, created])
      const provisioned = (await recordsOf(here, person.id)).filter(({ actor }) => actor === 'jwt-provisioner')
      expect(provisioned).toHaveLength(1)
      await nobodyElse(person)
    })

    test('AT-132: what was written under a key is read and changed under a token, and the reverse', async () => {
      const { here } = site()
      const person = await meet(here, providers)
      const writers = [person.key, person.token()]
      for (const [index, writer] of writers.entries()) {
        const reader = writers[1 - index] ?? writer
        const alias = `${index} of ${person.id}`
        const made = good(await writer.post('/key/generate', { key_alias: alias }))
        expect(made['user_id']).toBe(person.id)
        expect(await aliasesOf(reader)).toContain(alias)
        const id = String(made['token_id'] ?? made['token'])
        good(await reader.post('/key/update', { key: id, metadata: { read: index } }))
        expect(good(await writer.get(`/key/info?key=${id}`))['info']).toMatchObject({
          user_id: person.id,
          metadata: { read: index },
        })
        good(await reader.post('/key/delete', { keys: [id] }))
        expect(await aliasesOf(writer)).not.toContain(alias)
      }
      expect(await aliasesOf(person.token())).toEqual((await trailOf(here, person.id)).keys)
      await nobodyElse(person)
    })
  })
})

async function aliasesOf(caller: Caller): Promise<readonly string[]> {
  const keys: readonly Json[] = listAt(good(await caller.get('/key/list?return_full_object=true&size=100')), 'keys')
  return keys.map((key) => String(key['key_alias'])).toSorted()
}
