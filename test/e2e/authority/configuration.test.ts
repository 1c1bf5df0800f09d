import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'
import { startMockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'
import type { Ask } from '../hostile/support/stand.ts'
import type { Json } from './support/caller.ts'
import { NOT_FOR_YOU, good, textAt } from './support/caller.ts'
import type { Realm } from './support/realm.ts'
import { startRealm } from './support/realm.ts'
import { stateOf } from './support/state.ts'

const OPERATOR_SECRET = 'value-of-an-operators-variable-7f3a9c'

let realm: Realm
/** A host that an attacker rules over. */
let elsewhere: MockUpstream

beforeAll(async () => {
  elsewhere = await startMockUpstream()
  realm = await startRealm({
    config: { general_settings: { store_model_in_db: true, provider_egress_allow: ['127.0.0.1:*', 'localhost:*'] } },
    env: { OPERATOR_SECRET },
  })
})

afterAll(async () => {
  await realm.close()
  await elsewhere.close()
})

const REFERENCES = [
  'os.environ/OPERATOR_SECRET',
  'os.environ/DATABASE_URL',
  'os.environ/LITELLM_MASTER_KEY',
  'os.environ/PATH',
]

const GROUP_45: readonly Ask[] = [
  change('/config/update', { environment_variables: { UI_PASSWORD: 'mine', UI_USERNAME: 'admin' } }),
  change('/config/update', { general_settings: { master_key: 'sk-0123456789abcdef0123456789abcdef' } }),
  change('/config/update', {
    general_settings: { pass_through_endpoints: [{ path: '/x', target: 'http://127.0.0.1:9' }] },
  }),
  change('/config/update', { litellm_settings: { callbacks: ['my_module.handler'], success_callback: ['webhook'] } }),
  change('/config/update', { router_settings: { model_group_alias: { m1: 'm2' } } }),
  change('/config/field/update', { field_name: 'master_key', field_value: 'sk-x', config_type: 'general_settings' }),
  change('/config/field/delete', { field_name: 'master_key', config_type: 'general_settings' }),
  change('/config/callback/delete', { callback_name: 'x' }),
  change('/config/pass_through_endpoint', { path: '/x', target: 'http://127.0.0.1:9' }),
  change('/update/sso_settings', { google_client_id: 'x' }),
  change('/update/internal_user_settings', { user_role: 'proxy_admin' }),
  change('/update/default_team_settings', { max_budget: 1_000_000 }),
  change('/update/ui_settings', {}),
  change('/add/allowed_ip', { ip: '0.0.0.0' }),
  change('/delete/allowed_ip', { ip: '127.0.0.1' }),
  change('/reload/model_cost_map', {}),
  change('/schedule/model_cost_map_reload', {}),
  change('/router/settings', {}),
  change('/fallback', { model: 'm1', fallback_models: ['m2'] }),
  change('/alerting/settings', {}),
  change('/email/event_settings', {}),
]

function change(path: string, body: object): Ask {
  return { method: 'POST', path, body }
}

describe('AC-088, Z-05: the configuration is the operator’s', () => {
  test.each(['u2', 'u1', 'oa1', 'ks1', 'v1', 'pav'] as const)('%s changes none of it', async (name) => {
    const { cast } = realm
    const before = await stateOf(cast.master)
    for (const ask of GROUP_45) {
      for (const method of ['POST', 'PATCH', 'PUT', 'DELETE']) {
        const { path, body } = ask
        const { status } = await cast[name].ask({ method, path, ...(method === 'DELETE' ? {} : { body }) })
        expect.soft([...NOT_FOR_YOU, 405], `${method} ${ask.path}`).toContain(status)
      }
    }
    expect(await stateOf(cast.master)).toBe(before)
    expect((await cast.inTeam.u2.chat('m2')).status).not.toBe(200)
  })

  test('an administrator sets no paths, modules, environment or master key', async () => {
    const { cast } = realm
    const before = await stateOf(cast.master)
    for (const ask of [
      change('/config/update', { environment_variables: { NODE_OPTIONS: '--require /tmp/x.js', PATH: '/tmp' } }),
      change('/config/update', { general_settings: { master_key: 'sk-0123456789abcdef0123456789abcdef' } }),
      change('/config/update', { general_settings: { custom_auth: '/tmp/auth.py' } }),
      change('/config/update', { general_settings: { database_url: 'postgres://127.0.0.1:9/x' } }),
      change('/config/update', { litellm_settings: { callbacks: ['/tmp/evil.handler'] } }),
      change('/config/update', { include: ['/etc/passwd'] }),
    ]) {
      const { status } = await cast.pa.ask(ask)
      expect.soft([400, 403, 404], JSON.stringify(ask.body)).toContain(status)
    }
    expect(await stateOf(cast.master)).toBe(before)
    expect((await cast.master.get('/user/list')).status).toBe(200)
  })

  test('the file is never served, to nobody', async () => {
    for (const name of ['pa', 'pav', 'u2', 'master'] as const) {
      const { status, text } = await realm.cast[name].get('/config/yaml')
      expect(NOT_FOR_YOU).toContain(status)
      expect(text).not.toContain('sk-upstream-secret')
    }
  })
})

function stored(name: string, params: Json, info: Json = {}): object {
  const litellm_params = {
    model: `openai/${name}`,
    api_base: elsewhere.apiBase,
    api_key: 'sk-own-0123456789',
    ...params,
  }
  return { model_name: name, litellm_params, model_info: { id: `id-of-${name}`, ...info } }
}

describe('AC-089, INV-33: references resolve in the operator’s file only', () => {
  const PLACES: readonly (readonly [name: string, body: (reference: string) => Json])[] = [
    ['api_key', (reference) => ({ api_key: reference })],
    ['api_base', (reference) => ({ api_base: reference })],
    ['model', (reference) => ({ model: reference })],
    ['organization', (reference) => ({ organization: reference })],
    ['a header', (reference) => ({ extra_headers: { 'x-own': reference } })],
    ['a nested member', (reference) => ({ extra_body: { inner: [{ deep: reference }] } })],
    ['aws_secret_access_key', (reference) => ({ aws_secret_access_key: reference })],
    ['a secret manager', () => ({ api_key: 'vault/secret/data/x' })],
    ['a file', () => ({ vertex_credentials: '/etc/passwd' })],
  ]
  test.each(PLACES)('in a model’s %s', async (_, body) => {
    const { pa, master } = realm.cast
    const before = await stateOf(master)
    const seen = elsewhere.requests.total
    for (const reference of REFERENCES) {
      const answer = await pa.post('/model/new', stored('by-reference', body(reference)))
      expect.soft(answer.text).not.toContain(OPERATOR_SECRET)
      if (answer.status !== 200) {
        expect.soft([400, 422], reference).toContain(answer.status)
        continue
      }
      await pa.chat('by-reference')
      expect(received(seen)).not.toContain(OPERATOR_SECRET)
      good(await pa.post('/model/delete', { id: 'id-of-by-reference' }))
    }
    expect(await stateOf(master)).toBe(before)
  })

  test('in an update of a model', async () => {
    const { pa } = realm.cast
    good(await pa.post('/model/new', stored('later-reference', {})))
    for (const api_key of REFERENCES) {
      const id = 'id-of-later-reference'
      const answers = [
        await pa.post('/model/update', { model_info: { id }, litellm_params: { api_key } }),
        await pa.patch(`/model/${id}/update`, { litellm_params: { api_key } }),
      ]
      for (const { status } of answers) expect.soft([400, 422], api_key).toContain(status)
    }
    const seen = elsewhere.requests.total
    await pa.chat('later-reference')
    expect(received(seen)).not.toContain(OPERATOR_SECRET)
  })

  test('in credentials, and through them', async () => {
    const { pa } = realm.cast
    for (const [at, reference] of REFERENCES.entries()) {
      const credential_name = `by-reference-${at}`
      const body = { credential_name, credential_values: { api_key: reference }, credential_info: {} }
      const { status } = await pa.post('/credentials', body)
      if (status === 200) {
        const params = { api_key: undefined, litellm_credential_name: credential_name }
        await pa.post('/model/new', stored(`of-credential-${at}`, params))
        await pa.chat(`of-credential-${at}`)
      } else expect.soft([400, 422], reference).toContain(status)
    }
    expect(received(0)).not.toContain(OPERATOR_SECRET)
  })

  test('in keys, teams and metadata they are text', async () => {
    const { master, u2 } = realm.cast
    const metadata = { a: 'os.environ/OPERATOR_SECRET', logging: [{ callback_vars: { key: 'os.environ/PATH' } }] }
    for (const [path, body] of [
      ['/key/generate', { user_id: u2.id, metadata }],
      ['/team/new', { team_id: 'of-references', metadata }],
      ['/user/new', { user_id: 'of-references', metadata }],
    ] as const) {
      const { status, text } = await master.post(path, body)
      expect.soft([200, 400], path).toContain(status)
      expect.soft(text, path).not.toContain(OPERATOR_SECRET)
    }
    for (const path of [
      '/user/info?user_id=of-references',
      '/team/info?team_id=of-references',
      '/key/list?return_full_object=true',
    ]) {
      expect((await master.get(path)).text).not.toContain(OPERATOR_SECRET)
    }
  })
})

describe('AC-090, Z-22: a stored credential does not follow the host', () => {
  const SECRET = 'sk-stored-credential-5d1f08'

  test.each(['another host', 'another port', 'another scheme'])('%s, without the key again', async (what) => {
    const { pa } = realm.cast
    const name = `mover-${what.replaceAll(' ', '-')}`
    good(await pa.post('/model/new', stored(name, { api_base: realm.upstream.apiBase, api_key: SECRET })))
    expect((await pa.chat(name)).status).toBe(200)
    const id = `id-of-${name}`
    const targets: Readonly<Record<string, string>> = {
      'another host': elsewhere.apiBase.replace('127.0.0.1', 'localhost'),
      'another port': elsewhere.apiBase,
      'another scheme': elsewhere.apiBase.replace('http:', 'https:'),
    }
    const litellm_params = { api_base: targets[what] }
    const seen = elsewhere.requests.total

    for (const moved of [
      await pa.post('/model/update', { model_info: { id }, litellm_params }),
      await pa.patch(`/model/${id}/update`, { litellm_params }),
    ]) {
      expect([200, 400]).toContain(moved.status)
      await pa.chat(name)
    }
    expect(received(seen)).not.toContain(SECRET)
  })

  test('with the key again it moves', async () => {
    const { pa } = realm.cast
    good(await pa.post('/model/new', stored('mover', { api_base: realm.upstream.apiBase, api_key: SECRET })))
    const litellm_params = { api_base: elsewhere.apiBase, api_key: 'sk-for-the-new-host-77' }
    good(await pa.post('/model/update', { model_info: { id: 'id-of-mover' }, litellm_params }))
    const seen = elsewhere.requests.total

    expect((await pa.chat('mover')).status).toBe(200)

    expect(received(seen)).toContain('sk-for-the-new-host-77')
    expect(received(seen)).not.toContain(SECRET)
  })

  test('a shared credential is not sent to a host that a model names', async () => {
    const { pa } = realm.cast
    const body = {
      credential_name: 'shared',
      credential_values: { api_key: SECRET, api_base: realm.upstream.apiBase },
      credential_info: {},
    }
    good(await pa.post('/credentials', body))
    const seen = elsewhere.requests.total
    await pa.post('/model/new', stored('borrower', { api_key: undefined, litellm_credential_name: 'shared' }))
    await pa.chat('borrower')
    await pa.patch('/credentials/shared', { ...body, credential_values: { api_base: elsewhere.apiBase } })
    await pa.chat('borrower')
    expect(received(seen)).not.toContain(SECRET)
  })

  test('what a model costs and where it goes is not for its callers to read', async () => {
    for (const name of ['u2', 'u1', 'oa1', 'v1', 'ks1'] as const) {
      for (const path of ['/model/info', '/v2/model/info', '/model_group/info', '/v1/models']) {
        const { text } = await realm.cast[name].get(path)
        expect.soft(text, `${name} ${path}`).not.toMatch(/127\.0\.0\.1|sk-upstream|api_base":"http/)
      }
    }
  })
})

/** Everything that the attacker's host has received since, headers and bodies. */
function received(since: number): string {
  const all = elsewhere.requests.all.slice(
    -Math.max(0, elsewhere.requests.total - since) || elsewhere.requests.all.length,
  )
  return all.map((each) => JSON.stringify(each.rawHeaders) + each.url + each.body.toString()).join('\n')
}

describe('AC-095, Z-08: two administrators with one form', () => {
  test('a stale form does not bring a removed right back', async () => {
    const { pa, master } = realm.cast
    const user_id = 'twice-edited-amber'
    good(await master.post('/user/new', { user_id, user_role: 'proxy_admin', auto_create_key: false }))
    const read = await pa.get(`/user/info?user_id=${user_id}`)
    const form: Json = JSON.parse(read.text)['user_info']
    good(await master.post('/user/update', { user_id, user_role: 'internal_user' }))

    const etag = read.headers['etag']
    const headers = etag === undefined ? {} : { 'if-match': etag }
    const stale = await pa.ask({ method: 'POST', path: '/user/update', headers, body: { ...form, user_alias: 'x' } })

    expect(stale.status).toBe(409)
    const after: Json = JSON.parse((await master.get(`/user/info?user_id=${user_id}`)).text)['user_info']
    expect(after['user_role']).toBe('internal_user')
    expect(after['user_alias']).not.toBe('x')
  })

  test('the same for a team', async () => {
    const { pa, master } = realm.cast
    const team_id = 'team-twice-edited'
    good(await master.post('/team/new', { team_id, models: ['m1', 'm2'], max_budget: 10 }))
    const read = await pa.get(`/team/info?team_id=${team_id}`)
    const form: Json = JSON.parse(read.text)['team_info']
    good(await master.post('/team/update', { team_id, models: ['m1'] }))

    const etag = read.headers['etag']
    const headers = etag === undefined ? {} : { 'if-match': etag }
    const stale = await pa.ask({ method: 'POST', path: '/team/update', headers, body: { ...form, team_alias: 'x' } })

    expect(stale.status).toBe(409)
    const after: Json = JSON.parse((await master.get(`/team/info?team_id=${team_id}`)).text)['team_info']
    expect(after['models']).toEqual(['m1'])
  })

  test('the same for a shared budget, a tag, an access group and a model', async () => {
    const { pa, master } = realm.cast
    const name = 'twice-edited'
    good(await master.post('/budget/new', { budget_id: name, max_budget: 10 }))
    good(await master.post('/tag/new', { name, max_budget: 10 }))
    const group = JSON.parse((await master.post('/v1/access_group', { access_group_name: name })).text)
    const path = `/v1/access_group/${textAt(group, 'access_group_id')}`
    const litellm_params = { model: 'openai/m1', api_key: 'sk-of-the-operator' }
    good(await master.post('/model/new', { model_name: name, litellm_params, model_info: { id: name, tier: 'old' } }))

    const [budget] = JSON.parse((await pa.post('/budget/info', { budgets: [name] })).text)
    const tag = JSON.parse((await pa.post('/tag/info', { names: [name] })).text)[name]
    const { data } = JSON.parse((await pa.get(`/model/info?litellm_model_id=${name}`)).text)
    const { model_info } = data[0]
    good(await master.post('/budget/update', { budget_id: name, max_budget: 1 }))
    good(await master.post('/tag/update', { name, max_budget: 1 }))
    good(await master.ask({ method: 'PUT', path, body: { access_model_names: ['m1'] } }))
    good(await master.patch(`/model/${name}/update`, { model_info: { tier: 'new' } }))

    const before = await stateOf(master)
    const stale = [
      await pa.post('/budget/update', budget),
      await pa.post('/tag/update', { ...tag, max_budget: 10 }),
      await pa.ask({ method: 'PUT', path, body: group }),
      await pa.patch(`/model/${name}/update`, { model_info }),
      await pa.post('/model/update', { model_info }),
    ]
    expect(stale.map(({ status }) => status)).toEqual(stale.map(() => 409))
    expect(await stateOf(master)).toBe(before)

    const fresh = JSON.parse((await pa.post('/budget/info', { budgets: [name] })).text)[0]
    good(await pa.post('/budget/update', { ...fresh, max_budget: 2 }))
  })
})
