import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { valueAt } from '../hostile/support/stand.ts'
import { MASTER_KEY } from '../../support/gateway.ts'
import type { Caller } from '../authority/support/caller.ts'
import { digestOf } from '../authority/support/caller.ts'
import { accountOf, chat, rosterOf, userIds } from '../jwt/support/asks.ts'
import { join, newKey, newTeam, newUser, update } from '../jwt/support/people.ts'
import { revoke } from '../jwt/support/revoke.ts'
import type { Town } from '../jwt/support/town.ts'
import { fresh, openTown } from '../jwt/support/town.ts'
import { explainOf } from './support/explain-of.ts'
import type { Explained } from './support/explain-of.ts'

const CHAT = '/v1/chat/completions'
const UPSTREAM_SECRET = 'sk-upstream-secret-0123456789'

let town: Town

beforeAll(async () => {
  town = await openTown({
    auth: {
      user_id_jwt_field: 'sub',
      user_email_jwt_field: 'email',
      team_ids_jwt_field: 'groups',
      user_id_upsert: true,
      upsert_sso_user_to_team: true,
    },
  })
})

afterAll(() => town.close())

async function asking(caller: Caller, body: object): Promise<{ status: number; explained: Explained; text: string }> {
  const { status, text } = await caller.post('/authz/explain', { route: CHAT, model: 'm1', ...body })
  return { status, explained: JSON.parse(text) as Explained, text }
}

describe('a call that is allowed', () => {
  test('is explained step by step, with who it is and what decided', async () => {
    const user = await newUser(town)
    const team = await newTeam(town, { models: ['m1'] })
    await join(town, team, user)
    const key = await newKey(town, { user_id: user, team_id: team, key_alias: fresh('alias') })
    const explained = await explainOf(town, { key, route: CHAT, model: 'm1' })
    expect(explained).toMatchObject({ verdict: 'allow', status: 200, reason: null, change: null, advice: null })
    expect(explained.principal).toMatchObject({ kind: 'virtual-key', user_id: user, team_id: team })
    expect(explained.steps.map(({ step }) => step)).toEqual([
      'proof',
      'standing',
      'route',
      'enforced-params',
      'end-user',
      'model',
      'budget',
    ])
    expect(new Set(explained.steps.map(({ outcome }) => outcome))).toEqual(new Set(['allow']))
    expect(explained.correlation_id).toMatch(/^[\w-]{8,}$/)
  })

  test('tells what would be made, makes nothing, and the call makes just that', async () => {
    const team = await newTeam(town)
    const sub = fresh('newcomer')
    const claims = { sub, email: `${sub}@example.com`, email_verified: true, groups: [team] }
    const before = { users: await userIds(town), records: await recordCount() }
    const ask = { claims, issuer: town.idp.issuer, route: CHAT, model: 'm1' }
    for (let twice = 0; twice < 2; twice += 1) {
      const explained = await explainOf(town, ask)
      expect(explained).toMatchObject({ verdict: 'allow', principal: { kind: 'user', user_id: sub, team_id: team } })
      expect(explained.provision).toEqual([
        expect.objectContaining({ make: 'user', user_id: sub, issuer: town.idp.issuer, subject: sub }),
        expect.objectContaining({ make: 'membership', team_id: team }),
      ])
      expect(explained.settings).toEqual(
        expect.arrayContaining([
          'litellm_jwtauth.team_ids_jwt_field',
          'litellm_jwtauth.upsert_sso_user_to_team',
          'litellm_jwtauth.user_id_jwt_field',
          'litellm_jwtauth.user_id_upsert',
        ]),
      )
    }
    expect(await userIds(town)).toEqual(before.users)
    expect(await rosterOf(town, team)).not.toContain(sub)
    expect(await recordCount()).toBe(before.records)

    const verdict = await chat(town, town.idp.token(claims))
    expect(await accountOf(town, verdict)).toMatchObject({ user: sub, team })
    expect(await rosterOf(town, team)).toContain(sub)
    expect((await explainOf(town, ask)).provision).toEqual([])
  })

  test('costs nothing: no budget is held, no model is called, no line is written', async () => {
    const key = await newKey(town, { max_budget: 0.0001 })
    for (let i = 0; i < 20; i += 1) {
      expect((await explainOf(town, { key, route: CHAT, model: 'm1', body: { max_tokens: 8 } })).verdict).toBe('allow')
    }
    expect(valueAt(JSON.parse((await town.master.get(`/key/info?key=${digestOf(key)}`)).text), ['info', 'spend'])).toBe(
      0,
    )
    expect((await town.holder(key).chat('m1')).status).toBe(200)
  })

  test('a route of the management API tells which objects are in reach', async () => {
    const key = await newKey(town, { user_id: await newUser(town) })
    const explained = await explainOf(town, { key, route: '/key/list', method: 'GET' })
    expect(explained).toMatchObject({ verdict: 'allow' })
    expect(explained.steps.at(-1)).toMatchObject({ step: 'objects', inputs: { reach: 'some', own: true } })
  })
})

/** Of the audit log. */
async function recordCount(): Promise<number> {
  const { status, text } = await town.master.get('/audit?page_size=1')
  expect(status, text).toBe(200)
  return Number(valueAt(JSON.parse(text), ['total']))
}

describe('who may ask', () => {
  test('everybody about themselves, by nothing, by their key and by their id', async () => {
    const user = await newUser(town)
    const key = await newKey(town, { user_id: user, models: ['m2'] })
    const other = await newKey(town, { user_id: user })
    const caller = town.holder(key)
    for (const self of [{}, { key }, { key: digestOf(key) }, { key: other }, { user_id: user }]) {
      expect((await asking(caller, self)).status, JSON.stringify(self)).toBe(200)
    }
    const { explained } = await asking(caller, {})
    expect(explained).toMatchObject({ verdict: 'deny', reason: 'model_denied', principal: { user_id: user } })
    expect(explained.change?.steps).toHaveLength(1)
  })

  test('is told nothing that else is said about its team', async () => {
    const user = await newUser(town)
    const metadata = { allowed_tools: ['weather'], contract: 'secret terms' }
    const team = await newTeam(town, { metadata })
    await join(town, team, user)
    const caller = town.holder(await newKey(town, { user_id: user, team_id: team }))
    const tools = [{ type: 'function', function: { name: 'shell', parameters: {} } }]
    const { explained, text } = await asking(caller, { body: { tools } })
    expect(explained).toMatchObject({ reason: 'tool_denied', change: { say: 'Leave the tools out.' } })
    expect(text).not.toContain('secret terms')
  })

  test('with a token about itself', async () => {
    const token = town.idp.token({ sub: fresh('person') })
    for (const self of [{}, { token }]) {
      const { status, explained } = await asking(town.holder(token), self)
      expect([status, explained.verdict, explained.principal?.['kind']]).toEqual([200, 'allow', 'user'])
    }
  })

  test('nobody about others, and what there is not looks the same', async () => {
    const caller = town.holder(await newKey(town, { user_id: await newUser(town) }))
    const stranger = await newUser(town)
    const strange = await newKey(town, { user_id: stranger })
    const token = town.idp.token({ sub: stranger })
    const claims = { claims: { sub: stranger }, issuer: town.idp.issuer }
    const others = [{ key: strange }, { key: digestOf(strange) }, { user_id: stranger }, { token }, claims]
    const absent = [{ key: 'sk-nobody' }, { key: digestOf('none') }, { user_id: fresh('none') }, { key: MASTER_KEY }]
    const answers = await Promise.all([...others, ...absent].map(async (each) => (await asking(caller, each)).text))
    const statuses = await Promise.all([...others, ...absent].map(async (each) => (await asking(caller, each)).status))
    expect(new Set(statuses)).toEqual(new Set([404]))
    expect(new Set(answers).size).toBe(1)
  })

  test('a team of others is not theirs to ask about', async () => {
    const user = await newUser(town)
    const caller = town.holder(await newKey(town, { user_id: user }))
    expect((await asking(caller, { user_id: user, team_id: await newTeam(town) })).status).toBe(404)
  })

  test('viewers of everything look at everybody', async () => {
    const viewer = await newUser(town)
    const key = await newKey(town, { user_id: viewer })
    await update(town, '/user/update', { user_id: viewer, user_role: 'proxy_admin_viewer' })
    const stranger = await newKey(town, { user_id: await newUser(town), models: ['m2'] })
    const { status, explained } = await asking(town.holder(key), { key: stranger })
    expect([status, explained.reason]).toEqual([200, 'model_denied'])
  })

  test('nobody without a credential', async () => {
    expect((await asking(town.holder(''), {})).status).toBe(401)
    expect((await asking(town.holder('sk-unknown'), {})).status).toBe(401)
  })
})

describe('whose call it is', () => {
  test.each([{ key: '' }, { token: '' }, { user_id: '' }, { user_id: 'ana', team_id: '' }, { claims: {}, issuer: '' }])(
    'is not that of whoever asks, where %j was left empty',
    async (nobody) => {
      const { status } = await asking(town.master, nobody)
      expect(status).toBe(422)
    },
  )

  test('is that of whoever asks where nothing is said', async () => {
    const { status, explained } = await asking(town.master, { key: null, token: null, user_id: null })
    expect([status, explained.principal?.['kind']]).toEqual([200, 'master'])
  })
})

describe('what never shows', () => {
  test('secrets: keys, hashes, tokens, the master key and those of providers', async () => {
    const user = await newUser(town)
    const key = await newKey(town, { user_id: user, models: ['m2'] })
    const token = town.idp.token({ sub: fresh('person') })
    const asks = [{ key }, { token }, { user_id: user }, { key: 'sk-mistyped-0123456789' }, { token: `${token}x` }, {}]
    for (const each of asks) {
      const { text } = await asking(town.master, each)
      for (const secret of [
        key,
        token,
        token.split('.')[2] ?? key,
        MASTER_KEY,
        UPSTREAM_SECRET,
        'sk-mistyped-0123456789',
      ])
        expect(text, JSON.stringify(each)).not.toContain(secret)
      if (!('key' in each && each.key === key)) expect(text).not.toContain(digestOf(key))
    }
    expect(town.gateway.stdout() + town.gateway.stderr()).not.toContain(token)
  })

  test('which teams there are: a caller may name any in the header, and learns nothing by it', async () => {
    const mine = await newTeam(town)
    const token = town.idp.token({ sub: fresh('person'), groups: [mine] })
    const alias = fresh('alias')
    const theirs = await newTeam(town, { team_alias: alias })
    const named = await Promise.all(
      [theirs, alias, fresh('nowhere')].map(async (team) => {
        const { status, text } = await asking(town.holder(token), { headers: { 'x-litellm-team-id': team } })
        expect(status).toBe(200)
        if (team !== theirs) expect(text).not.toContain(theirs)
        return text.replaceAll(team, 'T').replace(/"correlation_id":"[^"]+"/, '')
      }),
    )
    expect(new Set(named).size).toBe(1)
  })

  test('what operators have set is not told to callers', async () => {
    const closed = await openTown({
      idp: town.idp,
      auth: {
        user_id_jwt_field: 'sub',
        user_id_upsert: true,
        team_allowed_routes: ['/v1/models', '/authz/explain'],
        team_ids_jwt_field: 'groups',
      },
      general: { admin_only_routes: ['/model_group/info'] },
    })
    const token = closed.idp.token({ sub: fresh('person'), groups: [await newTeam(closed)] })
    const own = await asking(closed.holder(token), {})
    const asAdmin = await asking(closed.master, { token })
    await closed.close()
    expect(own.explained).toMatchObject({ verdict: 'deny', reason: 'jwt_team_route' })
    expect(JSON.stringify(own.explained.change)).not.toContain('setting')
    expect(own.text).not.toContain('/model_group/info')
    expect(JSON.stringify(asAdmin.explained.change)).toContain('litellm_jwtauth.team_allowed_routes')
  })

  test('credentials in the headers of the call that is asked about are passed over', async () => {
    const key = await newKey(town, { models: ['m2'] })
    const headers = { authorization: `Bearer ${MASTER_KEY}`, 'x-api-key': MASTER_KEY }
    const { explained } = await asking(town.master, { key, headers })
    expect(explained).toMatchObject({ verdict: 'deny', reason: 'model_denied' })
  })
})

describe('what cannot be asked', () => {
  test.each([
    ['two at once', { key: 'sk-1', user_id: 'ada' }, 422, 'one of'],
    ['claims of nobody', { claims: { sub: 'ada' } }, 422, 'issuer'],
    ['an issuer without claims', { issuer: 'https://idp.example.com' }, 422, 'claims'],
    ['a team without a user', { team_id: 'blue' }, 422, 'user_id'],
    ['no route', { route: undefined }, 422, 'route'],
    ['a route that there is not', { route: '/v1/chat/completion' }, 404, 'Did you mean /v1/chat/completions?'],
    ['another method', { route: '/key/block/', method: 'PATCH' }, 404, 'Did you mean POST /key/block?'],
    ['a method that it has not', { method: 'DELETE' }, 404, 'DELETE'],
    ['half a hash', { key: 'abc' }, 400, 'key'],
    ['a user that nobody can be', { user_id: 'a\u0000b' }, 400, 'user_id'],
    ['claims that are a list', { claims: ['sub'], issuer: 'x' }, 422, 'claims'],
    ['headers that are no texts', { headers: { a: 1 } }, 422, 'headers'],
  ] as const)('%s', async (_, body, status, says) => {
    const answer = await town.master.post('/authz/explain', { route: CHAT, model: 'm1', ...body })
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(says)])
  })

  test('no JSON at all', async () => {
    const answer = await town.master.ask({ method: 'POST', path: '/authz/explain', body: '{' })
    expect(answer.status).toBe(400)
  })
})

test('the settings that decided are named as the operator has written them', async () => {
  const ask = { issuer: town.idp.issuer, route: CHAT, model: 'm1' }
  const denied = await explainOf(town, { ...ask, claims: { sub: 'ada', aud: 'other' } })
  expect(denied.settings).toEqual(['JWT_AUDIENCE'])
  const token = town.idp.token({ iss: 'https://other.example.com' })
  expect((await explainOf(town, { token, route: CHAT, model: 'm1' })).settings).toEqual(['JWT_ISSUER'])
  expect((await explainOf(town, { user_id: fresh('nobody'), route: CHAT, model: 'm1' })).settings).toEqual([])
})

test('several names of one route are the same question, and a model in the path is the model', async () => {
  const key = await newKey(town, { models: ['m2'] })
  for (const route of [
    '/chat/completions',
    '/engines/m1/chat/completions',
    '/openai/deployments/m1/chat/completions',
  ]) {
    expect(await explainOf(town, { key, route, model: 'm1' }), route).toMatchObject({ reason: 'model_denied' })
  }
  const { reason } = await explainOf(town, { key, route: '/engines/m1/chat/completions' })
  expect(reason).toBe('model_denied')
})

describe('J-31: a token that was revoked', () => {
  test('is explained with what refuses it, to administrators with the way back', async () => {
    const token = town.token({ sub: fresh('person') })
    const { id } = await revoke(town, { token })
    const explained = await explainOf(town, { token, route: CHAT, model: 'm1' })
    expect(explained).toMatchObject({
      verdict: 'deny',
      status: 401,
      reason: 'jwt_revoked',
      change: { steps: [{ api: { method: 'POST', path: '/jwt/revocation/delete', body: { id } } }] },
    })
    expect(explained.steps.at(-1)).toMatchObject({
      step: 'revocation',
      inputs: { revoked_by: [{ id, kind: 'token', issued_before: null }] },
    })
  })

  test('is nobody’s own any more: only administrators are told about it', async () => {
    const user = await newUser(town)
    const token = town.token({ sub: user })
    const key = await newKey(town, { user_id: user })
    expect((await asking(town.holder(key), { token })).status).toBe(200)
    await revoke(town, { token })
    expect((await asking(town.holder(key), { token })).status).toBe(404)
  })

  test('J-19: one that does not say when it was issued may say it', async () => {
    const user = await newUser(town)
    await revoke(town, { user_id: user, issued_before: '2020-01-01T00:00:00Z' })
    const token = town.token({ sub: user, iat: undefined })
    expect(await explainOf(town, { token, route: CHAT, model: 'm1' })).toMatchObject({
      reason: 'jwt_iat_missing',
      change: { steps: [{ claim: 'iat', value: expect.any(Number) }] },
    })
  })
})
