import { expect, test } from 'vitest'
import { makeAsk } from '../../../test/support/make-ask.ts'
import { parseDeploymentId } from '../../domain/ids.ts'
import type { Deployment } from '../../domain/deployment.ts'
import type { JsonObject } from '../../domain/json.ts'
import { readOrder } from './picture-order.ts'

function deploymentWith(defaults: JsonObject): Deployment {
  const id = parseDeploymentId('d')
  if (id === undefined) throw new Error('no id')
  return {
    id,
    group: 'm',
    provider: 'openai',
    upstreamModel: 'm',
    target: { kind: 'canned', reply: undefined },
    entry: {
      name: 'm',
      info: {},
      params: { model: 'openai/m', extraHeaders: new Map(), extraBody: {}, prices: new Map(), defaults },
    },
  }
}

test.each<[string, JsonObject, JsonObject, number, number]>([
  ['nothing said: one, as the model likes', {}, {}, 1, 6_240],
  ['as asked', { n: 3, quality: 'low', size: '1024x1024' }, {}, 3, 272],
  ['as the operator has it', {}, { n: 2, quality: 'medium', size: '1536x1024' }, 2, 1_584],
  ['the caller before the operator', { n: 1, quality: 'high' }, { n: 2, size: '1024x1536' }, 1, 6_240],
  ['null is nothing said', { n: null, quality: null, size: null }, {}, 1, 6_240],
  ['a small picture is no cheaper', { quality: 'low', size: '256x256' }, {}, 1, 272],
  ['a large one is dearer', { quality: 'low', size: '2048x2048' }, {}, 1, 1_088],
  ['within reason', { quality: 'low', size: '99999x99999' }, {}, 1, 17_408],
  ['previews', { quality: 'low', size: '1024x1024', partial_images: 3 }, {}, 1, 572],
  ['previews within reason', { quality: 'low', size: '1024x1024', partial_images: 1e15 }, {}, 1, 1_272],
  ['words of other vendors', { quality: 'hd', size: 'large' }, {}, 1, 6_240],
])('%s', (_what, body, defaults, pictures, tokensEach) => {
  expect(readOrder(makeAsk('image', body), deploymentWith(defaults))).toEqual({ pictures, tokensEach })
})
