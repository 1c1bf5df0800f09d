import { expect, test } from 'vitest'
import { MODEL_IN_PATH, operationOf, splitModelPath } from './operation-paths.ts'

test.each([
  ['/images/generations', 'image'],
  ['/v1/images/generations', 'image'],
  ['/openai/deployments/{model}/images/generations', 'image'],
  ['/engines/{model}/images/generations', undefined],
  ['/engines/{model}/embeddings', 'embedding'],
  ['/openai/deployments/{model}/chat/completions', 'chat'],
  ['/key/generate', undefined],
])('%s asks for %s', (path, name) => {
  expect(operationOf(path)?.name).toBe(name)
})

test.each([
  ['/openai/deployments/', 'a/b/images/generations', 'a/b'],
  ['/openai/deployments/', 'images/generations', undefined],
  ['/engines/', 'a/images/generations', undefined],
])('%s%s is for the model %s', (prefix, rest, model) => {
  const ends = MODEL_IN_PATH.find((each) => each.prefix === prefix)?.ends ?? []
  expect(splitModelPath(rest, ends)?.model).toBe(model)
})
