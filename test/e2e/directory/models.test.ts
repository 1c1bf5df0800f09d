import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MASTER_KEY, bearer, mockModel, startGateway, tryGateway } from '../../support/gateway.ts'
import type { RunningGateway } from '../../support/gateway.ts'
import type { MockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'
import { startMockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'

const SECRET = 'sk-provider-secret-7f2d9c41b8'
const SALT = 'a-salt-key-that-is-long-enough-0123456789'

let mock: MockUpstream
let elsewhere: MockUpstream
let gateway: RunningGateway
let dataDir: string

beforeAll(async () => {
  mock = await startMockUpstream()
  elsewhere = await startMockUpstream()
  dataDir = mkdtempSync(join(tmpdir(), 'latchkey-models-'))
  gateway = await start({ LITELLM_SALT_KEY: SALT })
})

afterAll(async () => {
  await gateway.stop()
  await mock.close()
  await elsewhere.close()
  rmSync(dataDir, { recursive: true, force: true })
})

function start(env: Record<string, string>, general: object = {}): Promise<RunningGateway> {
  return startGateway({ dataDir, env: { OPENAI_API_KEY: 'sk-of-the-operator-55', ...env }, config: config(general) })
}

function config(general: object): Record<string, unknown> {
  return {
    model_list: [mockModel('from-the-file', mock.apiBase, { info: { id: 'from-the-file-id' } })],
    general_settings: { store_model_in_db: true, provider_egress_allow: ['127.0.0.1:*'], ...general },
  }
}

interface Answer {
  readonly status: number
  readonly text: string
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any
}

async function ask(method: string, path: string, body?: object, key = MASTER_KEY): Promise<Answer> {
  const response = await fetch(gateway.url + path, {
    method,
    headers: bearer(key),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, text, json: text === '' ? undefined : JSON.parse(text) }
}

const post = (path: string, body: object, key?: string): Promise<Answer> => ask('POST', path, body, key)
const chat = (model: string, key?: string): Promise<Answer> =>
  post('/v1/chat/completions', { model, messages: [{ role: 'user', content: 'Hello' }] }, key)

let count = 0
function model(params: object = {}, info: object = {}) {
  count += 1
  const name = `stored-${count}`
  const litellm_params = { model: 'openai/gpt-4o', api_base: mock.apiBase, api_key: SECRET, ...params }
  return { model_name: name, litellm_params, model_info: { id: `id-of-${name}`, ...info } }
}

async function make(params: object = {}, info: object = {}): Promise<{ name: string; id: string }> {
  const body = model(params, info)
  const answer = await post('/model/new', body)
  expect(answer.text).not.toContain(SECRET)
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)])
  return { name: body.model_name, id: answer.json.model_id }
}

async function infoOf(id: string, key?: string): Promise<Answer['json']> {
  const { json } = await ask('GET', `/model/info?litellm_model_id=${id}`, undefined, key)
  return json.data?.[0]
}

function sentKey(upstream: MockUpstream): string {
  return JSON.stringify(upstream.requests.last?.rawHeaders ?? [])
}

describe('a model of the store', () => {
  test('serves when the call returns, is changed, and is gone', async () => {
    const { name, id } = await make({ rpm: '5', input_cost_per_token: 1e-6 })
    expect((await chat(name)).status).toBe(200)
    expect(sentKey(mock)).toContain(SECRET)

    const renamed = `${name}-renamed`
    const patched = await ask('PATCH', `/model/${id}/update`, { model_name: renamed, litellm_params: { tpm: 7 } })
    expect(patched.json).toMatchObject({ model_name: renamed, litellm_params: { rpm: 5, tpm: 7, api_key: '********' } })
    expect([(await chat(name)).status, (await chat(renamed)).status]).toEqual([400, 200])
    expect(sentKey(mock)).toContain(SECRET)

    expect((await post('/model/delete', { id })).json).toEqual({ message: `Model: ${id} deleted successfully` })
    expect((await chat(renamed)).status).toBe(400)
    expect((await post('/model/delete', { id })).text).toContain(`Model with id=${id} not found in db`)
  })

  test('is read with everything but its secrets; what nobody knows is kept', async () => {
    const { id } = await make(
      {
        input_cost_per_token: '0.000003',
        thinking: { type: 'enabled', budget_tokens: 9 },
        merge_reasoning_content_in_choices: true,
        something_new: { its_token: 'hidden', open: 'shown' },
        extra_headers: { 'x-own': 'a-header-secret' },
      },
      { tier: 'paid', base_model: 'gpt-4o' },
    )
    const { json, text } = await ask('GET', `/model/info?litellm_model_id=${id}`)
    expect(text).not.toMatch(/sk-provider|a-header-secret|"hidden"/)
    expect(json.data[0]).toMatchObject({
      litellm_params: {
        api_base: mock.apiBase,
        thinking: { type: 'enabled', budget_tokens: 9 },
        merge_reasoning_content_in_choices: true,
        something_new: { its_token: '********', open: 'shown' },
      },
      model_info: { id, db_model: true, tier: 'paid', input_cost_per_token: 3e-6, created_by: 'default_user_id' },
    })
  })

  test('a mask that is sent back changes nothing', async () => {
    const { name, id } = await make({ extra_headers: { 'x-own': 'a-header-secret', 'x-two': 'another' } })
    const { litellm_params } = await infoOf(id)
    expect((await post('/model/update', { model_info: { id }, litellm_params })).status).toBe(200)
    expect((await chat(name)).status).toBe(200)
    expect(sentKey(mock)).toContain(SECRET)
    expect(sentKey(mock)).toContain('a-header-secret')
  })

  test('null takes a parameter away', async () => {
    const { id } = await make({ rpm: 4, tpm: 5 })
    await post('/model/update', { model_info: { id }, litellm_params: { rpm: null } })
    const { litellm_params } = await infoOf(id)
    expect([litellm_params.rpm, litellm_params.tpm]).toEqual([undefined, 5])
  })

  test('that is blocked is not called, and is still there to read and to open again', async () => {
    const { name, id } = await make()
    expect((await ask('PATCH', `/model/${id}/update`, { blocked: true })).json).toMatchObject({ blocked: true })
    expect((await chat(name)).status).toBe(400)
    expect(await infoOf(id)).toMatchObject({ model_name: name, model_info: { id, blocked: true } })
    await ask('PATCH', `/model/${id}/update`, { blocked: false })
    expect((await chat(name)).status).toBe(200)
  })

  test('has an id of its own', async () => {
    const { id } = await make()
    expect((await post('/model/new', model({}, { id }))).status).toBe(400)
    expect((await post('/model/new', model({}, { id: 'from-the-file-id' }))).status).toBe(400)
  })

  test('of the file is not edited here', async () => {
    const body = { model_info: { id: 'from-the-file-id' }, litellm_params: { rpm: 1 } }
    const { status, text } = await post('/model/update', body)
    expect([status, text]).toEqual([400, expect.stringContaining("Can't edit model. Model in config.")])
    expect((await post('/model/delete', { id: 'from-the-file-id' })).text).toContain('not found in db')
  })

  test.each([
    ['a provider that nobody knows', { model: 'nobody/x' }],
    ['no model', { model: null }],
    ['a price of another name', { input_cost_per_tokn: 1 }],
    ['what is not in this version', { max_budget: 5 }],
    ['a secret in open text', { extra_body: { api_key: 'sk-123456789012345678' } }],
    ['a header that frames', { extra_headers: { host: 'evil' } }],
    ['a key of two lines', { api_key: 'one\r\nx-two: 2' }],
    ['a credential that is not there', { litellm_credential_name: 'no-such' }],
  ])('is held to the rules of the file: %s', async (_, params) => {
    expect((await post('/model/new', model(params))).status).toBe(400)
  })

  test.each([
    ['in the key', { api_key: 'os.environ/OPENAI_API_KEY' }],
    ['in the address', { api_base: 'os.environ/X' }],
    ['in a header', { extra_headers: { 'x-own': 'Bearer os.environ/OPENAI_API_KEY' } }],
    ['deep in a body', { extra_body: { a: [{ b: 'os.environ/PATH' }] } }],
    ['where nobody looks', { unknown_thing: 'vault:secret/x' }],
  ])('INV-33, AC-089: refers to nothing of the operator’s: %s', async (_, params) => {
    expect((await post('/model/new', model(params))).status).toBe(400)
    const { id } = await make()
    expect((await post('/model/update', { model_info: { id }, litellm_params: params })).status).toBe(400)
  })
})

describe('N-20: the host of a stored model', () => {
  test.each([
    'http://169.254.169.254/latest',
    'http://metadata.google.internal/v1',
    'http://10.0.0.5:8000/v1',
    'https://192.168.1.1/v1',
    'http://127.0.0.2:9/v1',
    'https://[::ffff:10.0.0.1]/v1',
    'https://0x7f000001.example:443@10.0.0.1/v1',
    'http://example.com/v1',
  ])('may not be %s', async (api_base) => {
    expect((await post('/model/new', model({ api_base }))).status).toBe(400)
  })

  test('does not get the operator’s keys of the environment', async () => {
    const { name } = await make({ api_key: null })
    await chat(name)
    expect(sentKey(mock)).not.toContain('sk-of-the-operator')
  })

  test('AC-090: takes along no key when it changes', async () => {
    const { name, id } = await make({ extra_headers: { 'x-own': 'a-header-secret' } })
    expect(
      (await ask('PATCH', `/model/${id}/update`, { litellm_params: { api_base: elsewhere.apiBase } })).status,
    ).toBe(200)
    await chat(name)
    expect(elsewhere.requests.total).toBeGreaterThan(0)
    expect(sentKey(elsewhere)).not.toMatch(/sk-provider|a-header-secret/)
    expect((await infoOf(id)).litellm_params).not.toHaveProperty('api_key')

    await ask('PATCH', `/model/${id}/update`, { litellm_params: { api_key: 'sk-for-the-new-one-1' } })
    await chat(name)
    expect(sentKey(elsewhere)).toContain('sk-for-the-new-one-1')
  })
})

describe('a credential', () => {
  async function credential(values: object = {}): Promise<string> {
    count += 1
    const credential_name = `credential-${count}`
    const credential_values = { api_key: SECRET, api_base: mock.apiBase, ...values }
    const made = await post('/credentials', { credential_name, credential_values, credential_info: { note: 'x' } })
    expect(made.json).toEqual({ success: true, message: 'Credential created successfully' })
    return credential_name
  }

  test('lends itself to models, with its new value once it changes', async () => {
    const name = await credential()
    const borrower = await make({ api_base: null, api_key: null, litellm_credential_name: name })
    expect((await chat(borrower.name)).status).toBe(200)
    expect(sentKey(mock)).toContain(SECRET)
    await ask('PATCH', `/credentials/${name}`, { credential_values: { api_key: 'sk-a-rotated-one-77' } })
    await chat(borrower.name)
    expect(sentKey(mock)).toContain('sk-a-rotated-one-77')

    await ask('DELETE', `/credentials/${name}`)
    expect((await chat(borrower.name)).status).toBe(400)
    expect((await infoOf(borrower.id)).model_info.id).toBe(borrower.id)
    expect((await ask('PATCH', `/model/${borrower.id}/update`, { blocked: true })).status).toBe(200)
  })

  test('AC-090: takes no secret of a borrower along to another host', async () => {
    const name = await credential()
    const secrets = { api_key: 'sk-of-the-borrower-1', extra_headers: { 'x-own': 'a-header-secret' } }
    const borrower = await make({ api_base: null, litellm_credential_name: name, ...secrets })
    await chat(borrower.name)
    expect(sentKey(mock)).toContain('sk-of-the-borrower-1')

    await ask('PATCH', `/credentials/${name}`, { credential_values: { api_base: elsewhere.apiBase, api_key: 'sk-2' } })
    expect((await chat(borrower.name)).status).toBe(200)
    expect(sentKey(elsewhere)).toContain('sk-2')
    expect(sentKey(elsewhere)).not.toMatch(/sk-of-the-borrower|a-header-secret/)
    expect((await infoOf(borrower.id)).litellm_params).not.toHaveProperty('extra_headers')
  })

  test('AC-090: nor does one that comes under the name of one that went', async () => {
    const name = await credential()
    const borrower = await make({ api_base: null, api_key: 'sk-of-the-borrower-2', litellm_credential_name: name })
    await ask('DELETE', `/credentials/${name}`)
    const credential_values = { api_key: 'sk-3', api_base: elsewhere.apiBase }
    await post('/credentials', { credential_name: name, credential_values })
    expect((await chat(borrower.name)).status).toBe(200)
    expect(sentKey(elsewhere)).toContain('sk-3')
    expect(sentKey(elsewhere)).not.toContain('sk-of-the-borrower-2')
  })

  test('N-26: goes to its own host and nowhere else', async () => {
    const name = await credential()
    const body = model({ api_key: null, api_base: elsewhere.apiBase, litellm_credential_name: name })
    expect((await post('/model/new', body)).status).toBe(400)
    const moved = { credential_values: { api_base: elsewhere.apiBase } }
    expect((await ask('PATCH', `/credentials/${name}`, moved)).status).toBe(200)
    const { json } = await ask('GET', `/credentials/by_name/${name}`)
    expect(json.credential_values).toEqual({ api_base: elsewhere.apiBase })
  })

  test('is listed, masked, and taken from a model', async () => {
    const { id } = await make()
    const name = `of-${id}`
    await post('/credentials', { credential_name: name, model_id: id, credential_info: {} })
    const { json, text } = await ask('GET', '/credentials')
    expect(text).not.toContain(SECRET)
    expect(json.credentials).toContainEqual({
      credential_name: name,
      credential_values: { api_key: '********', api_base: mock.apiBase },
      credential_info: {},
    })
    expect((await ask('GET', `/credentials/by_model/${id}`)).text).not.toContain(SECRET)
    expect((await post('/credentials', { credential_name: name, model_id: 'from-the-file-id' })).status).toBe(400)
  })

  test.each([
    [500, (name: string) => post('/credentials', { credential_name: name, credential_values: {} })],
    [400, (name: string) => ask('PATCH', `/credentials/${name}`, { credential_name: 'other' })],
    [400, (name: string) => ask('PATCH', `/credentials/${name}`, { credential_values: { a: 'os.environ/PATH' } })],
    [
      400,
      (name: string) => ask('PATCH', `/credentials/${name}`, { credential_values: { api_base: 'http://10.0.0.1' } }),
    ],
    [404, () => ask('GET', '/credentials/by_name/nobody')],
    [404, () => ask('DELETE', '/credentials/nobody')],
  ])('is refused with %i', async (status, call) => {
    expect((await call(await credential())).status).toBe(status)
  })
})

describe('Z-25: callers of models', () => {
  test('read name, mode, limits and prices, of their own models', async () => {
    const { name, id } = await make({ input_cost_per_token: 1e-6 }, { mode: 'chat', note: 'inside' })
    await make()
    const { key } = (await post('/key/generate', { models: [name] })).json
    const { json, text } = await ask('GET', '/model/info', undefined, key)
    expect(json.data).toHaveLength(1)
    expect(json.data[0]).toMatchObject({
      model_name: name,
      model_info: { id, mode: 'chat', input_cost_per_token: 1e-6 },
    })
    expect(text).not.toMatch(/127\.0\.0\.1|inside|\*\*\*/)
  })
})

describe('an access group', () => {
  test('by id: is made, given to keys, changed and deleted', async () => {
    const [one, two] = [await make(), await make()]
    const { key, token } = (await post('/key/generate', { models: ['from-the-file'] })).json
    const made = await post('/v1/access_group', {
      access_group_name: `group-${one.id}`,
      description: 'first',
      access_model_names: [one.name],
      assigned_key_ids: [token],
    })
    expect(made.status).toBe(201)
    const { access_group_id } = made.json
    expect(made.json).toMatchObject({ assigned_key_ids: [token], assigned_team_ids: [], access_agent_ids: [] })
    expect([(await chat(one.name, key)).status, (await chat(two.name, key)).status]).toEqual([200, 401])

    const path = `/v1/access_group/${access_group_id}`
    const changed = await ask('PUT', path, { access_model_names: [two.name], description: null })
    expect(changed.json).toMatchObject({ access_model_names: [two.name], description: null, assigned_key_ids: [token] })
    expect([(await chat(one.name, key)).status, (await chat(two.name, key)).status]).toEqual([401, 200])
    expect((await ask('GET', '/v1/access_group')).json).toContainEqual(changed.json)

    const same = { access_group_name: `group-${one.id}` }
    expect((await post('/v1/access_group', same)).status).toBe(409)
    const gone = await ask('DELETE', path)
    expect([gone.status, gone.text]).toEqual([204, ''])
    expect((await ask('GET', path)).status).toBe(404)
    expect((await chat(two.name, key)).status).toBe(401)
  })

  test('by name: stands for models in the list of a key', async () => {
    const { name, id } = await make()
    const access_group = `named-${name}`
    const made = await post('/access_group/new', { access_group, model_ids: [id] })
    expect(made.json).toMatchObject({ access_group, model_names: [name], models_updated: 1 })
    const { key } = (await post('/key/generate', { models: [access_group] })).json
    expect((await chat(name, key)).status).toBe(200)
    expect((await ask('GET', `/access_group/${access_group}/info`)).json).toEqual({
      access_group,
      model_names: [name],
      deployment_count: 1,
    })
    expect((await post('/access_group/new', { access_group, model_names: [name] })).status).toBe(409)
    expect((await ask('DELETE', `/access_group/${access_group}/delete`)).json).toMatchObject({ models_updated: 1 })
    expect((await chat(name, key)).status).toBe(401)
  })

  test('that models name themselves is listed, and changed there', async () => {
    const { name } = await make({}, { access_groups: ['of-the-models'] })
    expect((await ask('GET', '/access_group/of-the-models/info')).json).toMatchObject({ model_names: [name] })
    expect((await ask('PUT', '/access_group/of-the-models/update', { model_names: [name] })).status).toBe(400)
    expect((await ask('PUT', '/access_group/no-such/update', { model_names: [name] })).status).toBe(404)
  })
})

describe('INV-32: the database', () => {
  test('holds no secret, outlives a restart, and under another key says what is disabled', async () => {
    const { name, id } = await make({ extra_headers: { 'x-own': 'a-header-secret' } })
    await post('/credentials', { credential_name: 'kept', credential_values: { api_key: 'sk-a-kept-credential-3' } })
    await gateway.stop()
    const dump = everyFile(dataDir)
    expect(dump).not.toMatch(/sk-provider-secret|a-header-secret|sk-a-kept-credential/)

    gateway = await start({ LITELLM_SALT_KEY: SALT })
    expect((await chat(name)).status).toBe(200)
    expect(sentKey(mock)).toContain(SECRET)
    await gateway.stop()

    const without = await tryGateway({ dataDir, config: config({}) })
    expect(without.ok ? '' : without.stderr).toContain('LITELLM_SALT_KEY')
    if (without.ok) await without.gateway.stop()

    gateway = await start({ LITELLM_SALT_KEY: `${SALT}-another` })
    expect((await chat(name)).status).toBe(400)
    expect((await chat('from-the-file')).status).toBe(200)
    await expect.poll(() => gateway.stdout() + gateway.stderr()).toContain('sealed under another key')
    expect(await infoOf(id)).toMatchObject({ model_name: name, model_info: { id, db_model: true } })
    expect((await ask('GET', '/credentials')).json.credentials).toContainEqual(
      expect.objectContaining({ credential_name: 'kept', credential_values: {} }),
    )
    expect((await post('/model/update', { model_info: { id }, litellm_params: { rpm: 1 } })).status).toBe(400)
    expect((await post('/model/delete', { id })).status).toBe(200)
  })

  test('is not written to where the operator does not say so', async () => {
    await gateway.stop()
    gateway = await start({ LITELLM_SALT_KEY: SALT }, { store_model_in_db: false })
    const { status, text } = await post('/model/new', model())
    expect([status, text]).toEqual([500, expect.stringContaining('STORE_MODEL_IN_DB')])
    expect((await ask('GET', '/v1/models')).json.data).toHaveLength(1)
  })
})

function everyFile(dir: string): string {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n')
}
