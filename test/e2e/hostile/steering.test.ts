import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import type { MockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'
import { startMockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'
import { headerValues } from '../../support/mock-upstream/requests.ts'
import type { Answer, Ask, LedgerRow, Stand } from './support/stand.ts'
import { CHAT, UPSTREAM_KEY, chatBody, ledgerRows, startStand, stillServes, valueAt } from './support/stand.ts'

let stand: Stand
/** Where an attacker would like the call to go. */
let elsewhere: MockUpstream
let honest: LedgerRow

beforeAll(async () => {
  elsewhere = await startMockUpstream()
  stand = await startStand({
    configure: (upstream) => ({
      model_list: ['mock-ok', 'mock-dear'].map((name) =>
        mockModel(name, upstream.apiBase, name === 'mock-dear' ? { model: 'openai/mock-echo' } : {}),
      ),
    }),
  })
  const id = await callWith({ body: chatBody('mock-ok') })
  honest = await rowOf(id)
})

afterAll(async () => {
  await stand.close()
  await elsewhere.close()
})

let counter = 0

async function callWith(ask: Omit<Ask, 'path'> & { readonly path?: string }): Promise<string> {
  const id = `honest-${(counter += 1)}`
  await stand.asCaller({ path: CHAT, ...ask, headers: { ...ask.headers, 'x-litellm-call-id': id } })
  return id
}

async function rowOf(id: string): Promise<LedgerRow> {
  const [row] = await ledgerRows(stand, [id])
  if (row === undefined) throw new Error(`no row for ${id}`)
  return row
}

/** What a caller may send in the hope that it reaches the provider library's settings. */
function steering(): readonly (readonly [name: string, value: unknown])[] {
  const base = elsewhere.apiBase
  return [
    ['api_base', base],
    ['base_url', base],
    ['apiBase', base],
    ['baseURL', base],
    ['api_key', 'sk-caller-chosen-key'],
    ['api_version', '2020-01-01'],
    ['custom_llm_provider', 'azure'],
    ['organization', 'org-evil'],
    ['project', 'proj-evil'],
    ['region', '169.254.169.254#'],
    ['region_name', 'evil.example/'],
    ['aws_region_name', 'x@evil'],
    ['aws_access_key_id', 'AKIAEVIL'],
    ['aws_bedrock_runtime_endpoint', base],
    ['aws_sts_endpoint', base],
    ['vertex_location', 'a:80'],
    ['vertex_project', 'evil'],
    ['vertex_credentials', '{}'],
    ['azure_ad_token', 'evil'],
    ['azure_endpoint', base],
    ['headers', { 'x-evil': '1' }],
    ['extra_headers', { host: 'evil.example', authorization: 'Bearer sk-evil', 'x-evil': '1' }],
    ['extra_query', { 'x-evil': '1' }],
    ['default_headers', { 'x-evil': '1' }],
    ['proxy', base],
    ['ssl_verify', false],
    ['ssl_certificate', '/etc/passwd'],
    ['client', {}],
    ['http_client', {}],
    ['input_cost_per_token', 0],
    ['output_cost_per_token', -1],
    ['input_cost_per_second', 0],
    ['cost_per_query', 0],
    ['custom_pricing', true],
    ['model_info', { input_cost_per_token: 0, id: 'evil', api_base: base }],
    ['spend', -100],
    ['response_cost', 0],
    ['litellm_params', { api_base: base, api_key: 'sk-caller-chosen-key' }],
    ['litellm_embedding_config', { api_base: base }],
    ['litellm_call_id', 'evil'],
    ['litellm_logging_obj', {}],
    ['proxy_server_request', { url: base }],
    ['secret_fields', { raw_headers: {} }],
    ['user_api_key_dict', { user_role: 'proxy_admin' }],
    ['user_config', { model_list: [] }],
    ['router_settings', { num_retries: 9 }],
    ['model_list', [{ model_name: 'mock-ok', litellm_params: { model: 'openai/x', api_base: base } }]],
    ['specific_deployment', true],
    ['callbacks', ['langfuse']],
    ['success_callback', ['langfuse']],
    ['failure_callback', ['langfuse']],
    ['langfuse_host', base],
    ['langfuse_public_key', 'evil'],
    ['langfuse_secret_key', 'evil'],
    ['langsmith_base_url', base],
    ['gcs_bucket_name', 'evil'],
    ['logger_fn', 'evil'],
    ['no-log', true],
    ['turn_off_message_logging', true],
    ['disable_guardrails', true],
    ['disable_global_guardrail', true],
    ['guardrails', []],
    ['mock_response', 'free'],
    ['mock_tool_calls', []],
    ['mock_timeout', true],
    ['mock_delay', 1],
    ['prompt_id', 'evil'],
    ['prompt_variables', {}],
    ['timeout', 1e9],
  ]
}

const isRefusal = (answer: Answer): boolean => answer.status >= 400 && answer.status < 500

/** The whole promise: the call was refused, or it went where and as what it would have gone without the trick. */
async function changesNothing(ask: Omit<Ask, 'path'> & { readonly path?: string }): Promise<void> {
  const before = { here: stand.upstream.requests.total, there: elsewhere.requests.total, seen: elsewhere.connections() }
  const id = `trick-${(counter += 1)}`

  const answer = await stand.asCaller({ path: CHAT, ...ask, headers: { ...ask.headers, 'x-litellm-call-id': id } })

  expect(elsewhere.connections()).toBe(before.seen)
  expect(elsewhere.requests.total).toBe(before.there)
  if (isRefusal(answer)) {
    expect(stand.upstream.requests.total, 'refused, and forwarded all the same').toBe(before.here)
    expect(answer.text).not.toContain(UPSTREAM_KEY)
    return
  }
  expect(answer.status, answer.text).toBe(200)
  expect(stand.upstream.requests.total).toBe(before.here + 1)
  const received = stand.upstream.requests.last
  if (received === undefined) throw new Error('nothing was received')
  expect(received.url).toBe('/v1/chat/completions')
  expect(headerValues(received, 'authorization')).toEqual([`Bearer ${UPSTREAM_KEY}`])
  expect(headerValues(received, 'host')).toEqual([`127.0.0.1:${stand.upstream.port}`])
  expect(JSON.stringify(received.rawHeaders)).not.toMatch(/evil|caller-chosen/)
  expect(received.body.toString()).not.toMatch(/evil|caller-chosen|"api_base"|"api_key"|127\.0\.0\.1/)
  const row = await rowOf(id)
  for (const name of ['spend', 'api_key', 'user', 'model', 'model_id', 'model_group', 'status', 'team_id']) {
    expect(row[name], name).toEqual(honest[name])
  }
}

const CARRIERS: readonly {
  readonly name: string
  readonly carry: (name: string, value: unknown) => Omit<Ask, 'path'> & { readonly path?: string }
}[] = [
  { name: 'the body', carry: (name, value) => ({ body: chatBody('mock-ok', { [name]: value }) }) },
  { name: 'extra_body', carry: (name, value) => ({ body: chatBody('mock-ok', { extra_body: { [name]: value } }) }) },
  { name: 'metadata', carry: (name, value) => ({ body: chatBody('mock-ok', { metadata: { [name]: value } }) }) },
  {
    name: 'litellm_metadata',
    carry: (name, value) => ({ body: chatBody('mock-ok', { litellm_metadata: { [name]: value } }) }),
  },
  {
    name: 'metadata as text',
    carry: (name, value) => ({ body: chatBody('mock-ok', { metadata: JSON.stringify({ [name]: value }) }) }),
  },
  {
    name: 'extra_body in extra_body',
    carry: (name, value) => ({ body: chatBody('mock-ok', { extra_body: { extra_body: { [name]: value } } }) }),
  },
  {
    name: 'litellm_params',
    carry: (name, value) => ({ body: chatBody('mock-ok', { litellm_params: { [name]: value } }) }),
  },
  { name: 'an escaped name', carry: (name, value) => ({ body: escapedName(name, value) }) },
  {
    name: 'the query',
    carry: (name, value) => ({
      path: `${CHAT}?${name}=${encodeURIComponent(asText(value))}`,
      body: chatBody('mock-ok'),
    }),
  },
  {
    name: 'headers',
    carry: (name, value) => {
      const text = asText(value)
      const dashed = name.replaceAll('_', '-')
      return {
        headers: { [name]: text, [`x-litellm-${dashed}`]: text, [`x-pass-${dashed}`]: text },
        body: chatBody('mock-ok'),
      }
    },
  },
]

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function escapedName(name: string, value: unknown): string {
  const escaped = [...name].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
  return JSON.stringify(chatBody('mock-ok')).replace(/\}$/, `,"${escaped}":${JSON.stringify(value)}}`)
}

describe.each(CARRIERS)(
  'INV-17, AC-097, AC-098, AC-099: what a caller sends in $name steers nothing',
  ({ name, carry }) => {
    test.each(steeringNames())('%s', async (parameter) => {
      const value = steering().find(([each]) => each === parameter)?.[1]
      // These two are words of HTTP itself: a Host or proxy of the caller's connection is judged by other tests.
      if (name === 'headers' && ['headers', 'proxy'].includes(parameter)) return
      await changesNothing(carry(parameter, value))
    })
  },
)

function steeringNames(): readonly string[] {
  return [...NAMES]
}

const NAMES = [
  ...[
    'api_base',
    'base_url',
    'apiBase',
    'baseURL',
    'api_key',
    'api_version',
    'custom_llm_provider',
    'organization',
    'project',
  ],
  ...[
    'region',
    'region_name',
    'aws_region_name',
    'aws_access_key_id',
    'aws_bedrock_runtime_endpoint',
    'aws_sts_endpoint',
  ],
  ...['vertex_location', 'vertex_project', 'vertex_credentials', 'azure_ad_token', 'azure_endpoint', 'headers'],
  ...[
    'extra_headers',
    'extra_query',
    'default_headers',
    'proxy',
    'ssl_verify',
    'ssl_certificate',
    'client',
    'http_client',
  ],
  ...['input_cost_per_token', 'output_cost_per_token', 'input_cost_per_second', 'cost_per_query', 'custom_pricing'],
  ...['model_info', 'spend', 'response_cost', 'litellm_params', 'litellm_embedding_config', 'litellm_call_id'],
  ...['litellm_logging_obj', 'proxy_server_request', 'secret_fields', 'user_api_key_dict', 'user_config'],
  ...['router_settings', 'model_list', 'specific_deployment', 'callbacks', 'success_callback', 'failure_callback'],
]
