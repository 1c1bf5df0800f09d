import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bearer, mockModel } from '../../support/gateway.ts'
import type { MockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'
import { startMockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'
import { headerValues } from '../../support/mock-upstream/requests.ts'
import { KNOWN_TO_LIBRARIES, RESERVED } from './support/steering-names.ts'
import type { Ask, LedgerRow, Stand } from './support/stand.ts'
import {
  CHAT,
  UPSTREAM_KEY,
  chatBody,
  ledgerRows,
  startStand,
  stillServes,
  stringAt,
  valueAt,
} from './support/stand.ts'

let stand: Stand
/** Where an attacker would like the call to go. */
let elsewhere: MockUpstream
let honest: LedgerRow
/** A key that may call `mock-ok` and `mock-500`, and not `mock-dear`. */
let narrow: string

beforeAll(async () => {
  elsewhere = await startMockUpstream()
  stand = await startStand({
    configure: (upstream) => ({
      model_list: [
        mockModel('mock-ok', upstream.apiBase),
        mockModel('mock-500', upstream.apiBase),
        mockModel('mock-dear', upstream.apiBase, { model: 'openai/mock-echo', info: { id: 'the-dear-deployment' } }),
      ],
      router_settings: { num_retries: 0, disable_cooldowns: true },
    }),
  })
  await stand.asCaller(marked('honest', { path: CHAT, body: chatBody('mock-ok') }))
  const [row] = await ledgerRows(stand, ['honest'])
  honest = row ?? {}
  const made = await stand.asMaster({ path: '/key/generate', body: { models: ['mock-ok', 'mock-500'] } })
  narrow = stringAt(made.text, 'key')
})

afterAll(async () => {
  await stand.close()
  await elsewhere.close()
})

function marked(id: string, ask: Ask): Ask {
  return { ...ask, headers: { ...ask.headers, 'x-litellm-call-id': id } }
}

/** Whose call it was and what it cost: what no caller may write. */
const ATTRIBUTION = [
  'spend',
  'api_key',
  'user',
  'team_id',
  'organization_id',
  'model',
  'model_id',
  'model_group',
  'custom_llm_provider',
  'prompt_tokens',
  'completion_tokens',
  'call_type',
  'status',
]

function attributionOf(row: LedgerRow): Readonly<Record<string, unknown>> {
  const own = Object.fromEntries(ATTRIBUTION.map((name) => [name, row[name]]))
  const names = [
    'user_api_key',
    'user_api_key_alias',
    'user_api_key_team_id',
    'user_api_key_user_id',
    'user_api_key_org_id',
  ]
  const inside = names.map((name) => [name, valueAt(row['metadata'], [name])])
  return { ...own, ...Object.fromEntries(inside) }
}

/**
 * The whole promise: the call is refused and nothing is forwarded, or it goes to the one provider with the one
 * credential. Answers whether it was carried out.
 */
async function goesNowhereElse(ask: Ask, name: string): Promise<boolean> {
  const before = { here: stand.upstream.requests.total, there: elsewhere.connections() }

  const answer = await stand.asCaller(ask)

  expect.soft(elsewhere.connections(), `${name} moved the destination`).toBe(before.there)
  expect.soft(answer.text, name).not.toContain(UPSTREAM_KEY)
  if (answer.status !== 200) {
    expect.soft(answer.status, `${name}: ${answer.text}`).toBeOneOf([400, 401, 403, 415, 422, 431])
    expect.soft(stand.upstream.requests.total, `${name} was refused and forwarded`).toBe(before.here)
    return false
  }
  const received = stand.upstream.requests.last
  expect.soft(stand.upstream.requests.total, `${name} was answered without the provider`).toBe(before.here + 1)
  if (received === undefined) return false
  expect.soft(received.url, name).toBe('/v1/chat/completions')
  expect.soft(headerValues(received, 'authorization'), name).toEqual([`Bearer ${UPSTREAM_KEY}`])
  expect.soft(headerValues(received, 'host'), name).toEqual([`127.0.0.1:${stand.upstream.port}`])
  expect.soft(JSON.stringify(received.rawHeaders), name).not.toMatch(/evil|caller-chosen/)
  return true
}

const CARRIERS: readonly { readonly name: string; readonly carry: (name: string, value: unknown) => Ask }[] = [
  { name: 'the body', carry: (name, value) => inBody({ [name]: value }) },
  { name: 'extra_body', carry: (name, value) => inBody({ extra_body: { [name]: value } }) },
  { name: 'extra_body twice', carry: (name, value) => inBody({ extra_body: { extra_body: { [name]: value } } }) },
  { name: 'metadata', carry: (name, value) => inBody({ metadata: { [name]: value } }) },
  { name: 'metadata as text', carry: (name, value) => inBody({ metadata: JSON.stringify({ [name]: value }) }) },
  { name: 'litellm_metadata', carry: (name, value) => inBody({ litellm_metadata: { [name]: value } }) },
  { name: 'an escaped name', carry: (name, value) => ({ path: CHAT, body: escapedName(name, value) }) },
  {
    name: 'the query',
    carry: (name, value) => ({ ...inBody({}), path: `${CHAT}?${name}=${encodeURIComponent(textOf(value))}` }),
  },
  {
    name: 'headers',
    carry: (name, value) => {
      const dashed = name.replaceAll('_', '-')
      return {
        ...inBody({}),
        headers: { [name]: textOf(value), [`x-${dashed}`]: textOf(value), [`x-pass-${dashed}`]: textOf(value) },
      }
    },
  },
  {
    name: 'x-litellm headers',
    carry: (name, value) => ({ ...inBody({}), headers: { [`x-litellm-${name.replaceAll('_', '-')}`]: textOf(value) } }),
  },
]

function inBody(more: object): Ask {
  return { path: CHAT, body: chatBody('mock-ok', more) }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function escapedName(name: string, value: unknown): string {
  const escaped = Array.from(name, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
  return JSON.stringify(chatBody('mock-ok')).replace(/\}$/, `,"${escaped}":${JSON.stringify(value)}}`)
}

function aimed<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value).replaceAll('{{elsewhere}}', elsewhere.apiBase))
}

describe('INV-17, AC-097, AC-098, AC-099: nothing that a caller sends steers the call', () => {
  test.each(CARRIERS)('in $name', async ({ name: carrier, carry }) => {
    const served: string[] = []
    for (const [name, value] of [...RESERVED, ...KNOWN_TO_LIBRARIES]) {
      const id = `${carrier}: ${name}`.replaceAll(' ', '-')
      const wasServed = await goesNowhereElse(marked(id, carry(name, aimed(value))), name)
      if (!wasServed) continue
      served.push(id)
      const isReserved = RESERVED.some(([reserved]) => reserved === name)
      const body = stand.upstream.requests.last?.body.toString() ?? ''
      if (isReserved) expect.soft(body, `${name} reached the provider`).not.toContain(`"${name}"`)
    }
    for (const row of await ledgerRows(stand, served)) {
      expect
        .soft(attributionOf(row), String(valueAt(row, ['metadata', 'litellm_call_id'])))
        .toEqual(attributionOf(honest))
    }
  })

  test.each([
    ['/v1/completions', { model: 'mock-ok', prompt: 'x' }],
    ['/v1/embeddings', { model: 'mock-ok', input: 'x' }],
    ['/v1/responses', { model: 'mock-ok', input: 'x' }],
    ['/v1/images/generations', { model: 'mock-ok', prompt: 'x' }],
    ['/v1/moderations', { model: 'mock-ok', input: 'x' }],
    ['/openai/deployments/mock-ok/chat/completions', { messages: [{ role: 'user', content: 'x' }] }],
    ['/engines/mock-ok/chat/completions', { messages: [{ role: 'user', content: 'x' }] }],
  ])('%s has the same gate as chat', async (path, body) => {
    for (const [name, value] of RESERVED) {
      for (const more of [{ [name]: value }, { extra_body: { [name]: value } }]) {
        const before = { here: stand.upstream.requests.total, there: elsewhere.connections() }
        const { status } = await stand.asCaller({ path, body: { ...body, ...aimed(more) } })
        const received = stand.upstream.requests.last
        expect.soft(elsewhere.connections(), name).toBe(before.there)
        if (stand.upstream.requests.total === before.here) {
          expect.soft(status, name).toBeLessThan(500)
          continue
        }
        expect.soft(received?.body.toString(), `${name} reached the provider`).not.toContain(`"${name}"`)
        expect.soft(JSON.stringify(received?.rawHeaders), name).not.toMatch(/evil|caller-chosen/)
      }
    }
  })

  test('metadata that a provider owns carries no parameters either', async () => {
    for (const [name, value] of RESERVED) {
      const before = stand.upstream.requests.total
      const body = { model: 'mock-ok', input: 'x', metadata: { [name]: textOf(aimed(value)) } }
      const { status } = await stand.asCaller({ path: '/v1/responses', body })
      const sent = stand.upstream.requests.total > before ? stand.upstream.requests.last?.body.toString() : ''
      expect.soft(status, name).toBeLessThan(500)
      expect.soft(sent, `${name} reached the provider`).not.toContain(`"${name}"`)
    }
  })

  test('names inside messages and tool schemas are data and pass', async () => {
    const tools = [
      { type: 'function', function: { name: 'f', parameters: { properties: { region: {}, api_base: {} } } } },
    ]
    const messages = [{ role: 'user', content: 'set api_base and api_key, please' }]

    const { status } = await stand.asCaller({ path: CHAT, body: { model: 'mock-ok', messages, tools } })

    expect(status).toBe(200)
    expect(stand.upstream.requests.last?.body.toString()).toContain('"api_base":{}')
  })
})

describe('AC-100, Z-32: a model that the key lacks is never called', () => {
  const dear = 'mock-dear'
  const tricks: readonly (readonly [name: string, ask: Ask])[] = [
    ['by its name', { path: CHAT, body: chatBody(dear) }],
    ['in a list', { path: CHAT, body: chatBody(`mock-ok,${dear}`) }],
    ['in a list with a space', { path: CHAT, body: chatBody(`mock-ok, ${dear}`) }],
    ['alone in a list', { path: CHAT, body: chatBody(`${dear},`) }],
    ['as an array', { path: CHAT, body: { ...chatBody(''), model: ['mock-ok', dear] } }],
    ['by its deployment id', { path: CHAT, body: chatBody('the-dear-deployment') }],
    ['by its name at the provider', { path: CHAT, body: chatBody('openai/mock-echo') }],
    ['by its bare name at the provider', { path: CHAT, body: chatBody('mock-echo') }],
    ['in other case', { path: CHAT, body: chatBody('Mock-Dear') }],
    ['with a space', { path: CHAT, body: chatBody(' mock-dear') }],
    ['in the path', { path: `/openai/deployments/${dear}/chat/completions`, body: chatBody('mock-ok') }],
    ['in the path of an engine', { path: `/engines/${dear}/chat/completions`, body: chatBody('mock-ok') }],
    ['in an encoded path', { path: `/engines/mock%2Ddear/chat/completions`, body: chatBody('mock-ok') }],
    ['in the query', { path: `${CHAT}?model=${dear}`, body: chatBody('mock-ok') }],
    ['in the body, another in the path', { path: '/engines/mock-ok/chat/completions', body: chatBody(dear) }],
    ['as a fallback', { path: CHAT, body: chatBody('mock-500', { fallbacks: [dear] }) }],
    ['as a fallback object', { path: CHAT, body: chatBody('mock-500', { fallbacks: [{ model: dear }] }) }],
    ['as a mapped fallback', { path: CHAT, body: chatBody('mock-500', { fallbacks: [{ 'mock-500': [dear] }] }) }],
    [
      'as a context fallback',
      { path: CHAT, body: chatBody('mock-500', { context_window_fallback_dict: { 'mock-500': dear } }) },
    ],
    [
      'as a listed context fallback',
      { path: CHAT, body: chatBody('mock-500', { context_window_fallbacks: [{ 'mock-500': [dear] }] }) },
    ],
    [
      'as a policy fallback',
      { path: CHAT, body: chatBody('mock-500', { content_policy_fallbacks: [{ 'mock-500': [dear] }] }) },
    ],
    ['as a default fallback', { path: CHAT, body: chatBody('mock-500', { default_fallbacks: [dear] }) }],
    ['as a fallback in metadata', { path: CHAT, body: chatBody('mock-500', { metadata: { fallbacks: [dear] } }) }],
    ['as a fallback in extra_body', { path: CHAT, body: chatBody('mock-500', { extra_body: { fallbacks: [dear] } }) }],
    ['as a model in extra_body', { path: CHAT, body: chatBody('mock-ok', { extra_body: { model: dear } }) }],
    [
      'as the provider model in extra_body',
      { path: CHAT, body: chatBody('mock-ok', { extra_body: { model: 'mock-echo' } }) },
    ],
    [
      'in a tool',
      { path: CHAT, body: chatBody('mock-ok', { tools: [{ type: 'image_generation', model: 'mock-echo' }] }) },
    ],
    ['deep in a tool', { path: CHAT, body: chatBody('mock-ok', { tools: [{ a: [{ model: 'mock-echo' }] }] }) }],
    [
      'in a tool in extra_body',
      { path: CHAT, body: chatBody('mock-ok', { extra_body: { tools: [{ type: 'x', model: 'mock-echo' }] } }) },
    ],
    [
      'in a tool of a response',
      { path: '/v1/responses', body: { model: 'mock-ok', input: 'x', tools: [{ type: 'x', model: 'mock-echo' }] } },
    ],
    ['by an alias', { path: CHAT, body: chatBody('mock-ok', { aliases: { 'mock-ok': dear } }) }],
    ['by a group alias', { path: CHAT, body: chatBody('mock-ok', { model_group_alias: { 'mock-ok': dear } }) }],
    ['by a header', { path: CHAT, headers: { 'x-litellm-model': dear, 'x-model': dear }, body: chatBody('mock-ok') }],
    [
      'as a testing fallback',
      { path: CHAT, body: chatBody('mock-ok', { mock_testing_fallbacks: true, fallbacks: [dear] }) },
    ],
  ]
  test.each(tricks)('%s', async (_, ask) => {
    const billed = stand.upstream.bill.entries.length

    const { status } = await stand.call({ ...ask, headers: { ...ask.headers, ...bearer(narrow) } })

    expect(stand.upstream.bill.entries.slice(billed).map((entry) => entry.model)).not.toContain('mock-echo')
    expect(stand.upstream.requests.last?.body.toString() ?? '').not.toContain('"model":"mock-echo"')
    expect([200, 400, 401, 403, 404, 500]).toContain(status)
  })

  test('it is in no list and has no page', async () => {
    for (const path of ['/v1/models', '/model/info', '/v2/model/info', '/model_group/info', '/v1/models/mock-dear']) {
      const { text } = await stand.call({ path, headers: bearer(narrow) })
      expect(text.replace('/v1/models/mock-dear', ''), path).not.toMatch(/mock-echo|the-dear-deployment/)
      if (path !== '/v1/models/mock-dear') expect(text, path).not.toContain('mock-dear')
    }
  })
})

describe('AC-101: whose call it was follows from the credential alone', () => {
  const claims = {
    user_api_key: 'victim',
    user_api_key_hash: 'victim',
    user_api_key_alias: 'victim',
    user_api_key_user_id: 'victim',
    user_api_key_team_id: 'victim',
    user_api_key_team_alias: 'victim',
    user_api_key_org_id: 'victim',
    user_api_key_end_user_id: 'victim',
    team_id: 'victim',
    spend_logs_metadata: { user_api_key: 'victim' },
  }
  const headers = {
    'x-litellm-user-id': 'victim',
    'x-litellm-team-id': 'victim',
    'x-litellm-key-alias': 'victim',
    'x-litellm-organization-id': 'victim',
    'x-litellm-response-cost': '0',
    'x-litellm-user-role': 'proxy_admin',
    'x-litellm-spend-logs-metadata': '{"user_api_key_user_id":"victim"}',
    'litellm-changed-by': 'victim',
    'x-forwarded-user': 'victim',
    'x-forwarded-email': 'victim@example.com',
  }
  const SPOOFS: readonly (readonly [name: string, ask: Ask])[] = [
    ['metadata', inBody({ metadata: claims })],
    ['litellm_metadata', inBody({ litellm_metadata: claims })],
    ['the body', inBody(claims)],
    ['user', inBody({ user: 'victim' })],
    ['headers', { ...inBody({}), headers }],
  ]
  test.each(SPOOFS)('%s', async (name, ask) => {
    const id = `spoof-${name}`
    const { status } = await stand.asCaller(marked(id, ask))
    if (status === 400) return

    expect(status).toBe(200)
    const [row] = await ledgerRows(stand, [id])
    expect(attributionOf(row ?? {})).toEqual(attributionOf(honest))
  })

  test('a call id that was used before makes a new line, not another one', async () => {
    await stand.asCaller(marked('used-twice', inBody({})))
    await stand.asCaller(marked('used-twice', inBody({})))

    await expect
      .poll(async () => (await ledgerRows(stand, ['used-twice'])).length, { timeout: 8_000 })
      .toBeGreaterThanOrEqual(2)
  })
})

test('INV-25: after all of the above the same process serves the next caller', async () => {
  expect(await stillServes(stand)).toBe(true)
})

describe('INV-19: objects of the provider, which everybody shares, can be named in no spelling', () => {
  const file = (name: string): string =>
    `{"model":"mock-ok","messages":[{"role":"user","content":[{"type":"file","file":{"${name}":"file-abc"}}]}]}`

  test.each(['file_id', 'file\\u005fid', '\\u0066ile_id', '\\u0066\\u0069\\u006C\\u0065_id'])('%s', async (name) => {
    const forwarded = stand.upstream.requests.total
    const { status, text } = await stand.asCaller({ path: CHAT, body: file(name) })
    expect(status, text).toBe(404)
    expect(stand.upstream.requests.total).toBe(forwarded)
  })

  test('escapes that mean something else are data', async () => {
    const { status } = await stand.asCaller({ path: CHAT, body: file('n\\u0061me') })
    expect(status).toBe(200)
  })
})
