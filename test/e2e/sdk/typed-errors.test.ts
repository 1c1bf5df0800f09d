import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { errorOf, startRig } from '../serving/support/rig.ts'
import type { Rig } from '../serving/support/rig.ts'

let rig: Rig
let client: OpenAI

const UPSTREAM_FAILURES = [
  'mock-400',
  'mock-400-context',
  'mock-400-filter',
  'mock-401',
  'mock-403',
  'mock-404',
  'mock-408',
  'mock-422',
  'mock-429',
  'mock-500',
  'mock-502',
  'mock-503',
  'mock-html',
  'mock-reset-at-once',
]

beforeAll(async () => {
  rig = await startRig({
    configure: ({ apiBase }) => ({
      model_list: [
        mockModel('plain', apiBase),
        ...UPSTREAM_FAILURES.map((name) => mockModel(name, apiBase)),
        mockModel('nowhere', 'http://127.0.0.1:9/v1'),
      ],
      router_settings: { num_retries: 0 },
    }),
  })
  client = rig.client(await rig.newKey())
})

afterAll(() => rig.close())

const HELLO: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hello' }]

type ErrorClass = abstract new (...args: never[]) => Error

test.each<[string, ErrorClass, number, string]>([
  ['mock-400', OpenAI.BadRequestError, 400, 'litellm.BadRequestError: OpenAIException - Invalid'],
  [
    'mock-400-context',
    OpenAI.BadRequestError,
    400,
    "litellm.ContextWindowExceededError: litellm.BadRequestError: OpenAIException - This model's maximum context length",
  ],
  [
    'mock-400-filter',
    OpenAI.BadRequestError,
    400,
    'litellm.ContentPolicyViolationError: litellm.BadRequestError: OpenAIException - The response was filtered',
  ],
  ['mock-401', OpenAI.AuthenticationError, 401, 'litellm.AuthenticationError: OpenAIException - '],
  ['mock-403', OpenAI.PermissionDeniedError, 403, 'litellm.PermissionDeniedError: OpenAIException - '],
  [
    'mock-404',
    OpenAI.NotFoundError,
    404,
    'litellm.NotFoundError: OpenAIException - The model `mock-404` does not exist',
  ],
  ['mock-408', OpenAI.APIError, 408, 'litellm.Timeout: '],
  ['mock-422', OpenAI.UnprocessableEntityError, 422, 'litellm.UnprocessableEntityError: OpenAIException - '],
  [
    'mock-429',
    OpenAI.RateLimitError,
    429,
    'litellm.RateLimitError: RateLimitError: OpenAIException - Rate limit reached',
  ],
  ['mock-500', OpenAI.InternalServerError, 500, 'litellm.InternalServerError: OpenAIException - '],
  ['mock-502', OpenAI.InternalServerError, 502, 'litellm.BadGatewayError: OpenAIException - '],
  ['mock-503', OpenAI.InternalServerError, 503, 'litellm.ServiceUnavailableError: OpenAIException - '],
  ['mock-html', OpenAI.InternalServerError, 502, 'litellm.BadGatewayError: OpenAIException - '],
  ['mock-reset-at-once', OpenAI.InternalServerError, 500, 'litellm.APIConnectionError: OpenAIException - '],
  ['nowhere', OpenAI.InternalServerError, 500, 'litellm.APIConnectionError: OpenAIException - '],
])('upstream trouble of %s is the client’s own typed error', async (model, type, status, says) => {
  for (const stream of [false, true]) {
    const error = await errorOf(client.chat.completions.create({ model, messages: HELLO, stream }))
    expect(error).toBeInstanceOf(type)
    expect(error).toMatchObject({ status, code: String(status) })
    expect(error.message).toContain(says)
    expect(error.message).toContain(`Received Model Group=${model}`)
    expect(error.message).toContain('Available Model Group Fallbacks=None')
    expect(error.headers?.get('x-litellm-call-id')).toMatch(/./)
  }
})

test('a rate limit of the provider says when to come back', async () => {
  const error = await errorOf(client.chat.completions.create({ model: 'mock-429', messages: HELLO }))
  expect(error.headers?.get('retry-after')).toBe('1')
  expect(error.headers?.get('llm_provider-retry-after-ms')).toBe('1000')
  expect(error.type).toBe('throttling_error')
})

test('the parameter that the provider objects to is named', async () => {
  const error = await errorOf(client.chat.completions.create({ model: 'mock-400', messages: HELLO }))
  expect(error.param).toBe('temperature')
})

test('a name that leads nowhere is 400 in the words of the original', async () => {
  const error = await errorOf(client.chat.completions.create({ model: 'nope', messages: HELLO }))
  expect(error).toBeInstanceOf(OpenAI.BadRequestError)
  expect(error.message).toContain(
    "{'error': '/chat/completions: Invalid model name passed in model=nope. Call `/v1/models` to view available models for your key.'}",
  )
  expect(error).toMatchObject({ code: '400', type: 'None', param: 'None' })
})

test('a model that is not listed cannot be retrieved', async () => {
  expect(await errorOf(client.models.retrieve('nope'))).toBeInstanceOf(OpenAI.NotFoundError)
})

test('no key and an unknown key are 401, and neither text shows a key', async () => {
  const nobody = await errorOf(
    client.chat.completions.create({ model: 'plain', messages: HELLO }, { headers: { authorization: null } }),
  )
  expect(nobody).toBeInstanceOf(OpenAI.AuthenticationError)
  expect(nobody.message).toContain('Authentication Error, No api key passed in.')

  const guessed = 'sk-0123456789abcdefghijkl'
  const unknown = await errorOf(rig.client(guessed).chat.completions.create({ model: 'plain', messages: HELLO }))
  expect(unknown).toBeInstanceOf(OpenAI.AuthenticationError)
  expect(unknown).toMatchObject({ type: 'token_not_found_in_db', param: 'key', code: '401' })
  expect(unknown.message).toContain('Authentication Error, Invalid proxy server token passed')
  expect(unknown.message).not.toContain(guessed.slice(3))
})

test('a key’s own bounds are 401 for a model and 403 for a route', async () => {
  const narrow = rig.client(await rig.newKey({ models: ['mock-404'] }))
  const model = await errorOf(narrow.chat.completions.create({ model: 'plain', messages: HELLO }))
  expect(model).toBeInstanceOf(OpenAI.AuthenticationError)
  expect(model).toMatchObject({ type: 'key_model_access_denied', param: 'model' })
  expect(model.message).toContain(
    "key not allowed to access model. This key can only access models=['mock-404']. Tried to access plain",
  )

  const reader = rig.client(await rig.newKey({ key_type: 'read_only' }))
  const route = await errorOf(reader.chat.completions.create({ model: 'plain', messages: HELLO }))
  expect(route).toBeInstanceOf(OpenAI.PermissionDeniedError)
  expect(route).toMatchObject({ status: 403, code: '403' })
})
