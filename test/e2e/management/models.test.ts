import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDesk, query, unique } from './support/desk.ts'
import type { Answer, Desk } from './support/desk.ts'
import { expectError, expectFailure, expectRaw, TIME, UUID } from './support/expectations.ts'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk({ storesModels: true })
})

afterAll(() => desk.close())

const SECRET = 'sk-provider-secret-7f2d9c41b8'

function params(more: object = {}): object {
  return { model: 'openai/gpt-4o', api_base: desk.mock.apiBase, api_key: SECRET, ...more }
}

function newModel(model_name: string, info: object = {}, more: object = {}): Promise<Answer['json']> {
  return desk.done('/model/new', { model_name, litellm_params: params(more), model_info: info })
}

async function infoOf(id: string): Promise<Answer['json']> {
  const { data } = await desk.read(query('/model/info', { litellm_model_id: id }))
  expect(data).toHaveLength(1)
  return data[0]
}

describe('POST /model/new', () => {
  test('the answer is the row, without a secret in it', async () => {
    const model_name = unique('fresh')
    const id = unique('deployment')
    const answer = await desk.post('/model/new', {
      model_name,
      litellm_params: params({ rpm: 300, input_cost_per_token: 2.5e-6, output_cost_per_token: 1e-5 }),
      model_info: { id, base_model: 'azure/gpt-4o', mode: 'chat', tier: 'paid', team_id: '' },
    })
    expect(answer.status).toBe(200)
    expect(answer.json).toMatchObject({
      model_id: id,
      model_name,
      litellm_params: expect.any(Object),
      model_info: { id, db_model: true, base_model: 'azure/gpt-4o', mode: 'chat', tier: 'paid' },
      blocked: false,
      created_at: TIME,
      created_by: 'default_user_id',
      updated_at: TIME,
      updated_by: 'default_user_id',
    })
    expect(answer.text).not.toContain(SECRET)
  })

  test('an id is generated where none is given', async () => {
    const made = await newModel(unique('fresh'))
    expect(made).toMatchObject({ model_id: UUID, model_info: { id: made.model_id } })
  })

  test('it serves as soon as it is there, and is listed', async () => {
    const name = unique('serving')
    const { model_id } = await newModel(name, {}, { input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 })
    const key = await desk.newKey({ models: [name] })
    const answer = await desk.chat(name, key)
    expect([answer.status, answer.headers.get('x-litellm-model-id')]).toEqual([200, model_id])
    expect(Number(answer.headers.get('x-litellm-response-cost'))).toBeCloseTo(23e-6, 9)
    expect((await desk.read('/v1/models', key)).data).toMatchObject([{ id: name, object: 'model' }])
    expect(JSON.stringify(desk.mock.requests.last?.rawHeaders)).toContain(SECRET)
  })

  test('what it was given is read again, but for the secret', async () => {
    const name = unique('read')
    const { model_id } = await newModel(
      name,
      { base_model: 'gpt-4o', mode: 'chat', tier: 'paid', something_own: 'kept' },
      { rpm: 300, tpm: 4_000, input_cost_per_token: 2.5e-6, merge_reasoning_content_in_choices: true },
    )
    const answer = await desk.get(query('/model/info', { litellm_model_id: model_id }))
    expect(answer.text).not.toContain(SECRET)
    expect(await infoOf(model_id)).toMatchObject({
      model_name: name,
      litellm_params: {
        model: 'openai/gpt-4o',
        api_base: desk.mock.apiBase,
        rpm: 300,
        tpm: 4_000,
        input_cost_per_token: 2.5e-6,
        merge_reasoning_content_in_choices: true,
      },
      model_info: {
        id: model_id,
        db_model: true,
        base_model: 'gpt-4o',
        mode: 'chat',
        tier: 'paid',
        something_own: 'kept',
        input_cost_per_token: 2.5e-6,
        created_by: 'default_user_id',
        created_at: TIME,
      },
    })
  })

  test('several deployments make one group', async () => {
    const name = unique('pair')
    const ids = [(await newModel(name)).model_id, (await newModel(name)).model_id]
    const { data } = await desk.read('/v1/model/info')
    const group = data.filter((model: { model_name: string }) => model.model_name === name)
    expect(new Set(group.map((model: { model_info: { id: string } }) => model.model_info.id))).toEqual(new Set(ids))
    const served = await desk.read('/v1/models')
    expect(served.data.filter((model: { id: string }) => model.id === name)).toHaveLength(1)
  })

  test('needs a name and a target', async () => {
    expect((await desk.post('/model/new', { litellm_params: params() })).status).toBe(422)
    expect((await desk.post('/model/new', { model_name: 'x' })).status).toBe(422)
    expectFailure(await desk.post('/model/new', { model_name: 'x', litellm_params: {} }), [400, 422])
  })

  test('is the administrators’', async () => {
    const { key } = await desk.newUser()
    expectFailure(await desk.post('/model/new', { model_name: 'x', litellm_params: params() }, key), [401, 403])
  })
})

describe('POST /model/update', () => {
  test('what is given is laid over what was stored', async () => {
    const name = unique('changing')
    const { model_id } = await newModel(name, { tier: 'free' }, { rpm: 300 })
    const answer = await desk.post('/model/update', {
      litellm_params: { tpm: 9 },
      model_info: { id: model_id, tier: 'paid' },
    })
    expect(answer.status).toBe(200)
    expect(answer.json).toMatchObject({ model_id })
    expect(answer.text).not.toContain(SECRET)
    expect(await infoOf(model_id)).toMatchObject({
      model_name: name,
      litellm_params: { model: 'openai/gpt-4o', rpm: 300, tpm: 9 },
      model_info: { id: model_id, tier: 'paid' },
    })
    expect((await desk.chat(name, await desk.newKey())).status).toBe(200)
    expect(JSON.stringify(desk.mock.requests.last?.rawHeaders)).toContain(SECRET)
  })

  test('the model may be named beside its information, which comes first', async () => {
    const { model_id } = await newModel(unique('beside'))
    const litellm_params = { model: 'openai/gpt-4o-mini' }
    await desk.done('/model/update', { id: model_id, litellm_params, model_info: { tier: 'paid' } })
    expect(await infoOf(model_id)).toMatchObject({ litellm_params, model_info: { id: model_id, tier: 'paid' } })
    const named = { id: unique('other'), model_info: { id: model_id, tier: 'free' } }
    await desk.done('/model/update', named)
    expect((await infoOf(model_id)).model_info.tier).toBe('free')
    expect((await desk.post('/model/update', { litellm_params })).status).toBe(422)
  })

  test('a model of the configuration is not edited', async () => {
    expectError(
      await desk.post('/model/update', { litellm_params: { rpm: 1 }, model_info: { id: 'gpt-4o-deployment' } }),
      400,
      { message: "Can't edit model. Model in config. Store model in db via `/model/new`. to edit." },
    )
  })

  test('an unknown one is 400 in the words that Terraform looks for', async () => {
    expectFailure(
      await desk.post('/model/update', { litellm_params: {}, model_info: { id: unique('no') } }),
      400,
      /model not found/i,
    )
  })
})

describe('PATCH /model/{id}/update', () => {
  test('changes name, parameters and information, each alone', async () => {
    const { model_id } = await newModel(unique('patched'), { tier: 'free' }, { rpm: 300 })
    const path = `/model/${model_id}/update`
    const name = unique('renamed')
    for (const body of [{ model_name: name }, { litellm_params: { rpm: 7 } }, { model_info: { tier: 'paid' } }]) {
      const answer = await desk.ask('PATCH', path, { body })
      expect(answer.status).toBe(200)
      expect(answer.text).not.toContain(SECRET)
    }
    expect(await infoOf(model_id)).toMatchObject({
      model_name: name,
      litellm_params: { model: 'openai/gpt-4o', rpm: 7 },
      model_info: { tier: 'paid' },
    })
    expect((await desk.chat(name, await desk.newKey())).status).toBe(200)
  })

  test('blocks a model', async () => {
    const name = unique('blocked')
    const { model_id } = await newModel(name)
    const answer = await desk.ask('PATCH', `/model/${model_id}/update`, { body: { blocked: true } })
    expect(answer.json).toMatchObject({ model_id, blocked: true })
    expect((await desk.chat(name, await desk.newKey())).status).toBeGreaterThanOrEqual(400)
  })

  test('an unknown one is refused', async () => {
    const path = `/model/${unique('no')}/update`
    expectFailure(await desk.ask('PATCH', path, { body: { model_name: 'x' } }), [400, 404], /not found/i)
  })
})

describe('POST /model/delete', () => {
  test('then it serves no more', async () => {
    const name = unique('gone')
    const { model_id } = await newModel(name)
    expect(await desk.done('/model/delete', { id: model_id })).toEqual({
      message: `Model: ${model_id} deleted successfully`,
    })
    expectError(await desk.chat(name, await desk.newKey()), 400, {
      message: `Invalid model name passed in model=${name}`,
    })
    expectRaw(
      await desk.get(query('/model/info', { litellm_model_id: model_id })),
      400,
      `Model id = ${model_id} not found on litellm proxy`,
    )
    expectFailure(
      await desk.post('/model/delete', { id: model_id }),
      400,
      new RegExp(`Model with id=${model_id} not found in db`),
    )
  })

  test('is the administrators’', async () => {
    const { model_id } = await newModel(unique('kept'))
    const { key } = await desk.newUser()
    expectFailure(await desk.post('/model/delete', { id: model_id }, key), [400, 401, 403])
    expect((await infoOf(model_id)).model_info.id).toBe(model_id)
  })
})

describe('a team’s model', () => {
  test('has a public name that is that team’s alone', async () => {
    const team_id = await desk.newTeam({ models: ['gpt-4o'] })
    const name = unique('teams-own')
    const made = await newModel(name, { team_id })
    expect(made.model_name).not.toBe(name)
    expect(made.model_info).toMatchObject({ team_id, team_public_model_name: name })
    expect((await desk.read(query('/team/info', { team_id }))).team_info.models).toContain(name)
    const inside = await desk.newKey({ team_id })
    const outside = await desk.newKey({ team_id: await desk.newTeam() })
    expect((await desk.chat(name, inside)).status).toBe(200)
    expect([400, 401, 403, 404]).toContain((await desk.chat(name, outside)).status)
    const listed = await desk.read('/v1/models', inside)
    expect(listed.data.map((model: { id: string }) => model.id)).toContain(name)
  })

  test('may be a pattern, which opens nothing of the gateway to the team', async () => {
    const team_id = await desk.newTeam({ models: ['gpt-4o'] })
    const family = unique('family')
    const { model_id } = await newModel(`${family}/*`, { team_id }, { model: 'openai/*' })
    const inside = await desk.newKey({ team_id })
    const answer = await desk.chat(`${family}/gpt-4o`, inside)
    expect([answer.status, answer.headers.get('x-litellm-model-id')]).toEqual([200, model_id])
    const outside = await desk.newKey({ team_id: await desk.newTeam() })
    expect((await desk.chat(`${family}/gpt-4o`, outside)).status).toBe(400)

    const other = unique('not-the-teams')
    await newModel(other)
    await newModel('*', { team_id }, { model: 'openai/*' })
    expect((await desk.chat(other, inside)).status).toBe(401)
    expect((await desk.chat(unique('anything'), inside)).status).toBe(200)
    expect((await desk.read(query('/team/info', { team_id }))).team_info.models).toEqual(['gpt-4o'])
  })

  test('that is blocked leads nobody to the gateway’s of the same name', async () => {
    const name = unique('twice')
    await newModel(name)
    const team_id = await desk.newTeam({ models: ['gpt-4o'] })
    const { model_id } = await newModel(name, { team_id })
    const inside = await desk.newKey({ team_id })
    expect((await desk.chat(name, inside)).headers.get('x-litellm-model-id')).toBe(model_id)
    await desk.done('/model/update', { model_info: { id: model_id }, blocked: true })
    expect((await desk.chat(name, inside)).status).toBe(400)
    const { data } = await desk.read('/v1/models', inside)
    expect(data.map((model: { id: string }) => model.id)).not.toContain(name)
  })
})

describe('GET /model/info', () => {
  test('models of the configuration are there beside the stored ones', async () => {
    expect(await infoOf('gpt-4o-deployment')).toMatchObject({
      model_name: 'gpt-4o',
      model_info: { id: 'gpt-4o-deployment', db_model: false, created_at: null, created_by: null },
    })
  })

  test('a caller sees what it may use', async () => {
    const name = unique('visible')
    await newModel(name)
    const key = await desk.newKey({ models: [name] })
    const { data } = await desk.read('/model/info', key)
    expect(data.map((model: { model_name: string }) => model.model_name)).toEqual([name])
  })

  test('/v2/model/info pages', async () => {
    await newModel(unique('paged'))
    const page = await desk.read('/v2/model/info?page=1&size=2')
    expect(page).toMatchObject({ current_page: 1, size: 2 })
    expect(page.data).toHaveLength(2)
    expect(page.total_pages).toBe(Math.ceil(page.total_count / 2))
  })

  test('/model_group/info adds deployments up', async () => {
    const name = unique('group')
    await newModel(name, { mode: 'chat' }, { rpm: 100, tpm: 10 })
    await newModel(name, { mode: 'chat' }, { rpm: 50, tpm: 5 })
    const { data } = await desk.read(query('/model_group/info', { model_group: name }))
    expect(data).toMatchObject([{ model_group: name, providers: ['openai'], rpm: 150, tpm: 15, mode: 'chat' }])
  })
})

test('a price of a stored model may be a string that reads as a number', async () => {
  const { model_id } = await newModel(unique('lenient'), {}, { input_cost_per_token: '0.000003', rpm: '20' })
  const { litellm_params } = await infoOf(model_id)
  expect(Number(litellm_params.input_cost_per_token)).toBe(3e-6)
  expect(Number(litellm_params.rpm)).toBe(20)
})

test('numbers and yes or no that were written as texts in `model_info` are read as what they mean', async () => {
  const name = unique('texts')
  const meant = { input_cost_per_token: 0.5, max_input_tokens: 1000, max_output_tokens: 100, supports_vision: true }
  const texts = Object.fromEntries(Object.entries(meant).map(([member, value]) => [member, String(value)]))
  const { model_id } = await newModel(name, { ...texts, note: '12' })
  expect((await infoOf(model_id)).model_info).toMatchObject({ ...meant, note: '12' })
  const { data } = await desk.read(query('/model_group/info', { model_group: name }))
  expect(data).toMatchObject([meant])
})

test('7.1: prices by the size of the prompt are numbers to whoever reads them', async () => {
  const tiered_pricing = [
    { range: [0, 32_000], input_cost_per_token: 1.5e-6 },
    { range: [32_000, 128_000], input_cost_per_token: 2e-6 },
  ]
  const { model_id } = await newModel(unique('tiered'), {}, { tiered_pricing })
  expect((await infoOf(model_id)).model_info).toMatchObject({ tiered_pricing })
})
