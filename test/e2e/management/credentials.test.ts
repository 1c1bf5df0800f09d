import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDesk, query, unique } from './support/desk.ts'
import type { Answer, Desk } from './support/desk.ts'
import { expectFailure } from './support/expectations.ts'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk({ storesModels: true })
})

afterAll(() => desk.close())

const SECRET = 'sk-credential-secret-5b1e77d0a9'

async function newCredential(more: object = {}): Promise<string> {
  const credential_name = unique('credential')
  await desk.done('/credentials', {
    credential_name,
    credential_values: { api_key: SECRET, api_base: desk.mock.apiBase },
    credential_info: { custom_llm_provider: 'openai' },
    ...more,
  })
  return credential_name
}

function byName(name: string): Promise<Answer> {
  return desk.get(`/credentials/by_name/${encodeURIComponent(name)}`)
}

describe('POST /credentials', () => {
  test('says that it is there, and nothing more', async () => {
    const answer = await desk.post('/credentials', {
      credential_name: unique('credential'),
      credential_values: { api_key: SECRET },
      credential_info: {},
    })
    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({ success: true, message: 'Credential created successfully' })
  })

  test('a name is taken once', async () => {
    const credential_name = await newCredential()
    const answer = await desk.post('/credentials', { credential_name, credential_values: {}, credential_info: {} })
    expectFailure(answer, 500, /Unique constraint failed/)
    expect(answer.text).toContain('credential_name')
  })

  test('has to have a name', async () => {
    expect((await desk.post('/credentials', { credential_values: {}, credential_info: {} })).status).toBe(422)
  })

  test('takes the values of a model', async () => {
    const { model_id } = await desk.done('/model/new', {
      model_name: unique('source'),
      litellm_params: { model: 'openai/gpt-4o', api_base: desk.mock.apiBase, api_key: SECRET, rpm: 5 },
      model_info: {},
    })
    const name = await newCredential({ credential_values: undefined, model_id })
    const { status, json, text } = await byName(name)
    expect(status).toBe(200)
    expect(Object.keys(json.credential_values).toSorted()).toEqual(['api_base', 'api_key'])
    expect(text).not.toContain(SECRET)
    const byModel = await desk.get(`/credentials/by_model/${model_id}`)
    expect(byModel.status).toBe(200)
    expect(byModel.json.credential_values).toEqual(json.credential_values)
    expect(byModel.text).not.toContain(SECRET)
  })
})

describe('GET /credentials', () => {
  test('the list names them, with masked values', async () => {
    const credential_name = await newCredential()
    const { status, json, text } = await desk.get('/credentials')
    expect(status).toBe(200)
    expect(json).toMatchObject({ success: true, credentials: expect.any(Array) })
    const row = json.credentials.find((each: { credential_name: string }) => each.credential_name === credential_name)
    expect(row).toMatchObject({ credential_name, credential_info: { custom_llm_provider: 'openai' } })
    expect(new Set(Object.keys(row.credential_values))).toEqual(new Set(['api_key', 'api_base']))
    expect(text).not.toContain(SECRET)
    // Beginning and end of a secret are not told either.
    expect(text).not.toContain(SECRET.slice(0, 8))
    expect(text).not.toContain(SECRET.slice(-4))
  })

  test('one is read by its name; an unknown one is 404', async () => {
    const credential_name = await newCredential()
    const { json, text } = await byName(credential_name)
    expect(json).toMatchObject({ credential_name, credential_info: { custom_llm_provider: 'openai' } })
    expect(text).not.toContain(SECRET)
    expectFailure(await byName(unique('no')), 404)
  })
})

describe('PATCH and DELETE /credentials/{name}', () => {
  test('what is given is laid over what was stored', async () => {
    const name = await newCredential()
    const answer = await desk.ask('PATCH', `/credentials/${name}`, {
      body: { credential_name: name, credential_values: {}, credential_info: { custom_llm_provider: 'azure' } },
    })
    expect(answer.status).toBe(200)
    const { json } = await byName(name)
    expect(json).toMatchObject({ credential_info: { custom_llm_provider: 'azure' } })
    expect(Object.keys(json.credential_values)).toContain('api_key')
  })

  test('a deleted one is gone', async () => {
    const name = await newCredential()
    expect((await desk.ask('DELETE', `/credentials/${name}`)).status).toBe(200)
    expectFailure(await byName(name), 404)
    expectFailure(await desk.ask('DELETE', `/credentials/${name}`), 404)
    const body = { credential_name: name, credential_values: {}, credential_info: {} }
    expectFailure(await desk.ask('PATCH', `/credentials/${name}`, { body }), 404)
  })
})

test('a model uses a credential by its name, and the new value once it changes', async () => {
  const name = await newCredential()
  const model_name = unique('borrowing')
  const { model_id } = await desk.done('/model/new', {
    model_name,
    litellm_params: { model: 'openai/gpt-4o', litellm_credential_name: name },
    model_info: {},
  })
  const key = await desk.newKey()
  expect((await desk.chat(model_name, key)).status).toBe(200)
  expect(JSON.stringify(desk.mock.requests.last?.rawHeaders)).toContain(SECRET)
  const { data } = await desk.read(query('/model/info', { litellm_model_id: model_id }))
  expect(data[0].litellm_params).toMatchObject({ litellm_credential_name: name })

  const next = 'sk-credential-rotated-93ab60fe12'
  const body = { credential_name: name, credential_values: { api_key: next }, credential_info: {} }
  expect((await desk.ask('PATCH', `/credentials/${name}`, { body })).status).toBe(200)
  expect((await desk.chat(model_name, key)).status).toBe(200)
  expect(JSON.stringify(desk.mock.requests.last?.rawHeaders)).toContain(next)
})

test('credentials are the administrators’', async () => {
  const user = await desk.newUser()
  const viewer = await desk.newUser({ user_role: 'proxy_admin_viewer' })
  const name = await newCredential()
  for (const { key } of [user, viewer]) {
    const body = { credential_name: name, credential_values: {}, credential_info: {} }
    expectFailure(await desk.post('/credentials', body, key), [401, 403])
    expectFailure(await desk.get('/credentials', key), [401, 403])
    expectFailure(await desk.ask('PATCH', `/credentials/${name}`, { key, body }), [401, 403, 404])
    expectFailure(await desk.ask('DELETE', `/credentials/${name}`, { key }), [401, 403, 404])
  }
})
