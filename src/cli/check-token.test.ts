import { expect, test } from 'vitest'
import { ISSUER, tokensOf } from '../../test/support/load-tokens.ts'
import { allow, deny } from '../domain/decision.ts'
import { epochMs } from '../domain/ids.ts'
import type { TokenFacts, VerifiedToken } from '../domain/token-facts.ts'
import { checkToken } from './check-token.ts'
import type { TokenTools } from './check-token.ts'
import { renderTokenReport, tokenReportJson } from './render-token-report.ts'

const tokens = tokensOf({
  auth: { issuers: [ISSUER], user_id_jwt_field: 'sub', team_ids_jwt_field: 'groups', user_id_upsert: true },
  env: {},
})
const [profile] = tokens.issuers
if (profile === undefined) throw new Error('there is one issuer')

const verified: VerifiedToken = {
  profile,
  issuer: ISSUER.issuer,
  claims: { sub: 'ada', groups: ['blue\u001b[2J'] },
  digest: 'd',
  signedDigest: 's',
  expiresAt: epochMs(1_700_000_000_000),
  via: 'jwt',
}
const facts: TokenFacts = {
  issuer: ISSUER.issuer,
  fields: profile.fields,
  subject: 'ada',
  email: undefined,
  emailIsProven: false,
  domainIsAllowed: undefined,
  teamId: undefined,
  isObjectTeam: false,
  teamIds: ['blue\u001b[2J'],
  hasTeamText: false,
  teamAlias: undefined,
  organizationId: undefined,
  organizationAlias: undefined,
  endUserId: undefined,
  scopes: [],
  roles: [],
  isScopeAdmin: false,
  tokenRole: 'internal_user',
  mappedRole: undefined,
}

interface Seen {
  readonly token: string[]
  closed: number
}

function toolsWith(
  answers: {
    readonly verify?: ReturnType<typeof deny>
    readonly facts?: ReturnType<typeof deny>
    readonly opaque?: boolean
  },
  seen: Seen = { token: [], closed: 0 },
): TokenTools {
  const verify = (token: string) => {
    seen.token.push(token)
    return answers.verify ?? allow(verified)
  }
  return {
    readToken: () => Promise.reject(new Error('not here')),
    openVerifier: () => ({
      verifyJwt: verify,
      verifyOpaque: answers.opaque === true ? verify : undefined,
      judgeClaims: () => deny('token-refused', 'jwt_malformed'),
      profileOf: () => undefined,
      shared: undefined,
      close: async () => void (seen.closed += 1),
    }),
    readFacts: () => answers.facts ?? allow(facts),
    now: () => epochMs(1_600_000_000_000),
  }
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const jwt = (iss: unknown): string => `${part({ alg: 'RS256' })}.${part({ iss })}.c2ln`

test('a token that is accepted is shown with its profile and what it says, by setting', async () => {
  const seen: Seen = { token: [], closed: 0 }
  const report = await checkToken(`Bearer ${jwt(ISSUER.issuer)}\n`, tokens, toolsWith({}, seen))
  expect(seen).toEqual({ token: [jwt(ISSUER.issuer)], closed: 1 })
  const text = renderTokenReport(report)
  expect(text).toContain('token: verified\n  profile: https://idp.example.com\n')
  expect(text).toContain('  user: "ada" (user_id_jwt_field: "sub")\n')
  expect(text).toContain('  expires: "2023-11-14T22:13:20.000Z"\n')
  expect(text).not.toContain('team alias')
  expect(tokenReportJson(report)).toMatchObject({ verified: true, usable: true, facts: { subject: 'ada' } })
})

test('what a token says cannot steer a terminal', async () => {
  expect(renderTokenReport(await checkToken(jwt('x'), tokens, toolsWith({})))).not.toContain('\u001b')
})

test('a refusal names its reason, its sentence and the profile of the unproven issuer', async () => {
  const denied = deny('token-refused', 'jwt_aud_mismatch', 'Authentication Error, Validation fails: Audience')
  const report = await checkToken(jwt(ISSUER.issuer), tokens, toolsWith({ verify: denied }))
  expect(renderTokenReport(report)).toBe(
    'token: refused, jwt_aud_mismatch: Authentication Error, Validation fails: Audience\n  profile: https://idp.example.com\n',
  )
  expect(tokenReportJson(report)).toEqual({
    verified: false,
    profile: 'https://idp.example.com',
    reason: 'jwt_aud_mismatch',
    message: 'Authentication Error, Validation fails: Audience',
  })
})

test.each([jwt('https://else.example.com'), jwt(7), 'a.b.c', '..'])('%s is of nobody who is listed', async (token) => {
  const report = await checkToken(token, tokens, toolsWith({ verify: deny('token-refused', 'jwt_iss_unknown') }))
  expect(renderTokenReport(report)).toContain('profile: none')
})

test('an issuer for many tenants is found by each of them', async () => {
  const issuer = 'https://login.example.com/{tenantid}/v2.0'
  const many = { ...ISSUER, issuer, tenants: ['t-1'], jwks_url: 'https://login.example.com/jwks' }
  const settings = tokensOf({ auth: { issuers: [many] }, env: {} })
  const refusing = toolsWith({ verify: deny('token-expired', 'jwt_expired') })
  const report = await checkToken(jwt('https://login.example.com/t-1/v2.0'), settings, refusing)
  expect(report).toMatchObject({ is: 'refused', profile: { issuer } })
  expect(renderTokenReport(report)).toContain('jwt_expired: Token Expired')
})

test('proven and yet unusable', async () => {
  const denied = deny('token-refused', 'jwt_claim_type', 'Authentication Error, team_ids_jwt_field')
  const report = await checkToken(jwt('x'), tokens, toolsWith({ facts: denied }))
  expect(renderTokenReport(report)).toContain('verified, but refused for what it says, jwt_claim_type: ')
  expect(tokenReportJson(report)).toMatchObject({ verified: true, usable: false, reason: 'jwt_claim_type' })
})

test.each([
  ['', tokens, /no token/],
  ['sk-1234', tokens, /virtual key/],
  ['opaque', tokens, /oidc_userinfo_enabled/],
  [jwt('x'), undefined, /enable_jwt_auth/],
] as const)('there is nothing to judge in %j', async (text, settings, says) => {
  expect(renderTokenReport(await checkToken(text, settings, toolsWith({})))).toMatch(says)
})

test('a refused opaque token is of whom it was shown to', async () => {
  const settings = tokensOf({
    auth: {
      user_id_jwt_field: 'sub',
      oidc_userinfo_enabled: true,
      oidc_userinfo_endpoint: 'https://idp.example.com/u',
    },
  })
  const refusing = toolsWith({ verify: deny('token-refused', 'opaque_refused'), opaque: true })
  const report = await checkToken('opaque', settings, refusing)
  expect(renderTokenReport(report)).toContain('profile: oidc_userinfo_endpoint')
})

test('an encrypted token is refused as by a gateway', async () => {
  const refusing = toolsWith({ verify: deny('token-refused', 'jwt_jwe_unsupported') })
  expect(await checkToken('eyJhbGciOiJkaXIifQ..iv.text.tag', tokens, refusing)).toMatchObject({ is: 'refused' })
})

test('the claim that may stand for a key is told', async () => {
  const settings = tokensOf({
    auth: { issuers: [ISSUER], user_id_jwt_field: 'sub', virtual_key_claim_field: 'sub' },
    env: {},
  })
  const report = await checkToken(jwt(ISSUER.issuer), settings, toolsWith({}))
  expect(renderTokenReport(report)).toContain('  claim for a key: "ada" ("sub")\n')
  expect(tokenReportJson(report)).toMatchObject({ usable: true, keyClaim: { name: 'sub', value: 'ada' } })
})

test('an opaque token is shown to whom it is meant for', async () => {
  expect(await checkToken('opaque', tokens, toolsWith({ opaque: true }))).toMatchObject({ is: 'accepted' })
})
