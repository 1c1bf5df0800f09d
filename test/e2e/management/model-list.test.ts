import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { openDesk, query, unique } from './support/desk.ts'
import type { Answer, Desk } from './support/desk.ts'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk({
    config: ({ apiBase }) => ({
      model_list: [
        mockModel('open', apiBase),
        mockModel('beta-one', apiBase, { info: { access_groups: ['beta'] } }),
        mockModel('beta-two', apiBase, { info: { access_groups: ['beta', 'other'] } }),
        mockModel('house/*', apiBase, { model: 'openai/*' }),
        mockModel('small/*', apiBase, { model: 'openai/gpt-4o*' }),
        mockModel('homely/*', apiBase, { model: 'hosted_vllm/*' }),
      ],
      router_settings: {
        fallbacks: [{ open: ['beta-one', 'beta-two'] }],
        context_window_fallbacks: [{ open: ['beta-two'] }],
      },
    }),
  })
})

afterAll(() => desk.close())

interface Listed {
  readonly id: string
  readonly metadata?: { readonly fallbacks: readonly string[] }
}

async function list(asked: Readonly<Record<string, string>>, key?: string): Promise<readonly Listed[]> {
  return (await desk.read(query('/v1/models', asked), key)).data
}

async function ids(asked: Readonly<Record<string, string>>, key?: string): Promise<readonly string[]> {
  return (await list(asked, key)).map(({ id }) => id)
}

const ONLY = { only_model_access_groups: 'True' }

describe('access groups in the list of models', () => {
  test('are left out unless they are asked for, and stand behind the models', async () => {
    const key = await desk.newKey({ models: ['open', 'beta'] })
    expect(await ids({}, key)).toEqual(['open', 'beta-one', 'beta-two'])
    expect(await ids({ include_model_access_groups: 'true' }, key)).toEqual(['open', 'beta-one', 'beta-two', 'beta'])
    expect(await ids(ONLY, key)).toEqual(['beta'])
  })

  test('are all of them where no list restricts the caller', async () => {
    expect(await ids(ONLY)).toEqual(['beta', 'other'])
    expect(await ids(ONLY, await desk.newKey())).toEqual(['beta', 'other'])
    expect(await ids(ONLY, await desk.newKey({ models: ['all-proxy-models'] }))).toEqual(['beta', 'other'])
  })

  test('must be on every list, and a model of theirs is not the group', async () => {
    expect(await ids(ONLY, await desk.newKey({ models: ['beta-one'] }))).toEqual([])
    const team_id = await desk.newTeam({ models: ['beta', 'other'] })
    expect(await ids(ONLY, await desk.newKey({ team_id, models: ['other'] }))).toEqual(['other'])
    expect(await ids(ONLY, await desk.newKey({ team_id }))).toEqual(['beta', 'other'])
    const { key } = await desk.newUser({ models: ['no-default-models', 'beta'] })
    expect(await ids(ONLY, key)).toEqual([])
  })

  test('with a row are told by their names, to those who were given the id as well', async () => {
    const access_group_name = unique('rowed')
    const made = await desk.ask('POST', '/v1/access_group', {
      body: { access_group_name, access_model_names: ['open'] },
    })
    expect(made.status).toBe(201)
    const given = await desk.newKey({ access_group_ids: [made.json.access_group_id] })
    expect(await ids(ONLY, given)).toEqual([access_group_name])
    expect(await ids(ONLY, await desk.newKey({ models: ['beta'] }))).toEqual(['beta'])
  })
})

describe('what patterns stand for', () => {
  test('is listed when it is asked for: the models that the provider is known to have', async () => {
    const plain = await ids({})
    expect(plain).toContain('house/*')
    expect(plain).not.toContain('house/gpt-4o')
    const whole = await ids({ return_wildcard_routes: 'true' })
    expect(whole).toEqual(expect.arrayContaining([...plain, 'house/gpt-4o', 'house/gpt-4o-mini', 'small/-mini']))
    expect(new Set(whole).size).toBe(whole.length)
    expect(whole.filter((id) => id.startsWith('homely/'))).toEqual(['homely/*'])
  })

  test('is what the caller can call', async () => {
    const key = await desk.newKey({ models: ['open', 'house/gpt-4o*'] })
    const listed = await ids({ return_wildcard_routes: 'true' }, key)
    expect(listed).toEqual(expect.arrayContaining(['open', 'house/gpt-4o', 'house/gpt-4o-mini']))
    expect(listed.filter((id) => id !== 'open' && !id.startsWith('house/gpt-4o'))).toEqual([])
    for (const model of listed) expect([model, (await desk.chat(model, key)).status]).toEqual([model, 200])
  })
})

describe('fallbacks in the list of models', () => {
  async function fallbacks(asked: Readonly<Record<string, string>>, key?: string): Promise<unknown> {
    return (await list(asked, key)).find(({ id }) => id === 'open')?.metadata
  }

  test('are told when they are asked for, by their kind', async () => {
    expect(await fallbacks({})).toBeUndefined()
    expect(await fallbacks({ include_metadata: 'true' })).toEqual({ fallbacks: ['beta-one', 'beta-two'] })
    const of = (fallback_type: string) => fallbacks({ include_metadata: 'true', fallback_type })
    expect(await of('general')).toEqual({ fallbacks: ['beta-one', 'beta-two'] })
    expect(await of('context_window')).toEqual({ fallbacks: ['beta-two'] })
    expect(await of('content_policy')).toEqual({ fallbacks: [] })
    expect((await desk.get(query('/models', { fallback_type: 'any' }))).status).toBe(422)
  })

  test('name no model that the caller may not use', async () => {
    const key = await desk.newKey({ models: ['open', 'beta-two'] })
    expect(await fallbacks({ include_metadata: 'true' }, key)).toEqual({ fallbacks: ['beta-two'] })
  })
})

describe('the models of a team', () => {
  test('are what a key of it could call, for those who administer it', async () => {
    const team_id = await desk.newTeam({ models: ['open', 'beta'], model_aliases: { mine: 'beta-one' } })
    const listed = await ids({ team_id })
    expect(listed.toSorted()).toEqual(['beta-one', 'beta-two', 'mine', 'open'])
    expect(await ids({ team_id, ...ONLY })).toEqual(['beta'])
    const key = await desk.newKey({ team_id })
    expect(await ids({}, key)).toEqual(listed)
    for (const model of listed) expect([model, (await desk.chat(model, key)).status]).toEqual([model, 200])
  })

  test('are no more than its organisation has', async () => {
    const { organization_id } = await desk.done('/organization/new', {
      organization_alias: unique('org'),
      models: ['open', 'beta-one'],
    })
    const team_id = await desk.newTeam({ organization_id, models: ['open'] })
    expect(await ids({ team_id })).toEqual(['open'])
    const body = { organization_id, models: ['beta-one'] }
    expect((await desk.ask('PATCH', '/organization/update', { body })).status).toBe(200)
    expect(await ids({ team_id })).toEqual([])
  })

  test('are what a member could call in it', async () => {
    const { id, key } = await desk.newUser({ models: ['beta-two'] })
    const team_id = await desk.newTeam({ models: ['open', 'beta-one'], default_team_member_models: ['open'] })
    await desk.done('/team/member_add', { team_id, member: { role: 'user', user_id: id } })
    expect(await ids({}, key)).toEqual(['beta-two'])
    expect(await ids({ team_id }, key)).toEqual(['open'])
    expect(await ids({ team_id })).toEqual(['open', 'beta-one'])
  })

  test('are its own list for a key of it', async () => {
    const team_id = await desk.newTeam({ models: ['open', 'beta-one'] })
    expect(await ids({ team_id }, await desk.newKey({ team_id, models: ['open'] }))).toEqual(['open'])
  })

  test('INV-14: are nothing to strangers, who hear the same of a team that is not there', async () => {
    const { key } = await desk.newUser()
    const foreign = await desk.newTeam({ models: ['open'] })
    const absent = unique('team')
    const [one, other] = await Promise.all(
      [foreign, absent].map((team_id) => desk.get(query('/v1/models', { team_id }), key)),
    )
    expect([one?.status, other?.status]).toEqual([404, 404])
    expect(one?.text.replaceAll(foreign, '')).toBe(other?.text.replaceAll(absent, ''))
    expect((await desk.get(query('/v1/models', { team_id: absent }))).status).toBe(404)
  })

  test('INV-12: are told to a narrowed key of an administrator only where it opens what a team is looked at by', async () => {
    const { id } = await desk.newUser({ user_role: 'proxy_admin' })
    const team_id = await desk.newTeam({ models: ['open'] })
    const asked = async (team: string, fields: object): Promise<Answer> =>
      desk.get(query('/v1/models', { team_id: team }), await desk.newKey({ user_id: id, ...fields }))

    for (const fields of [{ key_type: 'llm_api' }, { allowed_routes: ['/v1/models'] }]) {
      const absent = unique('team')
      const [foreign, other] = [await asked(team_id, fields), await asked(absent, fields)]
      expect([fields, foreign.status, other.status]).toEqual([fields, 404, 404])
      expect(foreign.text.replaceAll(team_id, '')).toBe(other.text.replaceAll(absent, ''))
    }
    for (const fields of [{}, { key_type: 'read_only' }, { allowed_routes: ['/v1/models', '/team/info'] }]) {
      expect([fields, (await asked(team_id, fields)).status]).toEqual([fields, 200])
    }
    await desk.done('/team/member_add', { team_id, member: { role: 'user', user_id: id } })
    expect((await asked(team_id, { key_type: 'llm_api' })).status).toBe(200)
  })

  test('are told to a member with a key that calls models and nothing else', async () => {
    const { id } = await desk.newUser()
    const { organization_id } = await desk.done('/organization/new', { organization_alias: unique('org') })
    const own = await desk.newTeam({ models: ['open'] })
    const administered = await desk.newTeam({ models: ['open'], organization_id })
    await desk.done('/team/member_add', { team_id: own, member: { role: 'user', user_id: id } })
    const member = { role: 'org_admin', user_id: id }
    await desk.done('/organization/member_add', { organization_id, member })
    const [calling, any] = [await desk.newKey({ user_id: id, key_type: 'llm_api' }), await desk.newKey({ user_id: id })]
    expect(await ids({ team_id: own }, calling)).toEqual(['open'])
    expect(await ids({ team_id: administered }, any)).toEqual(['open'])
    expect((await desk.get(query('/v1/models', { team_id: administered }), calling)).status).toBe(404)
  })
})
