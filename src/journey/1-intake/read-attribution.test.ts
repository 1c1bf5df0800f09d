import { expect, test } from 'vitest'
import type { JsonObject } from '../../domain/json.ts'
import { OPERATIONS } from './operations.ts'
import { readAttribution } from './read-attribution.ts'

const SETTINGS = { endUserHeaders: [], rejectClientTags: false, stripClientTags: false, requireEndUser: false }

function kept(body: JsonObject, header?: string, operation = OPERATIONS.chat): unknown {
  const headers = { get: (name: string) => (name === 'x-litellm-spend-logs-metadata' ? header : undefined) }
  const read = readAttribution(operation, body, { ...headers, repeated: () => false }, SETTINGS)
  return read.verdict === 'deny' ? read.problem : read.granted.metadata
}

test('2.3: what a caller notes on its line is kept, from the body, from the header, and from both', () => {
  const noted = { spend_logs_metadata: { trip: 'north', deep: { er: [1] } } }
  expect(kept({ metadata: { app: 'x', ...noted } })).toEqual({ app: 'x', ...noted })
  expect(kept({ litellm_metadata: noted })).toEqual(noted)
  expect(kept({}, '{"trip":"north"}')).toEqual({ spend_logs_metadata: { trip: 'north' } })
  expect(kept({ metadata: noted }, '{"trip":"south","seat":4}')).toEqual({
    spend_logs_metadata: { ...noted.spend_logs_metadata, seat: 4 },
  })
})

test('no name in it can be taken for one of ours, and nothing of it is nothing', () => {
  const claimed = { spend_logs_metadata: { user_api_key_team_id: 'victim', spend: 0 } }
  expect(kept({ metadata: claimed }, '{"user_api_key":"victim"}')).toEqual({})
  expect(kept({ metadata: { spend_logs_metadata: null } })).toEqual({})
  expect(kept({ metadata: { spend_logs_metadata: {} } }, '{}')).toEqual({})
  expect(kept({}, '')).toEqual({})
})

test('where the provider owns `metadata`, what is in it is the provider’s', () => {
  const operation = OPERATIONS.responses
  expect(operation.providerOwnsMetadata).toBe(true)
  expect(kept({ metadata: { spend_logs_metadata: { a: 1 } } }, undefined, operation)).toEqual({})
})

test.each([['[]'], ['north'], ['{'], ['null']])('a header that is %j is refused, not dropped', (header) => {
  expect(kept({}, header)).toBe('bad-request')
})

test('so is what is no object in the body', () => {
  expect(kept({ metadata: { spend_logs_metadata: 'north' } })).toBe('bad-request')
})

test('it counts towards the bound on what is kept', () => {
  expect(kept({ metadata: { spend_logs_metadata: { note: 'm'.repeat(9_000) } } })).toEqual({
    dropped: 'metadata was larger than 8 KiB',
  })
})
