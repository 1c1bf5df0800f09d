import { expect, test } from 'vitest'
import type { JsonObject } from '../../domain/json.ts'
import type { HeaderReader } from './arrival.ts'
import { OPERATIONS } from './operations.ts'
import { readAttribution } from './read-attribution.ts'
import type { Attribution, AttributionSettings } from './read-attribution.ts'

const SETTINGS: AttributionSettings = {
  endUserHeaders: [],
  rejectClientTags: false,
  stripClientTags: false,
  requireEndUser: false,
}

const DEEP = '['.repeat(2_000) + ']'.repeat(2_000)

function headersOf(values: Readonly<Record<string, string>>): HeaderReader {
  return {
    get: (name) => values[name],
    repeated: () => false,
    find: (fits) => Object.entries(values).find(([name]) => fits(name))?.[1],
  }
}

function read(body: JsonObject, headers: Readonly<Record<string, string>> = {}): Attribution {
  const said = readAttribution(OPERATIONS.chat, body, headersOf(headers), SETTINGS)
  if (said.verdict === 'deny') throw new Error(said.say)
  return said.granted
}

test.each<[what: string, body: JsonObject, headers: Readonly<Record<string, string>>, kept: JsonObject]>([
  ['in metadata', { metadata: { spend_logs_metadata: { trip: 'north' } } }, {}, { trip: 'north' }],
  ['in litellm_metadata', { litellm_metadata: { spend_logs_metadata: { trip: 'north' } } }, {}, { trip: 'north' }],
  ['in a header', {}, { 'x-litellm-spend-logs-metadata': '{"trip":"north"}' }, { trip: 'north' }],
  [
    'in both, and the body wins',
    { metadata: { spend_logs_metadata: { trip: 'north' } } },
    { 'x-litellm-spend-logs-metadata': '{"trip":"south","leg":2}' },
    { trip: 'north', leg: 2 },
  ],
])('gateway-api 2.3: words for the line, %s, are kept', (_what, body, headers, kept) => {
  expect(read(body, headers).metadata).toEqual({ spend_logs_metadata: kept })
})

test.each([
  ['a header that is no JSON', {}, { 'x-litellm-spend-logs-metadata': 'trip=north' }],
  ['a header with a list', {}, { 'x-litellm-spend-logs-metadata': '[1]' }],
  ['a header of a list in a list, over and over', {}, { 'x-litellm-spend-logs-metadata': `{"a":${DEEP}}` }],
  ['a header that says a name twice', {}, { 'x-litellm-spend-logs-metadata': '{"a":1,"a":2}' }],
  ['a text in the body', { metadata: { spend_logs_metadata: 'north' } }, {}],
])('words for the line as %s are refused', (_what, body, headers) => {
  const said = readAttribution(OPERATIONS.chat, body, headersOf(headers), SETTINGS)
  expect(said).toMatchObject({ verdict: 'deny', say: expect.stringContaining('must be') })
})

test('no name in them can be taken for one of ours, and nothing of them is nothing', () => {
  const claimed = { spend_logs_metadata: { user_api_key_team_id: 'victim', spend: 0 } }
  const inHeader = (value: string) => ({ 'x-litellm-spend-logs-metadata': value })
  expect(read({ metadata: claimed }, inHeader('{"user_api_key":"victim"}')).metadata).toEqual({})
  expect(read({ metadata: { spend_logs_metadata: null } }).metadata).toEqual({})
  expect(read({ metadata: { spend_logs_metadata: {} } }, inHeader('{}')).metadata).toEqual({})
  expect(read({}, inHeader('')).metadata).toEqual({})
})

test('what else a caller calls its business by is kept, and no credential', () => {
  const own = { project: 'north', client: 'acme', organization: 'o', region: 'eu', models: 2, tags: ['a'] }
  const secrets = { api_key: 'k', openaiApiKey: 'k', aws_secret_access_key: 'k', password: 'k' }
  expect(read({ metadata: { spend_logs_metadata: { ...own, ...secrets } } }).metadata).toEqual({
    spend_logs_metadata: own,
  })
})

test('they count towards the bound on what is kept', () => {
  expect(read({ metadata: { spend_logs_metadata: { note: 'm'.repeat(9_000) } } }).metadata).toEqual({
    dropped: 'metadata was larger than 8 KiB',
  })
})

test('where the provider owns `metadata`, what is in it is the provider’s', () => {
  const body = { metadata: { spend_logs_metadata: { a: 1 } } }
  expect(readAttribution(OPERATIONS.responses, body, headersOf({}), SETTINGS)).toMatchObject({
    granted: { metadata: {} },
  })
})

test('other names that begin like ours are not kept', () => {
  expect(read({ metadata: { spend_total: 1, user_api_key: 'x', own: 2 } }).metadata).toEqual({ own: 2 })
})

test('gateway-api 2.3: litellm_metadata adds to metadata, and overrides nothing', () => {
  const metadata = { trip: 'north', tags: ['a', 'b'] }
  const { metadata: kept, tags } = read({ metadata, litellm_metadata: { trip: 'south', leg: 2, tags: ['b', 'c'] } })
  expect(kept).toEqual({ trip: 'north', leg: 2 })
  expect(tags).toEqual(['a', 'b', 'c'])
})

test('tags of the gateway in metadata of the provider are none', () => {
  const body = { metadata: { tags: ['theirs'] }, litellm_metadata: { tags: ['ours'] } }
  const said = readAttribution(OPERATIONS.responses, body, headersOf({}), SETTINGS)
  expect(said).toMatchObject({ granted: { tags: ['ours'] } })
})

test.each([
  [{ 'x-litellm-session-id': 's' }, 's'],
  [{ 'x-agent-session-id': 's' }, 's'],
  [{ 'x-agent-session-id': 'other', 'x-litellm-trace-id': 's' }, 's'],
  [{ 'x-session-id': 's' }, 's'],
  [{ 'agent-session-id': 's' }, undefined],
  [{ 'x-session-id-2': 's' }, undefined],
])('gateway-api 2.3: headers %j belong to session %s', (headers, sessionId) => {
  expect(read({}, headers).sessionId).toBe(sessionId)
})

test('gateway-api 6.3: where callers must say for whom they call, silence is refused', () => {
  const settings = { ...SETTINGS, requireEndUser: true }
  const said = (body: JsonObject, headers = {}): unknown =>
    readAttribution(OPERATIONS.chat, body, headersOf(headers), settings)
  for (const body of [{}, { user: '' }, { user: null }]) {
    expect(said(body)).toMatchObject({ verdict: 'deny', problem: 'end-user-missing' })
  }
  expect(said({ user: 'ann' })).toMatchObject({ verdict: 'allow' })
  expect(said({}, { 'x-litellm-end-user-id': 'ann' })).toMatchObject({ granted: { endUserId: 'ann' } })
})

test.each([{ metadata: { tags: ['a'] } }, { litellm_metadata: { tags: [] } }])(
  'gateway-api 2.3: tags in %j are refused by name where callers may send none',
  (body) => {
    const said = readAttribution(OPERATIONS.chat, body, headersOf({}), { ...SETTINGS, rejectClientTags: true })
    expect(said).toMatchObject({ verdict: 'deny', problem: 'tags-forbidden' })
  },
)
