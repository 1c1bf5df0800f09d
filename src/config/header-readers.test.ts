import { describe, expect, test } from 'vitest'
import { loadYaml, settingsOf, told } from '../../test/support/load-yaml.ts'

function errors(general: object): readonly string[] {
  return told(loadYaml(JSON.stringify({ general_settings: general })), 'error')
}

/** RFC 9110 7.6.1, what frames a message, and what somebody else says in it. */
const NO_KEY_HEADERS =
  'Host connection keep-alive proxy-authorization te trailer Transfer-Encoding upgrade expect content-length content-type content_length accept accept-encoding cookie set-cookie range if-match origin user-agent x-forwarded-for forwarded sec-websocket-protocol traceparent x-litellm-team-id x-litellm-tags litellm-changed-by x-latchkey-hops x-pass-key openai-beta'.split(
    ' ',
  )

describe('the header of the credential', () => {
  test.each(NO_KEY_HEADERS)('%s is refused, with its place', (name) => {
    expect(errors({ litellm_key_header_name: name })).toEqual([
      expect.stringMatching(/^1 general_settings.litellm_key_header_name Not this header: .* such as x-gateway-key\.$/),
    ])
  })

  test.each(NO_KEY_HEADERS)('%s is refused at an endpoint of the operator', (name) => {
    const entry = { path: '/bria', target: 'https://x.example', headers: { litellm_user_api_key: name } }
    expect(errors({ pass_through_endpoints: [entry] })).toEqual([expect.stringContaining('Not this header: ')])
  })

  test.each(['Authorization', 'x-litellm-api-key', 'api-key', 'X-Gateway-Key', 'x-forwarded-access-token', 'token'])(
    '%s can carry it',
    (name) => {
      const settings = settingsOf(JSON.stringify({ general_settings: { litellm_key_header_name: name } }))
      expect(settings.keyHeaderName).toBe(name.toLowerCase())
    },
  )
})

describe('the header of the end user', () => {
  test.each(['authorization', 'X-API-Key', 'x-litellm-api-key', 'cookie', 'proxy-authorization', 'x-auth-token'])(
    '%s is refused: a credential would be written down',
    (name) => {
      const mapping = { header_name: name, litellm_user_role: 'customer' }
      expect(errors({ user_header_name: name })).toEqual([expect.stringContaining('carries a credential')])
      expect(errors({ user_header_mappings: [mapping] })).toEqual([expect.stringContaining('carries a credential')])
    },
  )

  test('it is not the header of the credential', () => {
    const both = { litellm_key_header_name: 'X-Who', user_header_name: 'x-who' }
    expect(errors(both)).toEqual([expect.stringContaining('The same header names the end user')])
    expect(errors({ ...both, user_header_name: 'x-whom' })).toEqual([])
  })
})
