import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { CHAT_COST, STORES, chosenKey, hashOf, query, unique } from '../management/support/desk.ts'
import { errorOf } from '../serving/support/rig.ts'
import { openClients } from './support/clients.ts'
import type { Clients } from './support/clients.ts'

const SOON = { timeout: 10_000, interval: 50 }
const MESSAGES: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hello there' }]

interface Line {
  readonly request_id: string
  readonly api_key: string
  readonly spend: number
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
}

/**
 * What the black-box tests of the compatible gateway ask for (gateway API, 16.2), as an application meets it: the master
 * key `sk-1234`, the official client, and nothing of the answer but what the client makes of it. What administrators see
 * is in management/conformance.test.ts.
 */
describe.each(STORES)('the official client on the %s store', (store) => {
  let clients: Clients

  beforeAll(async () => {
    clients = await openClients(store)
  })

  afterAll(() => clients.close())

  function chat(key: string, model: string, more: object = {}): ReturnType<OpenAI['chat']['completions']['create']> {
    return clients.as(key).chat.completions.create({ model, messages: MESSAGES, ...more })
  }

  async function refused(key: string, model: string, more: object = {}): Promise<InstanceType<typeof OpenAI.APIError>> {
    return errorOf(chat(key, model, more))
  }

  function linesOf(requestId: string): Promise<readonly Line[]> {
    return clients.read(query('/spend/logs', { request_id: requestId }))
  }

  async function spendOf(key: string): Promise<number> {
    return (await clients.read<{ readonly info: { readonly spend: number } }>(`/key/info?key=${hashOf(key)}`)).info
      .spend
  }

  test.each([
    ['the master key', () => 'sk-1234'],
    ['a fresh key', () => clients.newKey()],
    ['the key of a fresh user', async () => (await clients.done<{ readonly key: string }>('/user/new', {})).key],
  ])('%s chats, completes, embeds, paints and streams', async (_what, make) => {
    const client = clients.as(await make())
    const whole = await client.chat.completions.create({ model: 'gpt-4o', messages: MESSAGES })
    expect(whole.choices[0]?.message.content).toMatch(/\S/)
    expect((await client.completions.create({ model: 'gpt-4o', prompt: 'Hello' })).choices[0]?.text).toMatch(/\S/)
    expect((await client.embeddings.create({ model: 'gpt-4o', input: 'Hello' })).data).toHaveLength(1)
    const painted = await client.images.generate({ model: 'gpt-4o', prompt: 'A padlock' })
    expect(
      Buffer.from(painted.data?.[0]?.b64_json ?? '', 'base64')
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG')
    const words = []
    for await (const chunk of await client.chat.completions.create({
      model: 'gpt-4o',
      messages: MESSAGES,
      stream: true,
    }))
      words.push(chunk.choices[0]?.delta.content ?? '')
    expect(words.join('')).toBe(whole.choices[0]?.message.content)
  })

  describe('access', () => {
    test('the list of models is the key’s', async () => {
      const models = clients.as(await clients.newKey({ models: ['gpt-4o-mini'] })).models
      expect((await models.list()).data.map(({ id }) => id)).toEqual(['gpt-4o-mini'])
      expect(await models.retrieve('gpt-4o-mini')).toMatchObject({ id: 'gpt-4o-mini', object: 'model' })
      expect(await errorOf(models.retrieve('gpt-4o'))).toBeInstanceOf(OpenAI.NotFoundError)
    })

    test('another model is 401, and says so', async () => {
      const error = await refused(await clients.newKey({ models: ['gpt-4o-mini'] }), 'gpt-4o')
      expect(error).toBeInstanceOf(OpenAI.AuthenticationError)
      expect(error.message).toContain('not allowed to access model')
    })

    test('a deleted key and one that nobody made are 401', async () => {
      const key = await clients.newKey()
      await chat(key, 'gpt-4o')
      await clients.done('/key/delete', { keys: [key] })
      for (const wrong of [key, chosenKey()])
        expect(await refused(wrong, 'gpt-4o')).toBeInstanceOf(OpenAI.AuthenticationError)
    })

    test('a team’s alias is a model for its keys, and for no others', async () => {
      const team_id = await clients.newTeam({ models: ['gpt-4o-mini'], model_aliases: { fast: 'gpt-4o-mini' } })
      const { response } = await clients
        .as(await clients.newKey({ team_id }))
        .chat.completions.create({ model: 'fast', messages: MESSAGES })
        .withResponse()
      expect(response.headers.get('x-litellm-model-id')).toBe('gpt-4o-mini-deployment')
      expect(await refused(await clients.newKey(), 'fast')).toBeInstanceOf(OpenAI.BadRequestError)
    })

    test('a blocked team’s keys are refused', async () => {
      const team_id = await clients.newTeam()
      const key = await clients.newKey({ team_id })
      await clients.done('/team/block', { team_id })
      const error = await refused(key, 'gpt-4o')
      expect(error).toBeInstanceOf(OpenAI.AuthenticationError)
      expect(error.message).toContain(`Team=${team_id} is blocked`)
    })
  })

  describe('spend', () => {
    test('of a whole answer: one line by its id, and its tokens at their price', async () => {
      const key = await clients.newKey()
      const { id, usage } = await clients.as(key).chat.completions.create({ model: 'gpt-4o', messages: MESSAGES })
      await expectSpent(key, id, usage)
    })

    test('of a stream: the same', async () => {
      const key = await clients.newKey()
      const stream = await clients.as(key).chat.completions.create({
        model: 'gpt-4o',
        messages: MESSAGES,
        stream: true,
        stream_options: { include_usage: true },
      })
      let id = ''
      let usage: OpenAI.CompletionUsage | null | undefined
      for await (const chunk of stream) {
        ;({ id } = chunk)
        usage = chunk.usage ?? usage
      }
      await expectSpent(key, id, usage)
    })

    async function expectSpent(
      key: string,
      id: string,
      usage: OpenAI.CompletionUsage | null | undefined,
    ): Promise<void> {
      const { prompt_tokens = 0, completion_tokens = 0, total_tokens } = usage ?? {}
      const cost = prompt_tokens * 1e-6 + completion_tokens * 2e-6
      expect(cost).toBeCloseTo(CHAT_COST, 8)
      const tokens = { prompt_tokens, completion_tokens, total_tokens }
      await expect
        .poll(() => linesOf(id), SOON)
        .toMatchObject([{ request_id: id, api_key: hashOf(key), spend: expect.closeTo(cost, 8), ...tokens }])
      await expect.poll(async () => (await spendOf(key)).toFixed(8), SOON).toBe(cost.toFixed(8))
    }
  })

  /** Eight tokens of `pricey` cost 0.008; what is asked for is never more. */
  const EIGHT = { max_tokens: 8 }

  describe('budgets', () => {
    test.each([
      ['key', (max_budget: number) => clients.newKey({ max_budget })],
      ['team', async (max_budget: number) => clients.newKey({ team_id: await clients.newTeam({ max_budget }) })],
      [
        'user',
        async (max_budget: number) => (await clients.done<{ readonly key: string }>('/user/new', { max_budget })).key,
      ],
    ])('of a %s: the first call is served, the second is a rate limit that names the budget', async (_whose, make) => {
      const key = await make(0.012)
      await chat(key, 'pricey', EIGHT)
      const error = await refused(key, 'pricey', EIGHT)
      expect(error).toBeInstanceOf(OpenAI.RateLimitError)
      expect(error.message).toMatch(/Budget has been exceeded|ExceededBudget/)
      expect([error.type, error.code]).toEqual(['budget_exceeded', '429'])
    })

    test('of a customer: `user` says whose', async () => {
      const user = unique('customer')
      await clients.done('/customer/new', { user_id: user, max_budget: 0.012 })
      const key = await clients.newKey()
      await chat(key, 'pricey', { ...EIGHT, user })
      expect(await refused(key, 'pricey', { ...EIGHT, user })).toBeInstanceOf(OpenAI.RateLimitError)
      await chat(key, 'pricey', EIGHT)
    })
  })

  test('a blocked customer is refused', async () => {
    const user = unique('customer')
    await clients.done('/customer/block', { user_ids: [user] })
    expect(await refused(await clients.newKey(), 'gpt-4o', { user })).toBeInstanceOf(OpenAI.PermissionDeniedError)
  })

  test('a model that is made now serves now, and once it is deleted it does not', async () => {
    const model_name = unique('new')
    const { litellm_params } = mockModel(model_name, clients.apiBase)
    const { model_id } = await clients.done<{ readonly model_id: string }>('/model/new', { model_name, litellm_params })
    const key = await clients.newKey()
    await chat(key, model_name)
    await clients.done('/model/delete', { id: model_id })
    expect(await refused(key, model_name)).toBeInstanceOf(OpenAI.BadRequestError)
  })

  test('a fallback answers, and the headers say so', async () => {
    const body = { model: 'with-fallback', messages: MESSAGES, mock_testing_fallbacks: true }
    const { response } = await clients
      .as(await clients.newKey())
      .chat.completions.create(body)
      .withResponse()
    expect(Number(response.headers.get('x-litellm-attempted-fallbacks'))).toBeGreaterThanOrEqual(1)
    expect(response.headers.get('x-litellm-model-id')).toBe('gpt-4o-deployment')
  })

  test.each([
    ['nobody-serves-this', OpenAI.BadRequestError, 'Invalid model name passed in model=nobody-serves-this'],
    ['mock-401', OpenAI.AuthenticationError, 'litellm.AuthenticationError'],
    ['mock-404', OpenAI.NotFoundError, 'litellm.NotFoundError'],
    ['mock-429', OpenAI.RateLimitError, 'litellm.RateLimitError'],
  ])('%s raises the matching class', async (model, kind, text) => {
    const error = await refused(await clients.newKey(), model)
    expect(error).toBeInstanceOf(kind)
    expect(error.message).toContain(text)
    expect(error.code).toBe(String(error.status))
  })

  test('each answer has its headers', async () => {
    const { response } = await clients
      .as(await clients.newKey())
      .chat.completions.create({ model: 'gpt-4o', messages: MESSAGES })
      .withResponse()
    expect(response.headers.get('x-litellm-call-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(response.headers.get('x-litellm-model-id')).toBe('gpt-4o-deployment')
    for (const name of ['x-litellm-response-cost', 'x-litellm-key-spend'])
      expect(Number(response.headers.get(name))).toBeCloseTo(CHAT_COST, 9)
  })
})
