import OpenAI, { AzureOpenAI } from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { errorOf, startRig } from '../serving/support/rig.ts'
import type { Rig } from '../serving/support/rig.ts'

let rig: Rig

beforeAll(async () => {
  rig = await startRig({
    configure: ({ url, apiBase }) => ({
      model_list: [
        mockModel('plain', apiBase),
        mockModel('team/large', apiBase),
        mockModel('from-azure', url, { model: 'azure/their-deployment', api_version: '2024-10-21' }),
      ],
    }),
  })
})

afterAll(() => rig.close())

function azure(apiKey: string, deployment?: string): AzureOpenAI {
  const at = deployment === undefined ? {} : { deployment }
  return new AzureOpenAI({ endpoint: rig.gateway.url, apiKey, apiVersion: '2024-10-21', maxRetries: 0, ...at })
}

const HELLO: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hello' }]

test('the Azure client is served: its key in `api-key`, its deployment in the path', async () => {
  const client = azure(await rig.newKey({ models: ['plain'] }))
  const answer = await client.chat.completions.create({ model: 'plain', messages: HELLO })
  expect(answer.model).toBe('plain')
  const stream = await client.chat.completions.create({ model: 'plain', messages: HELLO, stream: true })
  expect((await Array.fromAsync(stream)).length).toBeGreaterThan(8)
  expect((await client.embeddings.create({ model: 'plain', input: 'text' })).data).toHaveLength(1)
  expect((await client.completions.create({ model: 'plain', prompt: 'Once' })).choices).toHaveLength(1)
})

test('a deployment name with a slash in it is one name', async () => {
  const client = azure(await rig.newKey(), 'team/large')
  const answer = await client.chat.completions.create({ model: 'team/large', messages: HELLO })
  expect(answer.model).toBe('team/large')
})

test('the deployment in the path decides, whatever the body says', async () => {
  const client = azure(await rig.newKey({ models: ['plain'] }), 'team/large')
  const refusal = await errorOf(client.chat.completions.create({ model: 'plain', messages: HELLO }))
  expect(refusal).toBeInstanceOf(OpenAI.AuthenticationError)
  expect(refusal.message).toContain('Tried to access team/large')
})

test('a model at Azure is asked in Azure’s way', async () => {
  const client = rig.client(await rig.newKey())
  const answer = await client.chat.completions.create({ model: 'from-azure', messages: HELLO })
  expect(answer.model).toBe('from-azure')
  const { url, rawHeaders } = rig.mock.requests.last ?? {}
  expect(url).toBe('/openai/deployments/their-deployment/chat/completions?api-version=2024-10-21')
  expect(rawHeaders?.map((text) => text.toLowerCase())).toContain('api-key')
  expect(rawHeaders?.map((text) => text.toLowerCase())).not.toContain('authorization')
})

test('a wrong key in `api-key` is the client’s own 401', async () => {
  const refusal = await errorOf(azure('sk-nobody').chat.completions.create({ model: 'plain', messages: HELLO }))
  expect(refusal).toBeInstanceOf(OpenAI.AuthenticationError)
})
