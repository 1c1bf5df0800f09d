import { describe, expect, test } from 'vitest'
import { CHAT, factsOf, makePolicy, makeProfile, makeRoute, makeToken } from '../../../test/support/token-makers.ts'
import type { FieldTexts } from '../../../test/support/token-makers.ts'
import type { Claims } from '../../domain/claims.ts'
import type { Decision } from '../../domain/decision.ts'
import type { TokenFacts } from '../../domain/token-facts.ts'
import type { TokenPolicy } from '../../domain/token-settings.ts'
import type { RouteFacts } from '../1-intake/arrival.ts'
import { decideToken } from './decide-token.ts'

const FIELDS: FieldTexts = { userId: 'uid', email: 'email', teamId: 'tid', roles: 'roles' }
const ADMIN: Claims = { scope: 'litellm_proxy_admin' }
const GENERATE = makeRoute('/key/generate')
const EMBEDDINGS = makeRoute('/v1/embeddings')

function decide(claims: Claims, policy: Partial<TokenPolicy>, route: RouteFacts = CHAT): Decision<TokenFacts> {
  const made = makePolicy(policy)
  const token = makeToken(claims, makeProfile(FIELDS))
  return decideToken(token, factsOf(token, made), made, route)
}

describe('J-02: custom_validate', () => {
  test.each([false, 0, 1, 'true', {}, [], null, undefined, () => true, Promise.resolve(true)])(
    'AT-061: %s is no',
    (answer) => {
      expect(decide({ uid: 'u' }, { customValidate: () => answer })).toMatchObject({
        problem: 'token-denied',
        because: 'jwt_custom_denied',
        say: 'Invalid JWT token',
      })
    },
  )

  test('only true is yes, and it sees the claims', () => {
    const customValidate = (claims: Claims): boolean => claims['uid'] === 'u'
    expect(decide({ uid: 'u' }, { customValidate }).verdict).toBe('allow')
    expect(decide({ uid: 'v' }, { customValidate }).verdict).toBe('deny')
  })

  test('a failure of it is 401 with its words', () => {
    const customValidate = (): never => {
      throw new Error('not\nfrom here')
    }
    expect(decide({ uid: 'u' }, { customValidate })).toMatchObject({
      problem: 'token-refused',
      say: 'Authentication Error, not?from here',
    })
  })

  test('a promise that fails refuses and does no more', async () => {
    const customValidate = (): Promise<never> => Promise.reject(new Error('late'))
    expect(decide({ uid: 'u' }, { customValidate })).toMatchObject({ say: 'Invalid JWT token' })
    await Promise.resolve()
  })

  test('administrators are asked as well', () => {
    expect(decide(ADMIN, { customValidate: () => false }, GENERATE).verdict).toBe('deny')
  })
})

describe('J-03: enforce_rbac', () => {
  test('AT-085: a token of no role', () => {
    const answer = decide({ email: 'a@b.c' }, { enforcesRoles: true })
    expect(answer).toMatchObject({ problem: 'token-denied', because: 'jwt_role_unmapped' })
    expect(answer).toHaveProperty(
      'say',
      expect.stringMatching(/^Unmatched token passed in\. enforce_rbac is set to True\./),
    )
    expect(decide({ email: 'a@b.c' }, {}).verdict).toBe('allow')
  })

  const rolePermissions = [
    { role: 'team', models: undefined, routes: ['/v1/chat/completions'] },
    { role: 'team', models: undefined, routes: ['openai_routes'] },
    { role: 'internal_user', models: ['m1'], routes: undefined },
    { role: 'proxy_admin', models: undefined, routes: [] },
  ] as const

  test.each([
    { claims: { tid: 't' }, route: CHAT, verdict: 'allow' },
    { claims: { tid: 't' }, route: EMBEDDINGS, verdict: 'deny' },
    { claims: { uid: 'u' }, route: EMBEDDINGS, verdict: 'allow' },
    { claims: ADMIN, route: GENERATE, verdict: 'deny' },
  ])('AT-087: the first entry for a role says which routes: $claims on $route.path -> $verdict', (given) => {
    const answer = decide(given.claims, { enforcesRoles: true, rolePermissions }, given.route)
    expect(answer.verdict).toBe(given.verdict)
    expect(decide(given.claims, { rolePermissions }, given.route).verdict).toBe('allow')
  })

  test('AT-087: the sentence', () => {
    expect(decide({ tid: 't' }, { enforcesRoles: true, rolePermissions }, EMBEDDINGS)).toMatchObject({
      problem: 'token-denied',
      because: 'jwt_role_route',
      say: "Role=team not allowed to call route=/v1/embeddings. Allowed routes=['/v1/chat/completions']",
    })
  })
})

describe('J-08: administrators by scope', () => {
  test.each([
    { path: '/key/generate', verdict: 'allow' },
    { path: '/team/new', verdict: 'allow' },
    { path: '/v1/chat/completions', verdict: 'deny' },
    { path: '/config/update', verdict: 'deny' },
  ])('AT-089, AT-090: $path -> $verdict', ({ path, verdict }) => {
    expect(decide(ADMIN, {}, makeRoute(path)).verdict).toBe(verdict)
  })

  test('AT-090: the sentence', () => {
    const answer = decide(ADMIN, { adminRoutes: ['info_routes', '/x'] })
    expect(answer).toMatchObject({
      problem: 'token-unresolved',
      because: 'jwt_admin_route',
      say: "Authentication Error, Admin not allowed to access this route. Route=/v1/chat/completions, Allowed Routes=['info_routes', '/x']",
    })
  })

  test('AT-091: the operator opens more', () => {
    expect(decide(ADMIN, { adminRoutes: ['openai_routes'] }).verdict).toBe('allow')
    expect(decide(ADMIN, { adminRoutes: ['/v1/*'] }).verdict).toBe('allow')
    expect(decide(ADMIN, { adminRoutes: [] }).verdict).toBe('deny')
  })
})

describe('the e-mail domain', () => {
  const only = { emailDomain: 'a.com' }

  test.each([
    { email: 'x@a.com', verdict: 'allow' },
    { email: 'x@b.com', verdict: 'deny' },
    { email: undefined, verdict: 'deny' },
  ])('AT-076: $email -> $verdict', ({ email, verdict }) => {
    const claims = email === undefined ? { uid: 'u' } : { uid: 'u', email }
    expect(decide(claims, only).verdict).toBe(verdict)
  })

  test('AT-076: the sentences', () => {
    expect(decide({ uid: 'u', email: 'x@b.com' }, only)).toMatchObject({
      problem: 'token-denied-email',
      because: 'jwt_email_denied',
      say: 'Email domain not allowed. User email: x@b.com. Allowed domain: a.com',
    })
    expect(decide({ uid: 'u' }, only)).toMatchObject({ say: expect.stringContaining('User email: None.') })
  })

  test('AT-094, D-15: administrators too, and machines', () => {
    expect(decide({ ...ADMIN, email: 'x@b.com' }, only, GENERATE)).toMatchObject({ problem: 'token-denied-email' })
    expect(decide(ADMIN, only, GENERATE)).toMatchObject({ problem: 'token-denied-email' })
    expect(decide({ tid: 't' }, only)).toMatchObject({ problem: 'token-denied-email' })
  })
})
