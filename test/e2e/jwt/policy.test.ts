import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import { good } from '../authority/support/caller.ts'
import { accountOf, ask, chat, chatOnce, userRow } from './support/asks.ts'
import { newKey, newTeam, newUser, update } from './support/people.ts'
import { opened } from './support/opened.ts'
import { fresh } from './support/town.ts'

let idp: IdentityProvider

beforeAll(async () => {
  idp = await startIdentityProvider()
})

afterAll(() => idp.stop())

const ADMIN = { scope: 'openid litellm_proxy_admin' }
const EMBEDDINGS = { path: '/v1/embeddings', body: { model: 'm1', input: 'x' } }

describe('RBAC', () => {
  const town = opened(() => idp, {
    auth: {
      user_id_jwt_field: 'uid',
      user_id_upsert: true,
      object_id_jwt_field: 'oid',
      roles_jwt_field: 'roles',
      role_mappings: [{ role: 'app', internal_role: 'team' }],
      enforce_rbac: true,
    },
    general: {
      role_permissions: [
        { role: 'team', models: ['m1'] },
        { role: 'internal_user', models: ['m1', 'm2'], routes: ['/v1/chat/completions'] },
      ],
    },
  })

  test('AT-085: nobody', async () => {
    const { status, message } = await chat(town(), idp.token())
    expect(status).toBe(403)
    expect(message).toMatch(/^Unmatched token passed in\./)
  })

  test('AT-086: the models of a role', async () => {
    const oid = await newTeam(town())
    const token = idp.token({ roles: ['app'], oid })
    expect((await accountOf(town(), await chat(town(), token))).team).toBe(oid)
    const denied = await chat(town(), token, { model: 'm2' })
    expect(denied.status).toBe(403)
    expect(denied.message).toMatch(/role|allowed|model/i)
    const uid = fresh('person')
    expect((await chat(town(), idp.token({ sub: uid, uid }), { model: 'm2' })).status).toBe(200)
    expect((await chat(town(), idp.token({ sub: uid, uid }), { model: 'm3' })).status).toBe(403)
  })

  test('AT-087: the routes of a role', async () => {
    const uid = fresh('person')
    expect((await chat(town(), idp.token({ sub: uid, uid }))).status).toBe(200)
    expect((await ask(town(), idp.token({ sub: uid, uid }), EMBEDDINGS)).status).toBe(403)
    expect((await ask(town(), idp.token({ sub: uid, uid }), { path: '/v1/models' })).status).toBe(403)
  })

  test('D-24, AT-126: a team by object id that there is not is no team without limits', async () => {
    expect((await chat(town(), idp.token({ roles: ['app'], oid: fresh('nowhere') }))).status).toBe(403)
  })

  test('the routes hold for every spelling of a route', async () => {
    const uid = fresh('person')
    for (const path of [
      '/chat/completions',
      '/engines/m1/chat/completions',
      '/openai/deployments/m1/chat/completions',
    ]) {
      expect((await chat(town(), idp.token({ sub: uid, uid }), { path })).status, path).toBe(403)
    }
  })
})

describe.each(['general_settings', 'litellm_jwtauth'])('AT-122, D-20: enforce_rbac in %s', (place) => {
  const town = opened(() => idp, {
    auth: {
      user_id_jwt_field: 'uid',
      user_roles_jwt_field: 'roles',
      user_allowed_roles: ['dev'],
      ...(place === 'litellm_jwtauth' ? { enforce_rbac: true } : {}),
    },
    general: place === 'general_settings' ? { enforce_rbac: true } : {},
  })

  test('neither user nor team', async () => {
    const { status, message } = await chat(town(), idp.token({ roles: ['dev'] }))
    expect(status).toBe(403)
    expect(message).toMatch(/^No user or team id found in token\. enforce_rbac is set to True\./)
  })
})

describe('administrators by scope', () => {
  const town = opened(() => idp, {
    auth: {
      user_id_jwt_field: 'sub',
      user_email_jwt_field: 'email',
      user_id_upsert: true,
    },
  })

  test('AT-089: manage', async () => {
    const sub = fresh('admin')
    const made = await town()
      .holder(idp.token({ sub, ...ADMIN }))
      .post('/key/generate', { key_alias: fresh('key') })
    expect(made.status).toBe(200)
    const user = fresh('user')
    const created = await town()
      .holder(idp.token({ sub, ...ADMIN }))
      .post('/user/new', { user_id: user })
    expect(created.status).toBe(200)
    expect(await userRow(town(), user)).toMatchObject({ user_id: user })
  })

  test('12.2: also the mappings of claims, and the health of models', async () => {
    const admin = town().holder(idp.token(ADMIN))
    const claim = { jwt_claim_name: 'client_id', jwt_claim_value: fresh('client') }
    const made = good(await admin.post('/jwt/key/mapping/new', { ...claim, key: await newKey(town(), {}) }))
    const answers = [
      await admin.get(`/jwt/key/mapping/info?id=${String(made['id'])}`),
      await admin.get('/jwt/key/mapping/list'),
      await admin.post('/jwt/key/mapping/update', { id: made['id'], description: 'x' }),
      await admin.post('/jwt/key/mapping/delete', { id: made['id'] }),
      await admin.post('/jwt_client/new', claim),
      await admin.get('/health'),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200])
  })

  test('AT-090: and call no models', async () => {
    const { status, message } = await chat(town(), idp.token(ADMIN))
    expect(status).toBe(401)
    expect(message).toMatch(/^Authentication Error, Admin not allowed to access this route\./)
  })

  test.each(['litellm_proxy_admin_x', 'xlitellm_proxy_admin', 'LITELLM_PROXY_ADMIN', 'litellm_proxy_admin,x'])(
    '5.11: the scope %s is no administrator’s',
    async (scope) => {
      const { status } = await town()
        .holder(idp.token({ sub: fresh('person'), scope }))
        .post('/user/new', {})
      expect([401, 403]).toContain(status)
    },
  )

  test('other claims make nobody an administrator', async () => {
    const claims = { role: 'proxy_admin', user_role: 'proxy_admin', roles: ['proxy_admin'], scp: 'litellm_proxy_admin' }
    const { status } = await town()
      .holder(idp.token({ sub: fresh('person'), ...claims }))
      .post('/user/new', {})
    expect([401, 403]).toContain(status)
  })

  test('7.4.1: nobody is made for them', async () => {
    const sub = fresh('admin')
    await town()
      .holder(idp.token({ sub, ...ADMIN }))
      .get('/user/list')
    expect(await userRow(town(), sub)).toBeUndefined()
  })

  test('AT-124, D-13: stored administrators who come with a token are held to the same routes', async () => {
    const sub = await newUser(town(), { user_role: 'proxy_admin' })
    const token = idp.token({ sub })
    expect(
      (
        await town()
          .holder(token)
          .post('/user/new', { user_id: fresh('user') })
      ).status,
    ).toBe(200)
    const { status, message } = await chat(town(), token)
    expect(status).toBe(401)
    expect(message).toMatch(/^Authentication Error, Admin not allowed to access this route\./)
  })

  test('AT-123: a stored proxy_admin is one', async () => {
    const sub = await newUser(town(), { user_role: 'proxy_admin' })
    const user = fresh('user')
    expect((await town().holder(idp.token({ sub })).post('/user/new', { user_id: user })).status).toBe(200)
    expect(await userRow(town(), user)).toMatchObject({ user_id: user })
  })

  test('AT-225, AT-220: a stored viewer looks, and neither changes nor calls', async () => {
    const sub = await newUser(town(), { user_role: 'proxy_admin_viewer' })
    expect((await ask(town(), idp.token({ sub }), { path: '/user/list' })).status).toBe(200)
    expect((await town().holder(idp.token({ sub })).post('/key/generate', {})).status).toBe(403)
    expect((await chat(town(), idp.token({ sub }))).status).toBe(403)
  })

  test('a role that is taken away is gone at the next request', async () => {
    const sub = await newUser(town(), { user_role: 'proxy_admin' })
    const token = idp.token({ sub })
    expect((await ask(town(), token, { path: '/user/list' })).status).toBe(200)
    await update(town(), '/user/update', { user_id: sub, user_role: 'internal_user' })
    expect([401, 403]).toContain((await ask(town(), token, { path: '/user/list' })).status)
  })
})

describe('administrators who may call models', () => {
  const town = opened(() => idp, {
    auth: {
      user_id_jwt_field: 'sub',
      user_email_jwt_field: 'email',
      user_allowed_email_domain: 'example.com',
      admin_allowed_routes: ['openai_routes'],
    },
  })
  const email = (): string => `${fresh('admin')}@example.com`

  test('AT-091: may', async () => {
    expect((await chat(town(), idp.token({ ...ADMIN, email: email() }))).status).toBe(200)
    const { status } = await town()
      .holder(idp.token({ ...ADMIN, email: email() }))
      .post('/user/new', {})
    expect(status).toBe(401)
  })

  test('AT-092: a team by header gets their calls and sets their limits', async () => {
    const team = await newTeam(town())
    const token = idp.token({ ...ADMIN, email: email() })
    expect((await accountOf(town(), await chat(town(), token, { team }))).team).toBe(team)
    const poor = await newTeam(town(), { max_budget: 1e-9 })
    expect((await chat(town(), token, { team: poor })).type).toBe('budget_exceeded')
    const narrow = await newTeam(town(), { models: ['m2'] })
    expect((await chat(town(), token, { team: narrow })).type).toBe('team_model_access_denied')
  })

  test('AT-093: a team by header that there is not is passed over, with a warning', async () => {
    const verdict = await chat(town(), idp.token({ ...ADMIN, email: email() }), { team: fresh('nowhere') })
    expect((await accountOf(town(), verdict)).team).toBeUndefined()
    await vi.waitFor(() =>
      expect(town().gateway.stdout() + town().gateway.stderr()).toContain('x-litellm-team-id names no team'),
    )
  })

  test('AT-094, D-15: the domain rule holds for them', async () => {
    for (const address of ['x@b.com', undefined]) {
      expect((await chat(town(), idp.token({ ...ADMIN, email: address }))).status, String(address)).toBe(403)
    }
  })

  test('AT-143: a stored row of theirs is the principal', async () => {
    const user_email = email()
    const row = await newUser(town(), { user_email })
    const verdict = await chat(
      town(),
      idp.token({ ...ADMIN, sub: fresh('sub'), email: user_email, email_verified: true }),
    )
    expect((await accountOf(town(), verdict)).user).toBe(row)
  })
})

describe('exempt_stored_admins', () => {
  const town = opened(() => idp, { auth: { user_id_jwt_field: 'sub', exempt_stored_admins: true } })

  test('AT-124: lets stored administrators call models, and no others', async () => {
    const sub = await newUser(town(), { user_role: 'proxy_admin' })
    expect((await chat(town(), idp.token({ sub }))).status).toBe(200)
    expect((await chat(town(), idp.token({ sub: fresh('x'), ...ADMIN }))).status).toBe(401)
  })
})

describe('AT-112, D-14: routes of teams', () => {
  const town = opened(() => idp, {
    auth: {
      user_id_jwt_field: 'sub',
      user_id_upsert: true,
      team_id_jwt_field: 'tid',
      team_ids_jwt_field: 'groups',
      team_alias_jwt_field: 'alias',
      team_id_default: 'base',
      team_allowed_routes: ['/v1/chat/completions'],
    },
  })

  test('hold however the team was found', async () => {
    const base = (await town().master.get('/team/info?team_id=base')).status
    if (base === 404) await newTeam(town(), { team_id: 'base' })
    const team_alias = fresh('alias')
    const team = await newTeam(town(), { team_alias })
    const ways = [
      { claims: { tid: team } },
      { claims: { groups: [team] } },
      { claims: { alias: team_alias } },
      { claims: {} },
      { claims: { groups: [team] }, header: team },
    ]
    for (const { claims, header } of ways) {
      const token = idp.token({ sub: fresh('person'), ...claims })
      const headers = header === undefined ? {} : { 'x-litellm-team-id': header }
      expect((await ask(town(), token, { ...EMBEDDINGS, headers })).status, JSON.stringify(claims)).toBe(403)
      expect((await ask(town(), token, { path: '/v1/models', headers })).status, JSON.stringify(claims)).toBe(403)
      expect((await chatOnce(town(), token, { headers })).status, JSON.stringify(claims)).toBe(200)
    }
  })
})
