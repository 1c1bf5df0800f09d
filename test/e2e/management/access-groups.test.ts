import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { hashOf, openDesk, unique } from './support/desk.ts'
import type { Answer, Desk } from './support/desk.ts'
import { expectError, expectFailure } from './support/expectations.ts'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk({
    storesModels: true,
    config: ({ apiBase }) => ({
      model_list: [
        mockModel('open', apiBase),
        mockModel('beta-one', apiBase, { info: { access_groups: ['beta'] } }),
        mockModel('beta-two', apiBase, { info: { access_groups: ['beta', 'other'] } }),
      ],
    }),
  })
})

afterAll(() => desk.close())

async function storedModel(info: object = {}): Promise<string> {
  const model_name = unique('stored')
  const litellm_params = { model: 'openai/gpt-4o', api_base: desk.mock.apiBase, api_key: 'sk-provider-7f2d9c41b8' }
  await desk.done('/model/new', { model_name, litellm_params, model_info: info })
  return model_name
}

async function listed(key: string): Promise<ReadonlySet<string>> {
  const { data } = await desk.read('/v1/models', key)
  return new Set(data.map((model: { id: string }) => model.id))
}

/** What is listed can be called, and nothing else. */
async function expectServes(key: string, models: readonly string[], refused: readonly string[]): Promise<void> {
  expect(await listed(key)).toEqual(new Set(models))
  for (const model of models) expect([model, (await desk.chat(model, key)).status]).toEqual([model, 200])
  for (const model of refused) {
    expectError(await desk.chat(model, key), 401, { message: 'not allowed to access model' })
  }
}

describe('a group of the configuration', () => {
  test('stands for its models in the list of a key', async () => {
    await expectServes(await desk.newKey({ models: ['beta'] }), ['beta-one', 'beta-two'], ['open'])
    await expectServes(await desk.newKey({ models: ['other', 'open'] }), ['beta-two', 'open'], ['beta-one'])
  })

  test('and in the list of a team', async () => {
    const team_id = await desk.newTeam({ models: ['beta'] })
    await expectServes(await desk.newKey({ team_id }), ['beta-one', 'beta-two'], ['open'])
    await expectServes(await desk.newKey({ team_id, models: ['beta-one'] }), ['beta-one'], ['beta-two', 'open'])
  })

  test('and in the list of a user', async () => {
    const { key } = await desk.newUser({ models: ['other'] })
    expectFailure(await desk.chat('beta-one', key), 401, /not allowed to access model/i)
    expect((await desk.chat('beta-two', key)).status).toBe(200)
  })

  test('and in the list of an organisation', async () => {
    const { organization_id } = await desk.done('/organization/new', {
      organization_alias: unique('org'),
      models: ['beta'],
    })
    const key = await desk.newKey({ organization_id })
    expect((await desk.chat('beta-one', key)).status).toBe(200)
    expectFailure(await desk.chat('open', key), 401, /not allowed to access model/i)
  })
})

describe('special names', () => {
  test('`all-team-models` is what the team has', async () => {
    const team_id = await desk.newTeam({ models: ['open'] })
    await expectServes(await desk.newKey({ team_id, models: ['all-team-models'] }), ['open'], ['beta-one'])
  })

  test('`no-default-models` is nothing', async () => {
    const { key } = await desk.newUser({ models: ['no-default-models'] })
    expectFailure(await desk.chat('open', key), 401, /not allowed to access model/i)
  })
})

test.each(['no-default-models', 'all-proxy-models', 'all-team-models', '*'])(
  'no group has the name %s, which says something else in every list',
  async (name) => {
    const access_group_id = (await desk.post('/v1/access_group', { access_group_name: unique('group') })).json
      .access_group_id
    const put = { body: { access_group_name: name } }
    for (const refused of [
      await desk.post('/access_group/new', { access_group: name, model_names: ['open'] }),
      await desk.post('/v1/access_group', { access_group_name: name }),
      await desk.ask('PUT', `/v1/access_group/${access_group_id}`, put),
    ]) {
      expectError(refused, 400, { message: name })
    }
  },
)

describe('a group of stored models', () => {
  test('grows with a model that names it', async () => {
    const group = unique('group')
    const one = await storedModel({ access_groups: [group] })
    const key = await desk.newKey({ models: [group] })
    expect(await listed(key)).toEqual(new Set([one]))
    const two = await storedModel({ access_groups: [group] })
    await expectServes(key, [one, two], ['open'])
  })

  test('is made, read, changed and deleted by name', async () => {
    const access_group = unique('group')
    const [one, two] = [await storedModel(), await storedModel()]
    expect(await desk.done('/access_group/new', { access_group, model_names: [one] })).toMatchObject({
      access_group,
      model_names: [one],
    })
    expect(await desk.read(`/access_group/${access_group}/info`)).toMatchObject({ access_group, model_names: [one] })
    expect((await desk.read('/access_group/list')).access_groups).toContainEqual(
      expect.objectContaining({ access_group, model_names: [one] }),
    )
    const key = await desk.newKey({ models: [access_group] })
    await expectServes(key, [one], [two])

    const path = `/access_group/${access_group}`
    expect((await desk.ask('PUT', `${path}/update`, { body: { model_names: [two] } })).status).toBe(200)
    await expectServes(key, [two], [one])

    expect((await desk.ask('DELETE', `${path}/delete`)).status).toBe(200)
    expectFailure(await desk.get(`${path}/info`), 404)
    expectFailure(await desk.chat(two, key), 401)
  })

  test('has models that exist, a name of its own, and an administrator', async () => {
    const access_group = unique('group')
    const model = await storedModel()
    expectFailure(await desk.post('/access_group/new', { access_group, model_names: [unique('no')] }), [400, 404])
    expectFailure(await desk.post('/access_group/new', { access_group, model_names: [] }), [400, 422])
    await desk.done('/access_group/new', { access_group, model_names: [model] })
    expectFailure(await desk.post('/access_group/new', { access_group, model_names: [model] }), [400, 409])
    const { key } = await desk.newUser()
    const body = { access_group: unique('group'), model_names: [model] }
    expectFailure(await desk.post('/access_group/new', body, key), [401, 403])
  })
})

describe('a group that keys and teams name by its id', () => {
  function change(method: string, id: string, body?: object): Promise<Answer> {
    return desk.ask(method, `/v1/access_group/${id}`, body === undefined ? {} : { body })
  }

  test('opens models that their own lists do not', async () => {
    const made = await desk.post('/v1/access_group', {
      access_group_name: unique('group'),
      access_model_names: ['beta-one'],
    })
    expect([200, 201]).toContain(made.status)
    const { access_group_id } = made.json
    expect(made.json).toMatchObject({ access_group_id: expect.any(String), access_model_names: ['beta-one'] })
    expect((await change('GET', access_group_id)).json).toMatchObject({ access_model_names: ['beta-one'] })
    expect(await desk.read('/v1/access_group')).toContainEqual(expect.objectContaining({ access_group_id }))

    const key = await desk.newKey({ models: ['open'], access_group_ids: [access_group_id] })
    expect((await desk.read('/key/info', key)).info.access_group_ids).toEqual([access_group_id])
    await expectServes(key, ['open', 'beta-one'], ['beta-two'])
    const team_id = await desk.newTeam({ models: ['open'], access_group_ids: [access_group_id] })
    await expectServes(await desk.newKey({ team_id }), ['open', 'beta-one'], ['beta-two'])

    expect((await change('PUT', access_group_id, { access_model_names: ['beta-two'] })).status).toBe(200)
    await expectServes(key, ['open', 'beta-two'], ['beta-one'])
    expect([200, 204]).toContain((await change('DELETE', access_group_id)).status)
    expectFailure(await desk.chat('beta-two', key), 401)
    expectFailure(await change('GET', access_group_id), 404)
  })

  test('opens nothing by being taken away: who had nothing else has nothing', async () => {
    const made = async (): Promise<string> => {
      const body = { access_group_name: unique('group'), access_model_names: ['beta-one'] }
      return (await desk.post('/v1/access_group', body)).json.access_group_id
    }
    const [deleted, withdrawn] = [await made(), await made()]
    const held = async (id: string, more: object = {}): Promise<readonly [string, string]> => {
      const fields = { access_group_ids: [id], ...more }
      return [await desk.newKey(fields), await desk.newKey({ team_id: await desk.newTeam(fields) })]
    }
    const alone = [...(await held(deleted)), ...(await held(withdrawn))]
    const others = [...(await held(deleted, { models: ['open'] })), ...(await held(withdrawn, { models: ['open'] }))]
    for (const key of alone) await expectServes(key, ['beta-one'], ['open'])
    const refusal = await desk.chat('open', alone[0] ?? '')
    expect(refusal.text).toContain(`This key can only access models=['${deleted}']. Tried to access open`)

    expect((await change('DELETE', deleted)).status).toBe(204)
    const nobody = { assigned_key_ids: [], assigned_team_ids: [] }
    expect((await change('PUT', withdrawn, nobody)).status).toBe(200)

    for (const key of alone) await expectServes(key, [], ['open', 'beta-one'])
    for (const key of others) await expectServes(key, ['open'], ['beta-one'])
    const again = { assigned_key_ids: [hashOf(alone[2] ?? '')] }
    expect((await change('PUT', withdrawn, again)).status).toBe(200)
    await expectServes(alone[2] ?? '', ['beta-one'], ['open'])
  })
})
