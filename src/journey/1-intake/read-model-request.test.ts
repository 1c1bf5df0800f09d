import { expect, test } from 'vitest'
import { OPERATIONS } from './operations.ts'
import { INFERENCE_BOUNDS, parseBody } from './parse-body.ts'
import { readModelRequest } from './read-model-request.ts'
import type { IntakeSettings } from './read-model-request.ts'

const SETTINGS: IntakeSettings = {
  controls: { maxTimeoutMs: 1_000, maxRetries: 2 },
  attribution: { endUserHeaders: [], rejectClientTags: false, stripClientTags: false, requireEndUser: false },
  forcedModels: {},
  alwaysIncludeStreamUsage: false,
  clientMockResponse: false,
}
const NO_HEADERS = { get: () => undefined, repeated: () => false, find: () => undefined }

function verdictOn(model: string, place: 'body' | 'path'): string {
  const body = { ...(place === 'body' ? { model } : {}), messages: [{ role: 'user', content: 'x' }] }
  const parsed = parseBody(JSON.stringify(body), INFERENCE_BOUNDS)
  if (parsed.verdict === 'deny') throw new Error('no body')
  const arrival = { headers: NO_HEADERS, pathModel: place === 'path' ? model : undefined }
  return readModelRequest(OPERATIONS.chat, arrival, parsed.granted, SETTINGS).verdict
}

test.each([
  'a\r\nx-evil: 1',
  'a\nb',
  'a\0b',
  'a\u007f',
  'a\u0085',
  'a\u2028b',
  '\u202etxt',
  'a\ud800',
  '',
  'x'.repeat(513),
])('AC-117 %j is no name of a model, wherever it stands', (name) => {
  expect(verdictOn(name, 'body')).toBe('deny')
  expect(verdictOn(name, 'path')).toBe('deny')
})

test.each(['gpt-4o', 'meta-llama/Llama-3.3-70B', 'ft:gpt-4o:org::id', 'модель', '日本/é😀', 'a b', '*'])(
  '%j may be one',
  (name) => {
    expect(verdictOn(name, 'body')).toBe('allow')
    expect(verdictOn(name, 'path')).toBe('allow')
  },
)

function asked(more: object, clientMockResponse: boolean): ReturnType<typeof readModelRequest> {
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }], ...more })
  const parsed = parseBody(body, INFERENCE_BOUNDS)
  if (parsed.verdict === 'deny') throw new Error('no body')
  const arrival = { headers: NO_HEADERS, pathModel: undefined }
  return readModelRequest(OPERATIONS.chat, arrival, parsed.granted, { ...SETTINGS, clientMockResponse })
}

test.each([
  { mock_response: 'a text' },
  { mock_response: null },
  { mock_testing_fallbacks: true },
  { mock_testing_rate_limit_error: true },
])('%j is obeyed where the operator lets callers test, and goes nowhere', (hook) => {
  const said = asked(hook, true)
  if (said.verdict === 'deny') throw new Error(said.say)
  expect(said.granted.forwarded.map(({ name }) => name)).toEqual(['messages'])
  expect(asked(hook, false).verdict).toBe('deny')
})

test.each([
  { mock_response: { choices: [] } },
  { mock_response: 5 },
  { mock_delay: 1 },
  { mock_timeout: true },
  { mock_tool_calls: [] },
  { mock_testing_anything: true },
])('%j is refused there too: whoever tests does not want to call a provider', (hook) => {
  expect(asked(hook, true)).toMatchObject({ verdict: 'deny', say: expect.stringContaining('mock_') })
})
