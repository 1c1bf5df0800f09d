import { describe, expect, test } from 'vitest'
import { ISSUER, KEYS, SCOPED, errorsOf, loadTokens, tokensOf, warningsOf } from '../../../test/support/load-tokens.ts'
import type { Members } from '../../../test/support/load-tokens.ts'
import { told } from '../../../test/support/load-yaml.ts'

const issuers = (...entries: readonly Members[]) => ({ auth: { issuers: entries }, env: {} })

test.each([
  [
    'an audience of nobody, beside issuers',
    { auth: { issuers: [ISSUER] }, env: { JWT_AUDIENCE: 'gateway' } },
    'JWT_AUDIENCE',
  ],
  [
    'where introspection is, without its switch',
    { env: { ...SCOPED, OAUTH_TOKEN_INFO_ENDPOINT: 'https://idp.example.com' } },
    'OAUTH_TOKEN_INFO_ENDPOINT',
  ],
  [
    'an issuer of JWTs that are not taken',
    {
      general: { enable_jwt_auth: false, enable_oauth2_auth: true },
      env: { JWT_ISSUER: 'x', OAUTH_TOKEN_INFO_ENDPOINT: 'https://idp.example.com', OAUTH_AUDIENCE: 'gateway' },
    },
    'JWT_ISSUER',
  ],
])('nothing is ignored in silence: %s', (_, config, name) => {
  expect(warningsOf(config)).toEqual([expect.stringMatching(new RegExp(`${name} .*has no effect`))])
})

describe('the global path', () => {
  test('AT-036: neither audience nor issuer stops the start, and says both ways out', () => {
    expect(errorsOf({ env: KEYS })).toEqual([expect.stringMatching(/JWT_AUDIENCE.*allow_unscoped_tokens: true/)])
  })

  test('AT-037: with the opt-in it starts, with one warning', () => {
    const config = { env: KEYS, auth: { allow_unscoped_tokens: true } }
    expect(tokensOf(config).shared).toMatchObject({ id: 'shared', issuer: undefined, audiences: undefined })
    expect(warningsOf(config)).toEqual([expect.stringContaining('every token that the provider signs')])
  })

  test.each([
    ['an audience alone', { ...KEYS, JWT_AUDIENCE: 'gateway' }, 0],
    ['an issuer alone, with a warning', { ...KEYS, JWT_ISSUER: 'https://idp.example.com' }, 1],
    ['both', SCOPED, 0],
  ])('%s is enough', (_, env, warnings) => {
    expect(errorsOf({ env })).toEqual([])
    expect(warningsOf({ env })).toHaveLength(warnings)
  })

  test('AT-038, AT-041: several addresses, of key sets and of discovery', () => {
    const url = 'https://a.example.com/jwks, ,https://b.example.com/.well-known/openid-configuration'
    expect(tokensOf({ env: { ...SCOPED, JWT_PUBLIC_KEY_URL: url } }).shared?.keys).toEqual([
      { kind: 'jwks', url: 'https://a.example.com/jwks' },
      {
        kind: 'discovery',
        url: 'https://b.example.com/.well-known/openid-configuration',
        hosts: ['b.example.com'],
      },
    ])
  })

  test.each(['http://idp.example.com/jwks', 'ftp://x', 'jwks', ' , ', 'https://u:p@h/jwks', 'https://h/jwks#a'])(
    'J-14: %s is no address of keys',
    (url) => {
      const [error, ...others] = errorsOf({ env: { ...SCOPED, JWT_PUBLIC_KEY_URL: url } })
      expect(error).toMatch(/^- JWT_PUBLIC_KEY_URL .*https:\/\//)
      expect(others.filter((each) => !each.includes('nothing says whose'))).toEqual([])
    },
  )

  test.each(['http://127.0.0.1:9/jwks', 'http://localhost/jwks', 'http://[::1]:9/jwks'])(
    '%s is this machine',
    (url) => {
      expect(tokensOf({ env: { ...SCOPED, JWT_PUBLIC_KEY_URL: url } }).shared?.keys).toEqual([{ kind: 'jwks', url }])
    },
  )

  test('J-09, AT-055: beside issuers it is out of use, unless it is let in', () => {
    const beside = { auth: { issuers: [ISSUER] }, env: SCOPED }
    expect(tokensOf(beside).shared).toBeUndefined()
    expect(warningsOf(beside)).toEqual([expect.stringContaining('JWT_PUBLIC_KEY_URL')])
    const letIn = { auth: { issuers: [ISSUER], issuers_allow_fallthrough: true }, env: SCOPED }
    expect(tokensOf(letIn).shared?.issuer).toBe('https://idp.example.com')
    expect(warningsOf(letIn)).toEqual([])
  })

  test('D-01: beside issuers it stops the start where it is unscoped, let in or not', () => {
    expect(errorsOf({ auth: { issuers: [ISSUER] }, env: KEYS })).toHaveLength(1)
    expect(errorsOf({ auth: { issuers: [ISSUER], issuers_allow_fallthrough: true }, env: KEYS })).toHaveLength(1)
  })

  test('falling through to nothing stops the start', () => {
    const auth = { issuers: [ISSUER], issuers_allow_fallthrough: true }
    expect(errorsOf({ auth, env: {} })).toEqual([expect.stringContaining('nothing to fall through to')])
  })

  test('nobody whose tokens could be proven stops the start', () => {
    expect(errorsOf({ env: {} })).toEqual([expect.stringMatching(/enable_jwt_auth .*JWT_PUBLIC_KEY_URL/)])
  })
})

describe('issuers', () => {
  test('AT-051: exactly one of audience and disable_audience_validation', () => {
    const { issuer } = ISSUER
    expect(errorsOf(issuers(ISSUER))).toEqual([])
    expect(errorsOf(issuers({ issuer }))[0]).toMatch(/audience.*disable_audience_validation: true/)
    expect(errorsOf(issuers({ issuer, disable_audience_validation: false }))).toHaveLength(1)
    expect(errorsOf(issuers({ ...ISSUER, disable_audience_validation: true }))).toHaveLength(1)
    const open = issuers({ issuer, disable_audience_validation: true })
    expect(tokensOf(open).issuers[0]?.audiences).toBeUndefined()
    expect(warningsOf(open)).toEqual([expect.stringContaining('disable_audience_validation')])
  })

  test.each([[''], [[]], [' gateway']])('J-20: an audience of %j', (audience) => {
    expect(errorsOf(issuers({ ...ISSUER, audience }))[0]).toContain('issuers[0].audience')
  })

  test('J-09: no two entries have one issuer', () => {
    expect(errorsOf(issuers(ISSUER, ISSUER))).toEqual([expect.stringContaining('issuers[1].issuer')])
    expect(errorsOf(issuers(ISSUER, { ...ISSUER, issuer: `${ISSUER.issuer}/` }))).toEqual([])
  })

  test('AT-054: keys are found by discovery, whatever slashes the issuer ends in', () => {
    const [plain, slashed] = tokensOf(issuers(ISSUER, { ...ISSUER, issuer: 'https://b.example.com/x//' })).issuers
    expect(plain?.keys).toMatchObject([{ url: 'https://idp.example.com/.well-known/openid-configuration' }])
    expect(slashed?.keys).toMatchObject([{ url: 'https://b.example.com/x/.well-known/openid-configuration' }])
    expect(slashed?.issuer).toBe('https://b.example.com/x//')
  })

  test.each(['http://idp.example.com', 'kubernetes/serviceaccount'])('%s needs to say where its keys are', (issuer) => {
    expect(errorsOf(issuers({ ...ISSUER, issuer }))[0]).toContain('jwks_url')
    const jwks_url = 'https://idp.example.com/jwks'
    expect(tokensOf(issuers({ ...ISSUER, issuer, jwks_url })).issuers[0]?.keys).toEqual([
      { kind: 'jwks', url: jwks_url },
    ])
  })

  test('discovery names hosts: its own, the issuer’s and those that are listed', () => {
    const jwks_url = 'https://login.example.com/.well-known/openid-configuration'
    const [profile] = tokensOf(issuers({ ...ISSUER, jwks_url, jwks_hosts: ['keys.example.com:8443'] })).issuers
    expect(profile?.keys).toMatchObject([{ hosts: ['login.example.com', 'idp.example.com', 'keys.example.com:8443'] }])
    expect(errorsOf(issuers({ ...ISSUER, jwks_hosts: ['https://keys.example.com/'] }))).toHaveLength(1)
  })

  test('J-09: an issuer for many tenants names them, and where its keys are', () => {
    const issuer = 'https://login.example.com/{tenantid}/v2.0'
    const jwks_url = 'https://login.example.com/common/jwks'
    expect(errorsOf(issuers({ ...ISSUER, issuer, jwks_url }))).toEqual([expect.stringContaining('tenants')])
    expect(errorsOf(issuers({ ...ISSUER, issuer, tenants: ['t'] }))).toEqual([expect.stringContaining('jwks_url')])
    expect(errorsOf(issuers({ ...ISSUER, tenants: ['t'] }))).toEqual([expect.stringContaining('{tenantid}')])
    expect(tokensOf(issuers({ ...ISSUER, issuer, jwks_url, tenants: ['t'] })).issuers[0]?.tenants).toEqual({
      claim: 'tid',
      ids: ['t'],
    })
  })

  test('J-09: no iss leads to two entries, be it by a template', () => {
    const template = { issuer: 'https://login.example.com/{tenantid}/v2.0', jwks_url: 'https://login.example.com/jwks' }
    const many = { ...ISSUER, ...template, tenants: ['t', 'u'] }
    const one = { ...ISSUER, issuer: 'https://login.example.com/u/v2.0' }
    for (const entries of [
      [many, one],
      [one, many],
      [many, many],
    ])
      expect(errorsOf(issuers(...entries))).toEqual([expect.stringContaining('issuers[1].issuer')])
    expect(errorsOf(issuers(many, { ...one, issuer: 'https://login.example.com/v/v2.0' }))).toEqual([])
  })

  test.each(['https://login.example.com/{tenantid}/{tenantid}', 'https://login.example.com/{tenant}/v2.0'])(
    'no token has the issuer %s',
    (issuer) => {
      const [first] = errorsOf(
        issuers({ ...ISSUER, issuer, jwks_url: 'https://login.example.com/jwks', tenants: ['t'] }),
      )
      expect(first).toContain('No token has braces in its issuer')
    },
  )

  test('a domain for addresses that an issuer does not tell refuses all of its tokens, and that is said', () => {
    const auth = {
      user_allowed_email_domain: 'a.com',
      issuers: [
        { ...ISSUER, user_email_jwt_field: 'email' },
        { ...ISSUER, issuer: 'https://b.example.com', user_id_jwt_field: 'sub' },
      ],
    }
    expect(warningsOf({ auth, env: {} })).toEqual([expect.stringContaining('user_allowed_email_domain')])
    const bare = { ...ISSUER, issuer: 'https://b.example.com' }
    const told = { ...auth, user_email_jwt_field: 'email', issuers: [auth.issuers[0], bare] }
    expect(warningsOf({ auth: told, env: {} })).toEqual([])
  })

  test('D-03, AT-077: an entry with fields of its own has only these; a bare one has those of all', () => {
    const b = { ...ISSUER, issuer: 'https://b.example.com', team_id_jwt_field: 'sub' }
    const c = { ...b, issuer: 'https://c.example.com', inherit_global_fields: true }
    const auth = { user_id_jwt_field: 'uid', team_alias_jwt_field: 'alias', issuers: [ISSUER, b, c] }
    const fields = tokensOf({ auth, env: {} }).issuers.map((profile) => profile.fields)
    expect(fields.map(({ userId }) => userId?.text)).toEqual(['uid', undefined, 'uid'])
    expect(fields.map(({ teamId }) => teamId?.text)).toEqual([undefined, 'sub', 'sub'])
    expect(fields.map(({ teamAlias }) => teamAlias?.text)).toEqual(['alias', 'alias', 'alias'])
  })

  test('checks at the top hold for every entry that says nothing else', () => {
    const auth = {
      jwt_leeway_seconds: 0,
      require_typ: true,
      algorithms: ['ES256'],
      issuers: [ISSUER, { ...ISSUER, issuer: 'https://b.example.com', jwt_leeway_seconds: 60, require_typ: false }],
    }
    expect(tokensOf({ auth, env: {} }).issuers).toMatchObject([
      { leewaySeconds: 0, requiresTyp: true, algorithms: ['ES256'] },
      { leewaySeconds: 60, requiresTyp: false, algorithms: ['ES256'] },
    ])
  })

  test('what is said of a token when nothing is said', () => {
    expect(tokensOf(issuers(ISSUER)).issuers[0]).toMatchObject({
      leewaySeconds: 30,
      maxLifetimeSeconds: 86_400,
      maxTokenBytes: 12_288,
      requiresExp: true,
      requiresTyp: false,
      acceptsIdTokens: false,
      clients: undefined,
      conditions: [],
      emailDomains: [],
      isDisabled: false,
    })
    expect(tokensOf(issuers(ISSUER)).issuers[0]?.algorithms).toHaveLength(10)
    expect(tokensOf(issuers(ISSUER))).toMatchObject({ keyTtlSeconds: 300, keyStaleSeconds: 3600 })
  })

  test.each([
    [{ jwt_leeway_seconds: 61 }, /jwt_leeway_seconds/],
    [{ algorithms: ['HS256'] }, /could not make/],
    [{ algorithms: ['none'] }, /could not make/],
    [{ algorithms: ['rs256'] }, /RS256/],
    [{ algorithms: [] }, /every token would be refused/],
    [{ allowed_clients: [] }, /every token would be refused/],
    [{ max_token_bytes: 100_000 }, /max_token_bytes/],
    [{ required_claims: [{ claim: 'a' }] }, /exactly one of/],
    [{ required_claims: [{ claim: 'a', equals: 1, present: true }] }, /exactly one of/],
    [{ required_claims: [{ claim: 'a', present: false }] }, /exactly one of/],
    [{ required_claims: [{ equals: 1 }] }, /claim is missing/],
    [{ required_claims: [{ claim: 'a', matches: 'x' }] }, /There is no such setting/],
    [{ authoritative_email_domains: ['@example.com'] }, /without @/],
    [{ public_key_pem: 'x' }, /BEGIN PUBLIC KEY/],
    [
      { public_key_pem: '-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----' },
      /belongs to the identity provider/,
    ],
    [{ audeince: 'x' }, /Did you mean audience\?/],
  ])('%j stops the start', (more, says) => {
    const errors = errorsOf(issuers({ ...ISSUER, ...more }))
    expect(errors[0]).toMatch(says)
    expect(errors[0]).toContain('issuers[0]')
  })

  test('J-03, N-31: a token that is larger than all headers may be never arrives, which is said', () => {
    for (const [max_token_bytes, warnings] of [
      [30_720, 0],
      [30_721, 1],
      [65_536, 1],
    ] as const)
      expect(warningsOf(issuers({ ...ISSUER, max_token_bytes })), String(max_token_bytes)).toHaveLength(warnings)
  })

  test('tokens that never end are warned of at every start', () => {
    expect(warningsOf(issuers({ ...ISSUER, allow_tokens_without_exp: true }))).toHaveLength(1)
  })
})

describe('what is true of one provider', () => {
  test('cannot be written at the top where all have entries of their own', () => {
    const auth = { issuers: [ISSUER], required_claims: [{ claim: 'a', present: true }] }
    expect(errorsOf({ auth, env: {} })).toEqual([expect.stringMatching(/required_claims.*entries of issuers/)])
    expect(tokensOf({ auth: { required_claims: auth.required_claims } }).shared?.conditions).toEqual([
      { claim: ['a'], is: 'present' },
    ])
  })

  test('the only provider is trusted with user ids and decides about the allowed domain; two are not', () => {
    const domain = { user_allowed_email_domain: 'Example.com', user_email_jwt_field: 'email' }
    const [only] = tokensOf({ auth: { issuers: [ISSUER], ...domain }, env: {} }).issuers
    expect(only).toMatchObject({ trustsUserIds: true, emailDomains: [], presumedEmailDomain: 'example.com' })
    const two = [ISSUER, { ...ISSUER, issuer: 'https://b.example.com', trust_user_ids: true }]
    expect(tokensOf({ auth: { issuers: two, ...domain }, env: {} }).issuers).toMatchObject([
      { trustsUserIds: false, emailDomains: [], presumedEmailDomain: undefined },
      { trustsUserIds: true, emailDomains: [], presumedEmailDomain: undefined },
    ])
  })

  test('two addresses of keys are two providers', () => {
    const env = { ...SCOPED, JWT_PUBLIC_KEY_URL: 'https://a.example.com/k,https://b.example.com/k' }
    expect(tokensOf({ env }).shared?.trustsUserIds).toBe(false)
  })

  test('INV-07: and where no issuer is named, each speaks for the users of the other, which is said', () => {
    const { JWT_ISSUER: _, ...env } = {
      ...SCOPED,
      JWT_PUBLIC_KEY_URL: 'https://a.example.com/k,https://b.example.com/k',
    }
    const said = (from: Record<string, string>) => warningsOf({ env: from }).filter((text) => /speak for/.test(text))
    expect(said(env)).toHaveLength(1)
    expect(said({ ...env, JWT_ISSUER: 'https://a.example.com' })).toEqual([])
    expect(said({ ...env, JWT_PUBLIC_KEY_URL: 'https://a.example.com/k' })).toEqual([])
  })
})

test('while no tokens are accepted, settings for them are told and names are checked', () => {
  const general = { enable_jwt_auth: false }
  const loaded = loadTokens({ general, auth: { issuers: [{ issuer: 'x', audeince: 'y' }] }, env: SCOPED })
  expect(told(loaded, 'error')).toEqual([expect.stringContaining('Did you mean audience?')])
  expect(told(loaded, 'note')).toEqual([expect.stringContaining('litellm_jwtauth')])
  expect(told(loaded, 'warning')).toHaveLength(3)
  expect(loadTokens({ general, env: {} }).settings?.tokens).toBeUndefined()
})
