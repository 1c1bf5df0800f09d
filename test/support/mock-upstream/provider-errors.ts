import type { Refusal } from './script.ts'

/** Error answers in the shapes that OpenAI and Azure OpenAI send. */
interface OpenAiError {
  readonly message: string
  readonly type: string
  readonly param?: string
  readonly code?: string
}

function openAiError(status: number, error: OpenAiError, headers: Refusal['headers'] = {}): Refusal {
  const { message, type, param = null, code = null } = error
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ error: { message, type, param, code } }),
  }
}

const INVALID = 'invalid_request_error'

export const BAD_REQUEST = openAiError(400, {
  message: "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
  type: INVALID,
  param: 'temperature',
  code: 'decimal_above_max_value',
})

export const CONTEXT_LENGTH = openAiError(400, {
  message: "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
  type: INVALID,
  param: 'messages',
  code: 'context_length_exceeded',
})

export const BAD_KEY = openAiError(401, {
  message: 'Incorrect API key provided: sk-mock****1234.',
  type: INVALID,
  code: 'invalid_api_key',
})

export const FORBIDDEN = openAiError(403, {
  message: 'Country, region, or territory not supported',
  type: 'request_forbidden',
  code: 'unsupported_country_region_territory',
})

export const NO_SUCH_MODEL = openAiError(404, {
  message: 'The model `{{model}}` does not exist or you do not have access to it.',
  type: INVALID,
  code: 'model_not_found',
})

export const NO_SUCH_ROUTE = openAiError(404, { message: 'Invalid URL', type: INVALID })

export const REQUEST_TIMEOUT = openAiError(408, { message: 'Request timed out.', type: 'timeout' })

export const UNPROCESSABLE = openAiError(422, { message: 'Unprocessable request.', type: INVALID })

export const RATE_LIMITED = openAiError(
  429,
  {
    message: 'Rate limit reached for {{model}} on requests per min (RPM): Limit 3, Used 3, Requested 1.',
    type: 'requests',
    code: 'rate_limit_exceeded',
  },
  { 'retry-after': '1', 'retry-after-ms': '1000', 'x-ratelimit-remaining-requests': '0' },
)

export const QUOTA_SPENT = openAiError(429, {
  message: 'You exceeded your current quota, please check your plan and billing details.',
  type: 'insufficient_quota',
  code: 'insufficient_quota',
})

export const SERVER_ERROR = openAiError(500, {
  message: 'The server had an error while processing your request.',
  type: 'server_error',
})

export const UNAVAILABLE = openAiError(
  503,
  { message: 'The engine is currently overloaded, please try again later.', type: 'server_error', code: 'overloaded' },
  { 'retry-after': '1' },
)

export const OVERLOADED = openAiError(529, { message: 'Overloaded', type: 'overloaded_error' })

/** A provider that repeats the caller's credential in its error text. */
export const LEAKED_CREDENTIAL = openAiError(401, {
  message: 'Incorrect API key provided: {{authorization}}.',
  type: INVALID,
  code: 'invalid_api_key',
})

export const BAD_GATEWAY_PAGE: Refusal = {
  status: 502,
  headers: { 'content-type': 'text/html' },
  body: '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>',
}

/** An HTML page with status 200: what a captive proxy in between sends. */
export const CAPTIVE_PAGE: Refusal = {
  status: 200,
  headers: { 'content-type': 'text/html' },
  body: '<!doctype html><title>Sign in</title><p>Please sign in to continue.',
}

const filtered = (name: string): object => ({ [name]: { filtered: name === 'violence', severity: 'safe' } })

export const AZURE_CONTENT_FILTER: Refusal = {
  status: 400,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    error: {
      message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
      type: null,
      param: 'prompt',
      code: 'content_filter',
      status: 400,
      innererror: {
        code: 'ResponsibleAIPolicyViolation',
        content_filter_result: Object.assign({}, ...['hate', 'self_harm', 'sexual', 'violence'].map(filtered)),
      },
    },
  }),
}

export const AZURE_NO_RESOURCE: Refusal = {
  status: 404,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ error: { code: '404', message: 'Resource not found' } }),
}

/** A call to this path means that somebody followed the redirect. */
export const REDIRECT_TRAP = '/v1/redirect-trap'

export function redirect(status: 302 | 307): Refusal {
  return { status, headers: { location: REDIRECT_TRAP }, body: '' }
}
