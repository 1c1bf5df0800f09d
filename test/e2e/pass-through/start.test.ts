import { expect, test } from 'vitest'
import { startGateway } from '../../support/gateway.ts'
import { tryEndpoints, withEndpoints } from './support/stand.ts'

const fine = { path: '/bria', target: 'https://engine.example.com' }

async function told(endpoints: unknown, general: Record<string, unknown> = {}): Promise<string> {
  const outcome = await tryEndpoints(endpoints, general)
  if (outcome.ok) {
    await outcome.gateway.stop()
    return 'started'
  }
  return outcome.stderr
}

test.each<[string, unknown, RegExp]>([
  ['no list', { a: 1 }, /pass_through_endpoints.*Expected a list/s],
  ['no path', [{ target: fine.target }], /path is missing/],
  ['no target', [{ path: '/bria' }], /target is missing/],
  ['an unknown field', [{ ...fine, include_subpaths: true }], /include_subpaths.*Did you mean include_subpath\?/s],
  ['guardrails', [{ ...fine, guardrails: { pii: {} } }], /guardrails.*Not supported/s],
  ['a path of ours', [{ ...fine, path: '/key/generate' }], /serves \/key\/generate/],
  ['the same in other letters', [{ ...fine, path: '/Key/Generate' }], /serves \/key\/generate/],
  ['a path above one of ours', [{ ...fine, path: '/key', include_subpath: true }], /serves \/key\//],
  ['a path of calls', [{ ...fine, path: '/v1/chat/completions' }], /serves \/v1\/chat\/completions/],
  ['all of them', [{ ...fine, path: '/v1', include_subpath: true }], /serves \/v1\//],
  ['a prefix of a provider', [{ ...fine, path: '/anthropic/v1' }], /serves \/anthropic/],
  ['the console', [{ ...fine, path: '/ui/x' }], /serves \/ui/],
  ['a path with a pattern', [{ ...fine, path: '/bria/*' }], /Expected a path/],
  ['a path with a parameter', [{ ...fine, path: '/bria/:id' }], /Expected a path/],
  ['a path that is encoded', [{ ...fine, path: '/bria%2fx' }], /Expected a path/],
  ['a path with dots', [{ ...fine, path: '/bria/../key' }], /Expected a path/],
  ['one path twice', [fine, fine], /An entry before this one/],
  ['no URL', [{ ...fine, target: 'engine' }], /target/],
  ['another scheme', [{ ...fine, target: 'ftp://engine.example.com' }], /target/],
  ['a login in the target', [{ ...fine, target: 'https://a:b@engine.example.com' }], /no credentials/],
  ['a query in the target', [{ ...fine, target: 'https://engine.example.com?a=1' }], /query/],
  ['metadata of a cloud', [{ ...fine, target: 'http://169.254.169.254/latest' }], /never called/],
  ['an odd spelling', [{ ...fine, target: 'https://0x7f.1/' }], /plain name/],
  ['no TLS', [{ ...fine, target: 'http://engine.example.com' }], /plain HTTP goes to this machine only/],
  ['no TLS in a private network', [{ ...fine, target: 'http://10.0.0.1' }], /provider_egress_allow/],
  ['a header that frames', [{ ...fine, headers: { host: 'x' } }], /headers\.host/],
  ['a variable that is not set', [{ ...fine, headers: { x: 'Bearer os.environ/NOT_THERE' } }], /NOT_THERE is not set/],
  ['no header for the key', [{ ...fine, headers: { litellm_user_api_key: 'a b' } }], /litellm_user_api_key/],
  ['a method that is none', [{ ...fine, methods: ['FETCH'] }], /methods/],
  ['a price below nothing', [{ ...fine, cost_per_request: -1 }], /cost_per_request/],
  ['a parser that is none', [{ ...fine, custom_auth_parser: 'mine' }], /custom_auth_parser/],
  ['auth that is neither', [{ ...fine, auth: 'maybe' }], /auth/],
])('the start stops at %s, and says where', async (_, endpoints, says) => {
  const text = await told(endpoints)
  expect(text).toMatch(says)
  expect(text).toMatch(/config\.yaml:\d+/)
})

test('credentials of callers are not passed on, whatever a setting says', async () => {
  expect(await told([fine], { use_client_credentials_pass_through_routes: true })).toMatch(/no credential of a caller/)
})

test('the start stops at nothing of this', async () => {
  const endpoints = [
    { path: '/bria', target: 'http://engine.internal:8080', methods: ['POST'] },
    { path: '/bria', target: 'https://engine.example.com', methods: ['GET'] },
    { path: '/v1/rerank', target: 'https://api.example.com/v1/rerank', cost_per_request: 0.5 },
    { path: '/open', target: 'http://localhost:9', auth: false, headers: { x: 'y' } },
  ]
  const gateway = await startGateway(withEndpoints(endpoints, { provider_egress_allow: ['engine.internal:8080'] }))
  expect(gateway.stderr()).toMatch(/auth.*Everybody who reaches the gateway/s)
  expect(await gateway.stop()).toBe(0)
})
