import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stringAt } from '../hostile/support/stand.ts'
import { openPassStand } from './support/stand.ts'
import type { PassStand } from './support/stand.ts'

let stand: PassStand

beforeAll(async () => {
  stand = await openPassStand({
    endpoints: ({ elsewhere }) => [
      { path: '/bria', target: elsewhere, include_subpath: true },
      { path: '/other', target: elsewhere, include_subpath: true },
    ],
    env: ({ elsewhere }) => ({ OPENAI_API_KEY: 'sk-operator-0123456789', OPENAI_API_BASE: `${elsewhere}/v1` }),
  })
}, 120_000)
afterAll(() => stand.close())

async function statusOf(key: string, path: string): Promise<number> {
  return (await stand.as(key)({ path, body: {} })).status
}

async function manage(
  path: string,
  body: object,
  as: PassStand['asMaster'] = (ask) => stand.asMaster(ask),
): Promise<{ status: number; json: Record<string, unknown>; text: string }> {
  const { status, text } = await as({ path, body })
  return { status, text, json: JSON.parse(text) as Record<string, unknown> }
}

async function team(fields: object = {}): Promise<string> {
  return stringAt((await manage('/team/new', fields)).text, 'team_id')
}

describe('access.md note 24: whoever is no administrator needs a list that names it', () => {
  test.each<[string, Record<string, unknown>, Record<string, number>]>([
    ['none', {}, { '/bria': 403, '/openai_passthrough/v1/files': 403 }],
    [
      'one prefix',
      { allowed_passthrough_routes: ['/bria'] },
      { '/bria': 200, '/bria/x/y': 200, '/other': 403, '/openai/x': 403 },
    ],
    ['with its star', { allowed_passthrough_routes: ['/bria/*'] }, { '/bria': 200, '/bria/x': 200, '/other': 403 }],
    [
      'a path below it',
      { allowed_passthrough_routes: ['/bria/x'] },
      { '/bria': 403, '/bria/x': 200, '/bria/x/y': 200, '/bria/xy': 403 },
    ],
    ['half a segment', { allowed_passthrough_routes: ['/bri'] }, { '/bria': 403 }],
    ['everything', { allowed_passthrough_routes: ['/*'] }, { '/bria': 403 }],
    [
      'a route',
      { allowed_routes: ['/bria'] },
      { '/bria': 200, '/bria/x': 200, '/other': 403, '/v1/chat/completions': 403 },
    ],
    ['all routes', { allowed_routes: ['/*'] }, { '/bria': 403 }],
    ['calls of models', { key_type: 'llm_api' }, { '/bria': 403, '/openai/v1/x': 403 }],
    [
      'calls of models, and a prefix',
      { key_type: 'llm_api', allowed_passthrough_routes: ['/openai', '/bria'] },
      { '/openai/v1/x': 200, '/bria': 403 },
    ],
    [
      'routes and no such prefix',
      { allowed_routes: ['/v1/models'], allowed_passthrough_routes: ['/bria'] },
      { '/bria': 403 },
    ],
    ['in metadata', { metadata: { allowed_passthrough_routes: ['/bria'] } }, { '/bria': 200, '/other': 403 }],
    ['all models', { models: ['*'] }, { '/bria': 403 }],
  ])('a key with %s', async (_, fields, expected) => {
    const key = await stand.key(fields)
    for (const [path, status] of Object.entries(expected))
      expect({ path, status: await statusOf(key, path) }).toEqual({ path, status })
  })

  test('the refusal names the setting', async () => {
    const answer = await stand.as(await stand.key())({ path: '/bria/x', body: {} })
    expect(answer.text).toContain(
      'Key not allowed to access passthrough route /bria/x. Configure `allowed_passthrough_routes` on the key.',
    )
  })

  test('a key that somebody else was given for one who became an administrator since needs it still', async () => {
    const made = async (user_role: string): Promise<{ id: string; key: string }> => {
      const { json } = await manage('/user/new', { user_role })
      return { id: String(json['user_id']), key: String(json['key']) }
    }
    const [head, member] = [await made('internal_user'), await made('internal_user')]
    const members = [
      { role: 'admin', user_id: head.id },
      { role: 'user', user_id: member.id },
    ]
    const team_id = await team({ members_with_roles: members })
    const given = await manage('/key/generate', { user_id: member.id, team_id }, stand.as(head.key))
    expect((await manage('/user/update', { user_id: member.id, user_role: 'proxy_admin' })).status).toBe(200)
    expect([await statusOf(member.key, '/bria'), await statusOf(String(given.json['key']), '/bria')]).toEqual([
      200, 403,
    ])
  })

  test('administrators need none, viewers get nothing', async () => {
    const admin = await stand.key({ user_id: 'pass-admin' })
    await manage('/user/update', { user_id: 'pass-admin', user_role: 'proxy_admin' })
    expect(await statusOf(admin, '/bria')).toBe(200)
    const viewer = await stand.key({ user_id: 'pass-viewer', allowed_passthrough_routes: ['/bria'] })
    await manage('/user/update', { user_id: 'pass-viewer', user_role: 'proxy_admin_viewer' })
    expect(await statusOf(viewer, '/bria')).toBe(403)
  })

  test('the team’s list counts where the key has none, and no other team’s', async () => {
    const blue = await team({ allowed_passthrough_routes: ['/bria', '/other'] })
    const red = await team()
    const [ofBlue, narrow, ofRed] = await Promise.all([
      stand.key({ team_id: blue }),
      stand.key({ team_id: blue, allowed_passthrough_routes: ['/bria'] }),
      stand.key({ team_id: red }),
    ])
    expect(await statusOf(ofBlue, '/other/x')).toBe(200)
    expect([await statusOf(narrow, '/bria'), await statusOf(narrow, '/other')]).toEqual([200, 403])
    const elsewhere = await stand.as(ofRed)({ path: '/bria', headers: { 'x-litellm-team-id': blue }, body: {} })
    expect(elsewhere.status).toBe(403)
    expect(elsewhere.text).toContain('on the key or on its team')
    await manage('/team/update', { team_id: blue, allowed_passthrough_routes: [] })
    expect(await statusOf(ofBlue, '/other/x')).toBe(403)
  })

  test('a key or a team that is blocked or gone is refused here as everywhere', async () => {
    const id = await team({ allowed_passthrough_routes: ['/bria'] })
    const key = await stand.key({ team_id: id })
    expect(await statusOf(key, '/bria')).toBe(200)
    await manage('/team/block', { team_id: id })
    expect(await statusOf(key, '/bria')).toBe(401)
    await manage('/team/unblock', { team_id: id })
    await manage('/key/block', { key })
    expect(await statusOf(key, '/bria')).toBe(401)
    await manage('/key/delete', { keys: [key] })
    expect(await statusOf(key, '/bria')).toBe(401)
    expect(await statusOf(await stand.key({ allowed_passthrough_routes: ['/bria'], duration: '1s' }), '/bria')).toBe(
      200,
    )
  })
})

describe('the list as a field', () => {
  test('is shown as it was written, on keys and on teams', async () => {
    const list = ['/bria', '/openai']
    const made = await manage('/key/generate', { allowed_passthrough_routes: list })
    expect(made.json['allowed_passthrough_routes']).toEqual(list)
    const key = stringAt(made.text, 'key')
    const info = JSON.parse((await stand.asMaster({ path: `/key/info?key=${stringAt(made.text, 'token')}` })).text) as {
      info: { metadata: object }
    }
    expect(info.info.metadata).toEqual({ allowed_passthrough_routes: list })
    await manage('/key/update', { key, allowed_passthrough_routes: ['/other'] })
    expect(await statusOf(key, '/other')).toBe(200)
    await manage('/key/update', { key, allowed_passthrough_routes: [] })
    expect(await statusOf(key, '/other')).toBe(403)
    const id = await team({ metadata: { allowed_passthrough_routes: list, x: 1 } })
    const shown = JSON.parse((await stand.asMaster({ path: `/team/info?team_id=${id}` })).text) as {
      team_info: { metadata: object }
    }
    expect(shown.team_info.metadata).toEqual({ x: 1, allowed_passthrough_routes: list })
  })

  test.each([
    ['text', '/bria'],
    ['numbers', [1]],
    ['no path', ['bria']],
  ])('%s is none', async (_, list) => {
    expect([400, 422]).toContain((await manage('/key/generate', { allowed_passthrough_routes: list })).status)
    expect([400, 422]).toContain(
      (await manage('/key/generate', { metadata: { allowed_passthrough_routes: list } })).status,
    )
    expect([400, 422]).toContain((await manage('/team/new', { allowed_passthrough_routes: list })).status)
  })

  test('organisations have no such list', async () => {
    expect(
      (
        await manage('/organization/new', {
          organization_alias: 'o',
          models: [],
          allowed_passthrough_routes: ['/bria'],
        })
      ).status,
    ).toBe(400)
  })
})

describe('Z-10, INV-12: nobody opens for themselves what nobody opened for them', () => {
  test('a user makes no key that is passed on further', async () => {
    const user = stand.as(await stand.key({ user_id: 'u-plain' }))
    for (const fields of [
      { allowed_passthrough_routes: ['/bria'] },
      { metadata: { allowed_passthrough_routes: ['/bria'] } },
      { allowed_routes: ['/bria'] },
      { allowed_routes: ['/openai/*'] },
      { allowed_routes: ['/v1/models', '/bria/x'] },
    ]) {
      expect({ fields, status: (await manage('/key/generate', fields, user)).status }).toEqual({ fields, status: 403 })
    }
    const own = stringAt((await manage('/key/generate', {}, user)).text, 'key')
    expect((await manage('/key/update', { key: own, allowed_passthrough_routes: ['/bria'] }, user)).status).toBe(403)
    expect((await manage('/key/update', { key: own, allowed_routes: ['/bria'] }, user)).status).toBe(403)
    expect((await manage('/key/regenerate', { key: own, allowed_passthrough_routes: ['/bria'] }, user)).status).toBe(
      403,
    )
  })

  test('what somebody has may be passed to an own key, and not more', async () => {
    const user = stand.as(await stand.key({ user_id: 'u-some', allowed_passthrough_routes: ['/bria/x', '/other'] }))
    expect((await manage('/key/generate', { allowed_passthrough_routes: ['/bria/x/y'] }, user)).status).toBe(200)
    expect((await manage('/key/generate', { allowed_passthrough_routes: ['/bria'] }, user)).status).toBe(403)
    const inherited = await manage('/key/generate', {}, user)
    expect(inherited.json['allowed_passthrough_routes']).toEqual(['/bria/x', '/other'])
    const key = stringAt(inherited.text, 'key')
    expect((await manage('/key/update', { key, allowed_passthrough_routes: ['/other'] }, user)).status).toBe(200)
    expect((await manage('/key/update', { key, allowed_passthrough_routes: ['/other', '/bria/x'] }, user)).status).toBe(
      403,
    )
  })

  test('a team’s administrator narrows its list and opens nothing', async () => {
    const id = await team({
      allowed_passthrough_routes: ['/bria'],
      members_with_roles: [{ role: 'admin', user_id: 'u-ta' }],
    })
    const admin = stand.as(await stand.key({ user_id: 'u-ta' }))
    expect(
      (await manage('/team/update', { team_id: id, allowed_passthrough_routes: ['/bria', '/other'] }, admin)).status,
    ).toBe(403)
    expect(
      (await manage('/team/update', { team_id: id, metadata: { allowed_passthrough_routes: ['/other'] } }, admin))
        .status,
    ).toBe(403)
    expect((await manage('/team/update', { team_id: id, team_alias: 'same' }, admin)).status).toBe(200)
    expect((await manage('/team/update', { team_id: id, allowed_passthrough_routes: [] }, admin)).status).toBe(200)
  })
})

describe('Z-32: models', () => {
  const body = (model: string) => ({ model, messages: [{ role: 'user', content: 'x' }] })
  const CHAT = '/openai_passthrough/v1/chat/completions'
  let narrow: (ask: Parameters<PassStand['asMaster']>[0]) => Promise<{ status: number; text: string }>

  beforeAll(async () => {
    narrow = stand.as(
      await stand.key({
        models: ['mock-ok', 'gpt-4o-mini'],
        allowed_passthrough_routes: ['/openai_passthrough', '/bria'],
      }),
    )
  })

  test.each<[string, object, number]>([
    ['one of the list', body('gpt-4o-mini'), 200],
    ['a group of ours', body('mock-ok'), 200],
    ['another one', body('gpt-5'), 401],
    ['another one in a tool', { ...body('mock-ok'), tools: [{ type: 'image_generation', model: 'gpt-image-1' }] }, 401],
    ['another one in a batch', { requests: [{ params: body('mock-ok') }, { params: body('gpt-5') }] }, 401],
    ['a word that is no model', { ...body('mock-ok'), metadata: { model: 'my own' } }, 200],
    ['none', { input: 'x' }, 200],
  ])('%s', async (_, asked, status) => {
    const before = stand.elsewhere.seen.length
    const answer = await narrow({ path: CHAT, body: asked })
    expect({ status: answer.status, text: answer.text.slice(0, 200) }).toMatchObject({ status })
    expect(stand.elsewhere.seen.length - before).toBe(status === 200 ? 1 : 0)
  })

  test('AT-222: tools outside the allow-list of the key are offered to nobody, in a batch and unread neither', async () => {
    const key = await stand.key({ allowed_passthrough_routes: ['/openai'], metadata: { allowed_tools: ['search'] } })
    const tools = (name: string) => [{ type: 'function', function: { name } }]
    const ask = (asked: object | string, type = 'application/json') =>
      stand.as(key)({ path: '/openai/v1/x', headers: { 'content-type': type }, body: asked })
    expect((await ask({ tools: tools('search') })).status).toBe(200)
    expect((await ask({ tools: tools('pay') })).status).toBe(403)
    expect((await ask({ generationConfig: {}, tools: tools('pay') })).status).toBe(403)
    expect((await ask({ requests: [{ params: { tools: [{ name: 'pay', input_schema: {} }] } }] })).status).toBe(403)
    expect((await ask('tools=pay', 'text/plain')).status).toBe(403)
  })

  test('a name is no longer than a name', async () => {
    expect((await stand.asMaster({ path: CHAT, body: body('x'.repeat(256)) })).status).toBe(400)
    expect((await stand.asMaster({ path: CHAT, body: body('x'.repeat(255)) })).status).toBe(200)
  })

  test.each([
    '/bria/openai/deployments/gpt-5/chat/completions',
    '/bria/v1beta/models/gpt-5:generateContent',
    '/bria/v1beta/models/gpt%2D5:streamGenerateContent',
    '/bria/v1/realtime?model=gpt-5',
    '/bria/v1/realtime?a=1&mod%65l=gpt-5',
  ])('in the path: %s', async (path) => {
    expect((await narrow({ path, body: {} })).status).toBe(401)
    expect(
      (await narrow({ path: path.replace('gpt-5', 'mock-ok').replace('gpt%2D5', 'mock-ok'), body: {} })).status,
    ).toBe(200)
  })

  test.each<[string, string, string | Buffer]>([
    ['a form', 'multipart/form-data; boundary=x', '--x\r\n\r\n--x--'],
    ['UTF-16', 'application/json', Buffer.from('\ufeff{"model":"gpt-5"}', 'utf16le')],
    ['a byte order mark', 'application/json', '\ufeff{"model":"gpt-5"}'],
    ['a list', 'application/json', '[{"model":"gpt-5"}]'],
    ['a coded form', 'application/x-www-form-urlencoded', 'model=gpt-5'],
  ])('a body that cannot be read (%s) is no way around the list', async (_, type, hidden) => {
    const headers = { 'content-type': type }
    expect((await narrow({ path: CHAT, headers, body: hidden })).status).toBe(401)
    expect((await stand.asMaster({ path: CHAT, headers, body: hidden })).status).toBe(200)
  })
})
