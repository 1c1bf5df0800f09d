import { expect, test } from 'vitest'
import { covers } from './decide-route.ts'

test.each([
  ['/key/generate', '/key/generate', true],
  ['/key', '/key/generate', true],
  ['/ke', '/key/generate', false],
  ['/key/*', '/key/generate', true],
  ['/key/*', '/key', false],
  ['/key/{key}/regenerate', '/key/{key}/regenerate', true],
  ['/key/{key_id}/regenerate', '/key/{key}/regenerate', true],
  ['/key/{key_id}*', '/key/{key}/regenerate', true],
  ['/key/{key_id}', '/key/info', false],
  ['/models/{model_id}', '/models/{model}', true],
  ['/models/gpt-5', '/models/{model}', false],
  ['', '/key/info', false],
  ['info_routes', '/key/info', true],
  ['info_routes', '/key/generate', false],
])('%j covers %s: %s', (entry, path, answer) => {
  expect(covers(entry, path)).toBe(answer)
})
