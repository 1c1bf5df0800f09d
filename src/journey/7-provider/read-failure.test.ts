import { expect, test } from 'vitest'
import { failureTold, readFailure } from './read-failure.ts'

const HOUR_MS = 3_600_000
const restAfter = (headers: Record<string, string>): number | undefined =>
  readFailure(429, headers, '{}', [], 0).retryAfterMs

test.each([
  { headers: { 'retry-after': '7' }, ms: 7_000 },
  { headers: { 'retry-after': '1e300' }, ms: HOUR_MS },
  { headers: { 'retry-after': '9'.repeat(40) }, ms: HOUR_MS },
  { headers: { 'retry-after': 'Fri, 01 Jan 2100 00:00:00 GMT' }, ms: HOUR_MS },
  { headers: { 'retry-after-ms': '1e300' }, ms: HOUR_MS },
  { headers: { 'retry-after': '-5' }, ms: undefined },
  { headers: { 'retry-after': 'soon' }, ms: undefined },
])('an upstream that says $headers lets nobody wait for ever', ({ headers, ms }) => {
  expect(restAfter(headers)).toBe(ms)
})

test.each([
  { error: { message: 'no such tool', code: 400 }, failure: 'BadRequestError', status: 400, text: 'no such tool' },
  { error: { message: 'slow down', code: '429' }, failure: 'RateLimitError', status: 429, text: 'slow down' },
  { error: { message: 'no such model', code: 404 }, failure: 'NotFoundError', status: 404, text: 'no such model' },
  { error: { message: 'too hot', code: 1210, status: 400 }, failure: 'BadRequestError', status: 400, text: 'too hot' },
  { error: { message: 'n', code: 'bad', status: 422 }, failure: 'UnprocessableEntityError', status: 422, text: 'n' },
  {
    error: { message: 'prompt is too long', code: 400 },
    failure: 'ContextWindowExceededError',
    status: 400,
    text: 'prompt',
  },
  {
    error: { message: 'n', code: 'context_length_exceeded' },
    failure: 'ContextWindowExceededError',
    status: 400,
    text: 'n',
  },
  {
    error: { message: 'slow down', code: 'rate_limit_exceeded' },
    failure: 'RateLimitError',
    status: 429,
    text: 'slow',
  },
  {
    error: { message: 'at host 10.0.0.7', code: 503 },
    failure: 'InternalServerError',
    status: 500,
    text: 'The upstream',
  },
  { error: 'a key is wrong', failure: 'InternalServerError', status: 500, text: 'The upstream' },
  { error: { message: 'bad key', code: 401 }, failure: 'InternalServerError', status: 500, text: 'The upstream' },
])('an error told under status 200, $error, is $failure', ({ error, failure, status, text }) => {
  const told = failureTold(error, [])
  expect(told).toMatchObject({ failure, status, mayHaveBilled: true })
  expect(told.text).toContain(text)
})

test('what a filter says stays JSON, whatever word the key is', () => {
  const innererror = { code: 'true story', content_filter_result: { hate: { filtered: true, severity: 'high' } } }
  const body = JSON.stringify({ error: { message: 'filtered', code: 'content_filter', innererror } })
  const { details } = readFailure(400, {}, body, ['true'], 0)
  expect(JSON.parse(details ?? '')).toEqual({ innererror: { ...innererror, code: '[secret] story' } })
})

const SECRET = 'pk7Xq2Zr9Lm4Tn8Vb1Wc6Yd3'
const missing = { detail: [{ loc: ['body', 'messages', 0], msg: 'field required', type: 'missing' }, { msg: 'odd' }] }

test.each([
  ['an error', '{"error":{"message":"too hot"}}', 'too hot'],
  ['an error in a list', '[{"error":{"message":"too hot"}}]', 'too hot'],
  ['a list of nothing', '[]', 'The upstream failed with status 400.'],
  ['a list of texts', '["too hot"]', 'The upstream failed with status 400.'],
  ['a text in error', '{"error":"too hot"}', 'too hot'],
  ['a message', '{"object":"error","message":"too hot"}', 'too hot'],
  ['a detail', '{"detail":"too hot"}', 'too hot'],
  ['faults of a body', JSON.stringify(missing), 'body.messages.0: field required; odd'],
  ['plain text', ' too hot\n', 'too hot'],
  ['plain text with a key', `bad ${SECRET}`, 'bad [secret]'],
  ['a detail with a key', `{"detail":"bad ${SECRET}"}`, 'bad [secret]'],
  ['a page', '<html>too hot</html>', 'The upstream failed with status 400.'],
  ['half an object', '{"error":{"mess', 'The upstream failed with status 400.'],
  ['a detail of another kind', '{"detail":[1,{"loc":[]}]}', 'The upstream failed with status 400.'],
  ['nothing', '', 'The upstream failed with status 400.'],
])('1.5: what the upstream says, as %s, is told to the caller', (_how, body, text) => {
  expect(readFailure(400, {}, body, [SECRET], 0).text).toBe(text)
})

test('a prompt that is too long is known by whatever sentence says so', () => {
  expect(readFailure(422, {}, '{"detail":"the prompt is too long"}', [], 0).failure).toBe('ContextWindowExceededError')
})
