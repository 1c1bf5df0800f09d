import { describe, expect, test } from 'vitest'
import { ISSUER, SCOPED, errorsOf, loadTokens, tokensOf, warningsOf } from '../../../test/support/load-tokens.ts'
import { told } from '../../../test/support/load-yaml.ts'

describe('opaque tokens', () => {
  const userInfo = { oidc_userinfo_enabled: true, oidc_userinfo_endpoint: 'https://idp.example.com/userinfo' }
  const OAUTH = { OAUTH_TOKEN_INFO_ENDPOINT: 'https://idp.example.com/introspect', OAUTH_AUDIENCE: 'gateway' }

  test('userinfo needs an endpoint, and speaks for the only issuer', () => {
    expect(errorsOf({ auth: { oidc_userinfo_enabled: true } })).toEqual([
      expect.stringContaining('oidc_userinfo_endpoint'),
    ])
    expect(tokensOf({ auth: { ...userInfo, issuers: [ISSUER] }, env: {} }).userInfo).toMatchObject({
      ttlSeconds: 60,
      profile: { issuer: 'https://idp.example.com' },
    })
    expect(tokensOf({ auth: userInfo, env: {} }).userInfo?.profile.issuer).toBeUndefined()
  })

  test('INV-05: for whom it speaks is noted where it is on another host', () => {
    const notesOf = (endpoint: string) =>
      told(loadTokens({ auth: { ...userInfo, oidc_userinfo_endpoint: endpoint, issuers: [ISSUER] }, env: {} }), 'note')
    expect(notesOf('https://idp.example.com/userinfo')).toEqual([])
    expect(notesOf('https://other.example.com/userinfo')).toEqual([expect.stringContaining('a user of that issuer')])
  })

  test.each([
    [0, 0, 0],
    [60, 60, 0],
    [300, 60, 1],
  ])('J-33: an answer that is to be kept for %d seconds is kept for %d', (written, kept, warnings) => {
    const config = { auth: { ...userInfo, oidc_userinfo_cache_ttl: written }, env: {} }
    expect(tokensOf(config).userInfo?.ttlSeconds).toBe(kept)
    const said = warningsOf(config).filter((text) => text.includes('oidc_userinfo_cache_ttl'))
    expect(said).toHaveLength(warnings)
  })

  test('introspection is described by the environment', () => {
    const general = { enable_oauth2_auth: true, enable_jwt_auth: false }
    expect(errorsOf({ general, env: {} })).toEqual([expect.stringContaining('OAUTH_TOKEN_INFO_ENDPOINT')])
    const tokens = tokensOf({ general, env: { ...OAUTH, OAUTH_USER_ID_FIELD_NAME: 'who.id' } })
    expect(tokens.introspection).toMatchObject({
      takesOpaque: true,
      userId: ['who', 'id'],
      role: ['role'],
      teamId: ['team_id'],
      audiences: ['gateway'],
    })
    expect(tokens.introspection?.profile.fields.userId?.setting).toBe('OAUTH_USER_ID_FIELD_NAME')
  })

  test('a client and its secret belong together, and the secret stays one', () => {
    const general = { enable_oauth2_auth: true }
    expect(errorsOf({ general, env: { ...SCOPED, ...OAUTH, OAUTH_CLIENT_ID: 'gw' } })).toEqual([
      expect.stringContaining('OAUTH_CLIENT_SECRET'),
    ])
    const env = { ...SCOPED, ...OAUTH, OAUTH_CLIENT_ID: 'gw', OAUTH_CLIENT_SECRET: 'hush-hush' }
    const tokens = tokensOf({ general, env })
    expect(tokens.introspection?.clientSecret?.reveal()).toBe('hush-hush')
    expect(JSON.stringify(tokens)).not.toContain('hush')
  })

  test('overrides need introspection, and a path that is known', () => {
    const auth = { routing_overrides: [{ iss: 'https://old.example.com', path: 'oauth2', scope: 'a*' }] }
    expect(errorsOf({ auth })).toEqual([expect.stringMatching(/routing_overrides.*OAUTH_TOKEN_INFO_ENDPOINT/)])
    expect(tokensOf({ auth, env: { ...SCOPED, ...OAUTH } }).introspection).toMatchObject({
      takesOpaque: false,
      overrides: [{ iss: ['https://old.example.com'], scope: ['a*'], aud: undefined, clientId: undefined }],
    })
    expect(errorsOf({ auth: { routing_overrides: [{ iss: 'x', path: 'saml' }] } })[0]).toContain('path')
    expect(errorsOf({ auth: { routing_overrides: [{ path: 'oauth2' }] } })[0]).toContain('iss is missing')
  })

  test('one of them takes opaque tokens, not both', () => {
    const general = { enable_oauth2_auth: true }
    expect(errorsOf({ general, auth: userInfo, env: { ...SCOPED, ...OAUTH } })).toHaveLength(1)
  })

  test('what is about JWTs needs them on', () => {
    const general = { enable_oauth2_auth: true, enable_jwt_auth: false }
    expect(errorsOf({ general, auth: { issuers: [ISSUER] }, env: OAUTH })).toEqual([
      expect.stringContaining('enable_jwt_auth: true'),
    ])
  })
})
