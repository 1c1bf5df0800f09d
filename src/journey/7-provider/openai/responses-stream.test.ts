import { expect, test } from 'vitest'
import { ResponsesStream } from './responses-stream.ts'

const SECRET = 'pk7Xq2Zr9Lm4Tn8Vb1Wc6Yd3'
const streamOf = (): ResponsesStream => new ResponsesStream('shown', (id) => `ours-${id}`, [SECRET])

test('INV-31 a response that failed does not tell the key that it failed with', () => {
  const error = { code: 'invalid_api_key', message: `Incorrect API key provided: ${SECRET}` }
  const response = { id: 'resp_1', model: 'theirs', status: 'failed', error }
  const data = JSON.stringify({ type: 'response.failed', response })
  const step = streamOf().step({ event: undefined, data })
  expect(step.kind).toBe('emit-last')
  expect(JSON.stringify(step)).not.toContain(SECRET)
  expect(JSON.stringify(step)).toContain('Incorrect API key provided: [secret]')
  expect(JSON.stringify(step)).toContain('ours-resp_1')
})
