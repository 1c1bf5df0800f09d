import { expect, test } from 'vitest'
import { namedModels } from './named-models.ts'

test.each<[string, string, string, Parameters<typeof namedModels>[2], readonly string[]]>([
  ['in the body', '/v1/chat/completions', '', { model: 'a' }, ['a']],
  ['in the path of Gemini', '/v1beta/models/a:generateContent', '', {}, ['a']],
  ['tuned', '/v1beta/tunedModels/a:generateContent', '', {}, ['a']],
  ['in the path of Azure', '/openai/deployments/a%20b/chat/completions', '', { model: 'c' }, ['a b', 'c']],
  ['in the query', '/v1/realtime', 'x=1&model=a&model=b', undefined, ['a', 'b']],
  ['in a tool', '/v1/responses', '', { model: 'a', tools: [{ type: 't', model: 'b' }] }, ['a', 'b']],
  ['in a batch', '/v1/messages/batches', '', { requests: [{ params: { model: 'a' } }] }, ['a']],
  ['nowhere', '/v1/models/a', 'q=1', { models: ['a'], mode: 'b' }, []],
  ['in words about the caller', '/x', '', { metadata: { model: 'a' } }, []],
  ['in a description of data', '/x', '', { tools: [{ parameters: { properties: { x: { model: 'a' } } } }] }, []],
  ['as something else', '/x', '', { model: { name: 'a' } }, []],
])('%s', (_, path, query, body, models) => {
  expect(namedModels(path, query, body)).toEqual(models)
})
