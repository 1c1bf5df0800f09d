import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller } from './support/caller.ts'
import { TOO_MUCH, callerOf, good, textAt } from './support/caller.ts'
import { ORG, TEAM } from './support/cast.ts'
import { freshKey, freshName, freshTeam, freshUser } from './support/fresh.ts'
import type { Realm } from './support/realm.ts'
import { startRealm } from './support/realm.ts'
import { keyRow, stateOf } from './support/state.ts'

let realm: Realm
let ofM1: string
let ofM2: string

beforeAll(async () => {
  realm = await startRealm()
  ofM1 = await group(['m1'])
  ofM2 = await group(['m2'])
})

afterAll(() => realm.close())

async function group(models: readonly string[], by: Caller = realm.cast.master, more: object = {}): Promise<string> {
  const body = { access_group_name: freshName('group', 'amber'), access_model_names: models, ...more }
  const made = await by.post('/v1/access_group', body)
  expect(made.status).toBe(201)
  return textAt(JSON.parse(made.text), 'access_group_id')
}

async function holder(fields: object): Promise<Caller> {
  return callerOf(realm.port, (await freshKey(realm.cast.master, fields)).key)
}

/** Whoever calls with it calls `m1`, and nothing else under whatever name. */
async function callsM1Alone(key: Caller): Promise<void> {
  expect((await key.chat('m1')).status).toBe(200)
  for (const model of ['m2', 'mine']) expect([model, (await key.chat(model)).status]).toEqual([model, 401])
}

describe('INV-12: a key whose models come from an access group alone', () => {
  const WISHES = [
    ['all models', { models: ['all-proxy-models'] }],
    ['another model', { models: ['m2'] }],
    ['a pattern', { models: ['m*'] }],
    ['an alias of another model', { aliases: { mine: 'm2' } }],
    ['another group', () => ({ access_group_ids: [ofM2] })],
    ['both groups', () => ({ access_group_ids: [ofM1, ofM2] })],
    ['the other group by its id among the models', () => ({ models: [ofM2] })],
  ] as const

  test.each(['u2', 'pa'] as const)('of %s makes none with more', async (person) => {
    const key = await holder({ user_id: realm.cast[person].id, access_group_ids: [ofM1] })
    for (const [name, wish] of WISHES) {
      const body = typeof wish === 'function' ? wish() : wish
      expect.soft((await key.post('/key/generate', body)).status, name).toBe(403)
    }
    for (const body of [{}, { models: ['m1'] }, { access_group_ids: [ofM1] }, { models: [ofM1] }]) {
      await callsM1Alone(callerOf(realm.port, textAt(good(await key.post('/key/generate', body)), 'key')))
    }
  })

  test.each(['u2', 'pa'] as const)('of %s does not widen itself', async (person) => {
    const key = await holder({ user_id: realm.cast[person].id, access_group_ids: [ofM1] })
    const before = await keyRow(realm.cast.master, key.hash)
    for (const [name, wish] of [['none', { access_group_ids: [] }] as const, ...WISHES]) {
      const body = typeof wish === 'function' ? wish() : wish
      for (const path of ['/key/update', '/key/regenerate']) {
        expect.soft((await key.post(path, { key: key.hash, ...body })).status, `${path} ${name}`).toBe(403)
      }
    }
    expect(await keyRow(realm.cast.master, key.hash)).toEqual(before)
    await callsM1Alone(key)
    good(await key.post('/key/update', { key: key.hash, access_group_ids: [], models: ['m1'] }))
    await callsM1Alone(key)
  })

  test('of an administrator gets no secret of a wider key, and no wider key for anybody', async () => {
    const { master, pa, u2 } = realm.cast
    const key = await holder({ user_id: pa.id, access_group_ids: [ofM1] })
    const wide = await freshKey(master, { user_id: u2.id, access_group_ids: [ofM2] })
    expect((await key.post('/key/regenerate', { key: wide.hash })).status).toBe(403)
    expect((await key.post('/key/update', { key: wide.hash, user_id: pa.id })).status).toBe(403)
    expect((await key.post('/user/new', { user_role: 'proxy_admin' })).status).toBe(403)
    good(await key.post('/key/update', { key: wide.hash, max_budget: 1 }))
  })
})

describe('INV-12: a key of an administrator that is limited to some models', () => {
  test('makes and changes no group into one of others', async () => {
    const { master, pa, u2 } = realm.cast
    const name = freshName('group', 'amber')
    const grown = textAt(
      JSON.parse((await master.post('/v1/access_group', { access_group_name: name, access_model_names: ['m1'] })).text),
      'access_group_id',
    )
    const free = freshName('group', 'amber')
    for (const limits of [{ models: ['m1', free] }, { models: [name, free] }, { access_group_ids: [grown] }]) {
      const key = await holder({ user_id: pa.id, ...limits })
      const put = (id: string, body: object) => key.ask({ method: 'PUT', path: `/v1/access_group/${id}`, body })
      const body = { access_group_name: freshName('group', 'amber'), access_model_names: ['m2'] }
      const refused = [
        await key.post('/v1/access_group', { ...body, assigned_key_ids: [key.hash] }),
        await key.post('/access_group/new', { access_group: freshName('group', 'amber'), model_names: ['m2'] }),
        await put(grown, { access_model_names: ['m1', 'm2'] }),
        await put(ofM2, { assigned_key_ids: [key.hash] }),
        await put(ofM2, { assigned_team_ids: [TEAM.amber] }),
        await put(ofM2, { access_group_name: free }),
      ]
      expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 403))
      await callsM1Alone(key)
      const { hash } = await freshKey(master, { user_id: u2.id, models: ['m-slow'] })
      await group(['m1'], key, { assigned_key_ids: [hash] })
    }
  })
})

describe('INV-12: no key that is limited to some models', () => {
  test.each(['pa', 'oa1'] as const)('of %s gives others to a user or a team', async (person) => {
    const { master } = realm.cast
    const key = await holder({ user_id: realm.cast[person].id, models: ['m1'] })
    const [user_id, team_id] = [
      await freshUser(master, 'amber', { models: ['m1'] }),
      await freshTeam(master, 'amber', { models: ['m1'] }),
    ]
    const before = await stateOf(master)
    for (const models of [['m1', 'm-slow'], ['*'], [], ['all-proxy-models']]) {
      for (const [path, body] of [
        ['/user/update', { user_id }],
        ['/team/update', { team_id }],
        ['/team/new', { organization_id: ORG.amber }],
      ] as const) {
        expect.soft(TOO_MUCH, `${path} ${models.join()}`).toContain((await key.post(path, { ...body, models })).status)
      }
    }
    expect((await key.post('/team/model/add', { team_id, models: ['m-slow'] })).status).toBe(403)
    expect(await stateOf(master)).toBe(before)
    good(await key.post('/user/update', { user_id, user_alias: 'renamed', models: ['m1'] }))
    good(await key.post('/team/update', { team_id, team_alias: 'renamed', models: ['m1'] }))
    good(await key.post('/team/new', { organization_id: ORG.amber, models: ['m1'] }))
    const made = good(await key.post('/user/new', { organizations: [ORG.amber] }))
    expect(made['models']).toEqual(['m1'])
  })

  test('of an administrator makes accounts of others beside a key or a membership', async () => {
    const { master, pa } = realm.cast
    const key = await holder({ user_id: pa.id, models: ['m1'] })
    const team_id = await freshTeam(master, 'amber', { models: ['m1'] })
    const [named, joined] = [freshName('user', 'amber'), freshName('user', 'amber')]
    good(await key.post('/key/generate', { user_id: named, models: ['m1'] }))
    good(await key.post('/team/member_add', { team_id, member: { role: 'user', user_id: joined } }))
    for (const user_id of [named, joined]) {
      expect(good(await master.get(`/user/info?user_id=${user_id}`))).toMatchObject({ user_info: { models: ['m1'] } })
    }
    const plain = freshName('user', 'amber')
    good(await master.post('/key/generate', { user_id: plain }))
    expect(good(await master.get(`/user/info?user_id=${plain}`))).toMatchObject({ user_info: { models: [] } })
  })

  test('of an administrator gives others to an organisation; what is there may stay', async () => {
    const { master, pa } = realm.cast
    const key = await holder({ user_id: pa.id, models: ['m1'] })
    const organization_id = freshName('org', 'amber')
    const alias = { organization_alias: organization_id }
    expect((await key.post('/organization/new', alias)).status).toBe(403)
    good(await master.post('/organization/new', { organization_id, ...alias, models: ['m1', 'm2'] }))
    const patch = (models: readonly string[]) => key.patch('/organization/update', { organization_id, models })
    for (const models of [[], ['m1', 'm2', 'm-slow']]) expect((await patch(models)).status).toBe(403)
    for (const models of [['m1', 'm2'], ['m2']]) good(await patch(models))
  })
})

test('a team’s access groups bound its keys, and are theirs to name', async () => {
  const { master } = realm.cast
  const team_id = textAt(
    good(
      await master.post('/team/new', { team_id: freshName('team', 'amber'), models: ['m1'], access_group_ids: [ofM2] }),
    ),
    'team_id',
  )
  const key = await holder({ team_id, models: ['m2'] })
  expect([(await key.chat('m2')).status, (await key.chat('m1')).status]).toEqual([200, 401])
  expect((await master.post('/key/generate', { team_id, models: ['m-slow'] })).status).toBe(403)
})
