import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import { accountOf, ask, chat, userRow } from './support/asks.ts'
import { newTeam, newUser } from './support/people.ts'
import { opened } from './support/opened.ts'
import { fresh } from './support/town.ts'

let idp: IdentityProvider

beforeAll(async () => {
  idp = await startIdentityProvider()
})

afterAll(() => idp.stop())

describe('whom a token names', () => {
  const town = opened(() => idp, {
    auth: {
      user_id_jwt_field: 'user.sub',
      user_email_jwt_field: 'email',
      user_id_upsert: true,
      team_ids_jwt_field: 'groups',
      org_id_jwt_field: 'org',
      end_user_id_jwt_field: 'customer',
    },
  })

  test('AT-064: a nested claim', async () => {
    const id = fresh('person')
    expect((await accountOf(town(), await chat(town(), idp.token({ sub: id, user: { sub: id } })))).user).toBe(id)
  })

  test.each([
    ['AT-073: a missing user id', (sub: string) => ({ sub })],
    ['AT-073: a path that ends in text', (sub: string) => ({ sub, user: 'text' })],
    ['null as a user id', (sub: string) => ({ sub, user: { sub: null } })],
    ['AT-074: an empty user id', (sub: string) => ({ sub, user: { sub: '' } })],
  ])('%s: the address stands in', async (_, claims) => {
    const sub = fresh('person')
    const email = `${sub}@example.com`
    const account = await accountOf(town(), await chat(town(), idp.token({ ...claims(sub), email })))
    expect(account.user).toBe(email)
  })

  test.each([
    ['a number', 7],
    ['a list', ['ada']],
    ['an object', { id: 'ada' }],
    ['a truth', true],
  ])('AT-075: %s as user id is refused, naming the setting', async (_, sub) => {
    const verdict = await chat(town(), idp.token({ user: { sub }, email: 'x@example.com' }))
    expect(verdict).toMatchObject({ status: 401, type: 'auth_error' })
    expect(verdict.reason).toMatch(/^jwt_(claim_type|sub_invalid)/)
    expect(verdict.message).toContain('user_id_jwt_field')
  })

  test.each([
    ['user_email_jwt_field', 'email'],
    ['org_id_jwt_field', 'org'],
    ['end_user_id_jwt_field', 'customer'],
  ])('D-59: %s of a wrong type is refused and never made text', async (setting, claim) => {
    const id = fresh('person')
    for (const value of [7, true, { a: 1 }, [1], [{}]]) {
      const verdict = await chat(town(), idp.token({ sub: id, user: { sub: id }, [claim]: value }))
      expect(verdict, JSON.stringify(value)).toMatchObject({ status: 401 })
      expect(verdict.message).toContain(setting)
      expect(verdict.reason).toMatch(/^jwt_claim_type/)
    }
    expect(await userRow(town(), id)).toBeUndefined()
  })

  test('AT-070: plural teams given as text are none', async () => {
    const id = fresh('person')
    const team = await newTeam(town())
    const account = await accountOf(town(), await chat(town(), idp.token({ sub: id, user: { sub: id }, groups: team })))
    expect([account.user, account.team]).toEqual([id, undefined])
  })

  test('J-25: a list of teams with one bad element is refused as a whole', async () => {
    const id = fresh('person')
    const team = await newTeam(town())
    for (const bad of [7, null, {}, ['x'], true]) {
      const { status } = await chat(town(), idp.token({ sub: id, user: { sub: id }, groups: [team, bad] }))
      expect(status, JSON.stringify(bad)).toBe(401)
    }
  })

  test('AT-081: the end user of the token goes before that of the body and the header', async () => {
    const id = fresh('person')
    const customer = fresh('customer')
    const token = idp.token({ sub: id, user: { sub: id }, customer })
    const headers = { 'x-litellm-end-user-id': 'by-header' }
    const verdict = await chat(town(), token, { body: { user: 'by-body' }, headers })
    expect((await accountOf(town(), verdict)).endUser).toBe(customer)
    const without = await chat(town(), idp.token({ sub: id, user: { sub: id } }), { body: { user: 'by-body' } })
    expect((await accountOf(town(), without)).endUser).toBe('by-body')
  })

  test.each([
    ['a control character', 'a\u0000'],
    ['a space before', ' a'],
    ['a space behind', 'a '],
    ['256 bytes', 'a'.repeat(256)],
  ])('J-21: a user id with %s, whatever claim it comes from', async (_, sub) => {
    const verdict = await chat(town(), idp.token({ user: { sub } }))
    expect(verdict).toMatchObject({ status: 401 })
  })
})

describe('AT-066: a singular team claim that is a list', () => {
  const town = opened(() => idp, {
    auth: { user_id_jwt_field: 'sub', user_id_upsert: true, team_id_jwt_field: 'roles' },
  })

  test('its first element is the team', async () => {
    const [first, second] = [await newTeam(town()), await newTeam(town())]
    const account = await accountOf(town(), await chat(town(), idp.token({ roles: [first, second] })))
    expect(account.team).toBe(first)
  })

  test.each([
    ['a number', 7],
    ['an object', { id: 'x' }],
    ['a truth', false],
    ['a list with a number first', [7, 'x']],
    ['a list with a number later', ['x', 7]],
  ])('%s is refused', async (_, roles) => {
    const verdict = await chat(town(), idp.token({ roles }))
    expect([401, 403]).toContain(verdict.status)
  })
})

describe.each(['roles.0', 'roles[0]'])('AT-067, AT-068: indexing, as in %s', (field) => {
  const town = opened(() => idp, { auth: { user_id_jwt_field: 'sub', team_id_jwt_field: field } })

  test('is refused with the name of the base', async () => {
    const { status, message } = await chat(town(), idp.token({ roles: ['t1'] }))
    expect(status).toBe(401)
    expect(message).toMatch(/^Authentication Error, No team found in token\./)
    expect(message).toContain(field)
    expect(message).toContain("Use 'roles' instead")
  })
})

describe('AT-065: a literal dot', () => {
  const town = opened(() => idp, {
    auth: { user_id_jwt_field: 'sub', user_id_upsert: true, team_alias_jwt_field: 'kubernetes\\.io.namespace' },
  })

  test('belongs to the name', async () => {
    const team_alias = fresh('namespace')
    const team = await newTeam(town(), { team_alias })
    const good = await chat(town(), idp.token({ 'kubernetes.io': { namespace: team_alias } }))
    expect((await accountOf(town(), good)).team).toBe(team)
    const split = await chat(town(), idp.token({ kubernetes: { io: { namespace: team_alias } } }))
    expect(split.status).toBe(401)
  })
})

describe('D-35: a claim named metadata', () => {
  const town = opened(() => idp, { auth: { user_id_jwt_field: 'metadata.user', user_id_upsert: true } })

  test('is read, and not what is beside it', async () => {
    const id = fresh('person')
    const read = await chat(town(), idp.token({ metadata: { user: id }, user: 'somebody-else' }))
    expect((await accountOf(town(), read)).user).toBe(id)
    const beside = await chat(town(), idp.token({ user: id }))
    if (beside.status === 200) expect((await accountOf(town(), beside)).user).not.toBe(id)
  })
})

describe('scopes', () => {
  const town = opened(() => idp, {
    auth: {
      user_id_jwt_field: 'sub',
      user_id_upsert: true,
      enforce_scope_based_access: true,
      scope_mappings: [
        { scope: 'small', models: ['m1'] },
        { scope: 'large', models: ['m2'] },
      ],
    },
  })

  test('AT-071: a list and a text are the same', async () => {
    for (const scope of [['openid', 'small'], 'openid small', 'small', ['small']]) {
      expect((await chat(town(), idp.token({ scope }))).status, String(scope)).toBe(200)
      expect((await chat(town(), idp.token({ scope }), { model: 'm2' })).status, String(scope)).toBe(403)
    }
    expect((await chat(town(), idp.token({ scope: 'large small' }), { model: 'm2' })).status).toBe(200)
  })

  test('AT-072: what is neither is refused', async () => {
    for (const scope of [5, true, { small: 1 }, ['small', 5]]) {
      const { status, message } = await chat(town(), idp.token({ scope }))
      expect(status, JSON.stringify(scope)).toBe(401)
      expect(message).toMatch(/^Authentication Error, /)
    }
    expect((await chat(town(), idp.token({ scope: 5 }))).message).toContain('Unmapped scope type')
  })

  test('AT-088: a model that no scope grants is refused, and a request without a model passes', async () => {
    for (const scope of [undefined, null, '', 'smal', 'small,large', 'SMALL', 'xsmall', []]) {
      const { status, message } = await chat(town(), idp.token({ scope }))
      expect(status, JSON.stringify(scope)).toBe(403)
      expect(message).not.toContain('m2')
      expect((await ask(town(), idp.token({ scope }), { path: '/v1/models' })).status).toBe(200)
    }
    expect((await chat(town(), idp.token({ scp: 'small', scopes: 'small', permissions: ['small'] }))).status).toBe(403)
  })
})

describe('AT-076: an allowed domain', () => {
  const town = opened(() => idp, {
    auth: {
      user_id_jwt_field: 'sub',
      user_email_jwt_field: 'email',
      user_id_upsert: true,
      user_allowed_email_domain: 'a.com',
    },
  })

  test.each(['x@a.com', 'x@A.com', 'X@A.COM'])('%s is in', async (email) => {
    expect((await chat(town(), idp.token({ sub: fresh('person'), email, email_verified: true }))).status).toBe(200)
  })

  test.each<readonly [string, unknown]>([
    ['another domain', 'x@b.com'],
    ['a domain below', 'x@evil.a.com'],
    ['a longer domain', 'x@xa.com'],
    ['the domain before the last @', 'x@a.com@b.com'],
    ['two @', 'x@b.com@a.com'],
    ['no @', 'a.com'],
    ['nothing before the @', '@a.com'],
    ['quotes', '"x@b.com"@a.com'],
    ['a comment', 'x(y)@a.com'],
    ['a line end', 'x@a.com\n'],
    ['a letter that folds', 'x@\u212A.com'],
    ['empty text', ''],
    ['no address', undefined],
    ['null', null],
  ])('%s is out, and nobody is made', async (_, email) => {
    const sub = fresh('person')
    const verdict = await chat(town(), idp.token({ sub, email, email_verified: true }))
    expect([401, 403]).toContain(verdict.status)
    expect(await userRow(town(), sub)).toBeUndefined()
  })

  test.each<unknown>([false, 'false', 'true', 0, 1, null, '', [], [true], {}])(
    'INV-04, J-28: not by an address of which the token says email_verified: %j',
    async (email_verified) => {
      const sub = fresh('person')
      const verdict = await chat(town(), idp.token({ sub, email: 'x@a.com', email_verified }))
      expect(verdict).toMatchObject({ status: 403, reason: 'jwt_email_denied' })
      expect(await userRow(town(), sub)).toBeUndefined()
    },
  )

  test('AT-138: nor does it lead to a row, though the rule stands for the provider where the token says nothing', async () => {
    const email = `${fresh('ann')}@a.com`
    const row = await newUser(town(), { user_email: email })
    for (const email_verified of [false, 'false', null, 0]) {
      const verdict = await chat(town(), idp.token({ sub: fresh('other'), email, email_verified }))
      expect([email_verified, verdict.status]).toEqual([email_verified, 403])
    }
    expect((await accountOf(town(), await chat(town(), idp.token({ sub: fresh('ann'), email })))).user).toBe(row)
  })

  test('the parameter is named', async () => {
    for (const email of ['x@b.com', undefined]) {
      expect(await chat(town(), idp.token({ email }))).toMatchObject({
        status: 403,
        type: 'auth_error',
        param: 'user_email',
        message: expect.stringMatching(/^Email domain not allowed\./) as string,
      })
    }
  })
})

describe('roles', () => {
  const town = opened(() => idp, {
    auth: {
      object_id_jwt_field: 'oid',
      roles_jwt_field: 'roles',
      role_mappings: [
        { role: 'A', internal_role: 'team' },
        { role: 'app', internal_role: 'team' },
      ],
      enforce_rbac: true,
    },
  })

  test('AT-078, D-17: a text is one role', async () => {
    const oid = await newTeam(town())
    expect((await accountOf(town(), await chat(town(), idp.token({ oid, roles: 'app' })))).team).toBe(oid)
    expect((await accountOf(town(), await chat(town(), idp.token({ oid, roles: ['x', 'app'] })))).team).toBe(oid)
    for (const roles of ['ADMIN', 'app dev', 'App', 'xapp', ['ADMIN'], ['app dev'], [['app']], { app: true }]) {
      expect([401, 403], JSON.stringify(roles)).toContain((await chat(town(), idp.token({ oid, roles }))).status)
    }
  })
})

describe('jwt_litellm_role_map', () => {
  const town = opened(() => idp, {
    auth: {
      user_id_jwt_field: 'sub',
      user_id_upsert: true,
      team_ids_jwt_field: 'groups',
      roles_jwt_field: 'roles',
      sync_user_role_and_teams: true,
      jwt_litellm_role_map: [
        { jwt_role: 'ADMIN_*', litellm_role: 'internal_user_viewer' },
        { jwt_role: 'ADMIN_READ', litellm_role: 'proxy_admin_viewer' },
        { jwt_role: 'team[ab]', litellm_role: 'proxy_admin_viewer' },
        { jwt_role: 'plain', litellm_role: 'internal_user_viewer' },
        { jwt_role: 'one?', litellm_role: 'proxy_admin_viewer' },
      ],
    },
  })

  /** What a user becomes by one look at the models, which any role may take. */
  async function roleOf(roles: unknown): Promise<unknown> {
    const sub = fresh('person')
    const { status } = await ask(town(), idp.token({ sub, roles }), { path: '/v1/models' })
    return status === 200 ? (await userRow(town(), sub))?.['user_role'] : status
  }

  test('AT-079, AT-080: a pattern minds the case, and the first entry wins', async () => {
    const plain = await roleOf(undefined)
    expect(await roleOf(['ADMIN_READ'])).toBe('internal_user_viewer')
    expect(await roleOf(['x', 'ADMIN_'])).toBe('internal_user_viewer')
    for (const role of ['admin_read', 'XADMIN_READ', 'ADMIN', 'Plain', 'plain2', 'xplain', 'teama', 'one', 'one22']) {
      expect(await roleOf([role]), role).toBe(plain)
    }
    expect(await roleOf(['one2'])).toBe('proxy_admin_viewer')
    expect(await roleOf(['team[ab]'])).toBe('proxy_admin_viewer')
    expect(await roleOf(['one2', 'plain'])).toBe('internal_user_viewer')
  })

  test('AC-035: what only looks like a role leaves the default', async () => {
    const plain = await roleOf(undefined)
    for (const roles of ['proxy_admin', ['proxy_admin'], ['PROXY_ADMIN'], 'user proxy_admin', ['xproxy_admin']]) {
      expect(await roleOf(roles), JSON.stringify(roles)).toBe(plain)
    }
  })
})
