import { expect, test } from 'vitest'
import { makeAsk } from '../../../../test/support/make-ask.ts'
import type { Deployment, HttpTarget } from '../../../domain/deployment.ts'
import { parseDeploymentId } from '../../../domain/ids.ts'
import type { JsonObject } from '../../../domain/json.ts'
import { writeModelCall } from './write-request.ts'

const TARGET: HttpTarget = {
  kind: 'http',
  host: 'from-our-config',
  wire: 'openai',
  origin: 'http://gpu.internal',
  basePath: '/v1',
  apiVersion: undefined,
  apiKey: undefined,
  headers: new Map(),
}

interface Given {
  readonly defaults?: JsonObject
  readonly info?: JsonObject
}

function sentTo(model: string, body: JsonObject, { defaults = {}, info = {} }: Given = {}): unknown {
  const id = parseDeploymentId('d')
  if (id === undefined) throw new Error('no id')
  const params = { model: `openai/${model}`, extraHeaders: new Map(), extraBody: {}, prices: new Map(), defaults }
  const entry = { name: 'm', info, params }
  const deployment: Deployment = { id, group: 'm', provider: 'openai', upstreamModel: model, target: TARGET, entry }
  const call = writeModelCall(deployment, TARGET, model, makeAsk('chat', body), { headMs: 1, idleMs: 1 })
  const { model: _, ...rest }: JsonObject = JSON.parse(String(call.body))
  return rest
}

test.each<[what: string, model: string, body: JsonObject, given: Given, sent: JsonObject]>([
  ['o3', 'o3', { max_tokens: 5 }, {}, { max_completion_tokens: 5 }],
  ['gpt-5 of a router', 'openai/gpt-5-mini', { max_tokens: 5 }, {}, { max_completion_tokens: 5 }],
  ['a deployment of o1', 'ours', { max_tokens: 5 }, { info: { base_model: 'azure/o1' } }, { max_completion_tokens: 5 }],
  ['o3 with a preset', 'o3', {}, { defaults: { max_tokens: 7 } }, { max_completion_tokens: 7 }],
  ['o3, and the caller wins', 'o3', { max_tokens: 5 }, { defaults: { max_tokens: 7 } }, { max_completion_tokens: 5 }],
  [
    'o3 and the newer name',
    'o3',
    { max_completion_tokens: 5 },
    { defaults: { max_tokens: 7 } },
    { max_completion_tokens: 5 },
  ],
  ['o3 and both', 'o3', { max_tokens: 5, max_completion_tokens: 6 }, {}, { max_tokens: 5, max_completion_tokens: 6 }],
  ['others', 'gpt-4o', { max_tokens: 5 }, { defaults: { max_tokens: 7 } }, { max_tokens: 5 }],
])(
  'gateway-api 3.4: the limit of an answer goes by the name that the model knows: %s',
  (_what, model, body, given, sent) => {
    expect(sentTo(model, body, given)).toEqual(sent)
  },
)
