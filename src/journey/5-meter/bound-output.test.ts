import { expect, test } from 'vitest'
import { makeAsk } from '../../../test/support/make-ask.ts'
import type { Deployment } from '../../domain/deployment.ts'
import { parseDeploymentId } from '../../domain/ids.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { OperationName } from '../1-intake/operations.ts'
import { boundOutput, limitOutput } from './bound-output.ts'

interface Given {
  readonly defaults?: JsonObject
  readonly info?: JsonObject
  readonly origin?: string
}

function deployment({ defaults = {}, info = {}, origin = 'http://gpu.internal' }: Given = {}): Deployment {
  const id = parseDeploymentId('d')
  if (id === undefined) throw new Error('no id')
  return {
    id,
    group: 'm',
    provider: 'openai',
    upstreamModel: 'm',
    target: {
      kind: 'http',
      host: 'from-our-config',
      wire: 'openai',
      origin,
      basePath: '',
      apiVersion: undefined,
      apiKey: undefined,
      headers: new Map(),
    },
    entry: {
      name: 'm',
      info,
      params: { model: 'openai/m', extraHeaders: new Map(), extraBody: {}, prices: new Map(), defaults },
    },
  }
}

const KNOWN = { litellm_provider: 'openai' }

test.each<[string, OperationName, JsonObject, Given, object]>([
  ['the request says', 'chat', { max_tokens: 10 }, {}, { tokens: 10, choices: 1, from: 'request' }],
  [
    'the larger of two names',
    'chat',
    { max_tokens: 10, max_completion_tokens: 30 },
    {},
    { tokens: 30, choices: 1, from: 'request' },
  ],
  ['for each of several answers', 'chat', { max_tokens: 10, n: 3 }, {}, { tokens: 10, choices: 3, from: 'request' }],
  [
    'also those that are thrown away',
    'completion',
    { max_tokens: 5, n: 2, best_of: 4 },
    {},
    { tokens: 5, choices: 4, from: 'request' },
  ],
  [
    'for each prompt of a list',
    'completion',
    { prompt: ['a', 'b'], max_tokens: 5 },
    {},
    { tokens: 5, choices: 2, from: 'request' },
  ],
  [
    'a list of tokens is one prompt',
    'completion',
    { prompt: [1, 2, 3], max_tokens: 5 },
    {},
    { tokens: 5, choices: 1, from: 'request' },
  ],
  [
    "the Responses API's own name",
    'responses',
    { max_output_tokens: 7 },
    {},
    { tokens: 7, choices: 1, from: 'request' },
  ],
  [
    "the operator's default",
    'chat',
    {},
    { defaults: { max_tokens: 8, n: 2 } },
    { tokens: 8, choices: 2, from: 'request' },
  ],
  [
    'what the operator says of the model',
    'chat',
    {},
    { info: { max_output_tokens: 99 } },
    { tokens: 99, choices: 1, from: 'model' },
  ],
  ['nobody says', 'chat', {}, {}, { tokens: 4096, choices: 1, from: 'nobody' }],
  ['nonsense is no limit', 'chat', { max_tokens: '10' }, {}, { tokens: 4096, choices: 1, from: 'nobody' }],
  ['pictures are no text', 'image', { max_tokens: 10, n: 4 }, {}, { tokens: 0, choices: 1, from: 'model' }],
  ['embeddings write nothing', 'embedding', { max_tokens: 10 }, {}, { tokens: 0, choices: 1, from: 'model' }],
])('the output is bounded: %s', (_name, operation, body, given, bound) => {
  expect(boundOutput(makeAsk(operation, body), deployment(given), KNOWN)).toEqual(bound)
})

test.each<[string, OperationName, JsonObject, string, Given, readonly string[]]>([
  ['is lowered under its own name', 'chat', { max_completion_tokens: 50 }, 'm', {}, ['"max_completion_tokens":20']],
  [
    'is lowered under both names',
    'chat',
    { max_tokens: 50, max_completion_tokens: 5 },
    'm',
    {},
    ['"max_tokens":20', '"max_completion_tokens":5'],
  ],
  ['is added where there is none', 'chat', {}, 'm', {}, ['"max_tokens":20']],
  ['is added under its new name for models that reason', 'chat', {}, 'o4-mini', {}, ['"max_completion_tokens":20']],
  [
    'is added under its new name for the original',
    'chat',
    {},
    'm',
    { origin: 'https://api.openai.com' },
    ['"max_completion_tokens":20'],
  ],
  ['stands in for nonsense', 'chat', { max_tokens: 'many' }, 'm', {}, ['"max_tokens":20']],
  ['comes before a default', 'chat', {}, 'm', { defaults: { max_tokens: 90 } }, ['"max_tokens":20']],
  [
    'is the caller’s alone for models that reason, beside a default under the older name',
    'chat',
    { max_completion_tokens: 5 },
    'o3',
    { defaults: { max_tokens: 90 } },
    ['"max_completion_tokens":5'],
  ],
  [
    'and under the newer one',
    'chat',
    { max_tokens: 5 },
    'o3',
    { defaults: { max_completion_tokens: 90 } },
    ['"max_tokens":5'],
  ],
  [
    'is one of two defaults for them',
    'chat',
    {},
    'o3',
    { defaults: { max_tokens: 9, max_completion_tokens: 7 } },
    ['"max_completion_tokens":7'],
  ],
  ['of responses', 'responses', {}, 'm', {}, ['"max_output_tokens":20']],
])('the limit that goes upstream %s', (_name, operation, body, model, given, members) => {
  const forwarded = limitOutput(makeAsk(operation, { ...body, seed: 1 }), deployment(given), model, 20)
  expect(forwarded.map(({ text }) => text)).toEqual(['"seed": 1', ...members])
})
