import OpenAI, { AzureOpenAI } from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHAT, chat, errorOf, lineOf } from '../serving/support/rig.ts'
import { openStudio, paint } from './support/studio.ts'
import type { Studio } from './support/studio.ts'

const IMAGES = '/v1/images/generations'
const PNG = [137, 80, 78, 71]

/** What the conformance table of the gateway API (16.2) asks for, on both stores; the rest is beside this file. */
describe.each(['embedded', 'postgres'] as const)('pictures on the %s store', (store) => {
  let studio: Studio

  beforeAll(async () => {
    studio = await openStudio(store)
  })

  afterAll(() => studio.close())

  test.each([
    ['the master key', async () => studio.masterKey],
    ['a fresh key', () => studio.newKey()],
    ['the key of a fresh user', () => studio.newUserKey()],
  ])('%s has pictures painted, and the line says what they cost', async (_what, make) => {
    const client = studio.client(await make())
    const { data: answer, response } = await client.images
      .generate({ model: 'tokens', prompt: 'A padlock', n: 2, quality: 'low' })
      .withResponse()
    expect(answer.data).toHaveLength(2)
    for (const { b64_json: base64 = '' } of answer.data ?? [])
      expect([...Buffer.from(base64, 'base64').subarray(0, 4)]).toEqual(PNG)
    expect(answer.usage).toMatchObject({ input_tokens: 3, output_tokens: 544 })

    expect(response.headers.get('x-litellm-response-cost')).toBe('0.021763')
    const line = await lineOf(studio, response.headers.get('x-litellm-call-id') ?? '')
    expect(line).toMatchObject({
      call_type: 'aimage_generation',
      model_group: 'tokens',
      prompt_tokens: 3,
      completion_tokens: 544,
      status: 'success',
      metadata: { pricing: 'priced', usage_from: 'upstream', usage_object: { images: 2 } },
    })
    expect(line.spend).toBeCloseTo(0.021763, 12)
  })

  test('a key is charged for its pictures, and a spent budget paints no more', async () => {
    const key = await studio.newKey({ max_budget: 0.1 })
    const client = studio.client(key)
    await client.images.generate({ ...paint('pictures'), n: 2 })
    expect(await studio.spendOf(key)).toBeCloseTo(0.08, 12)
    const before = studio.mock.requests.total
    const refusal = await errorOf(client.images.generate(paint('pictures')))
    expect(refusal).toBeInstanceOf(OpenAI.RateLimitError)
    expect(refusal).toMatchObject({ status: 429, type: 'budget_exceeded' })
    expect(refusal.message).toContain('Budget has been exceeded!')
    expect(studio.mock.requests.total).toBe(before)
  })
})

describe('pictures', () => {
  let studio: Studio
  let client: OpenAI

  beforeAll(async () => {
    studio = await openStudio('postgres')
    client = studio.client(await studio.newKey())
  })

  afterAll(() => studio.close())

  test('what the caller wrote reaches the provider as it was written, what is ours does not', async () => {
    const wanted = {
      n: 1,
      size: '1024x1024',
      background: 'transparent',
      moderation: 'low',
      user: 'customer-7',
    } as const
    const ours = { metadata: { trace: 'x' }, tags: ['a'], num_retries: 0 }
    await client.images.generate({ ...paint('tokens'), ...wanted, ...ours })
    expect(studio.lastAsk()).toEqual({ ...paint('tokens'), ...wanted })
    expect(studio.mock.requests.last?.url).toBe(IMAGES)
  })

  test('addresses pass as the provider gives them', async () => {
    const answer = await client.images.generate({ ...paint('pictures'), response_format: 'url', n: 3 })
    expect(answer.data?.map(({ url }) => new URL(url ?? '').host)).toEqual(
      Array.from({ length: 3 }, () => 'pictures.example'),
    )
    expect(answer).not.toHaveProperty('model')
  })

  test.each([
    ['/images/generations', paint('tokens')],
    [IMAGES, paint('tokens')],
    ['/openai/deployments/tokens/images/generations?api-version=2025-04-01-preview', { prompt: 'A padlock' }],
    ['/openai/deployments/team/artist/images/generations', { prompt: 'A padlock', model: 'tokens' }],
  ])('%s is the same route', async (path, body) => {
    const { status, text } = await studio.post(path, body)
    expect([status, JSON.parse(text)]).toEqual([200, expect.objectContaining({ data: [expect.anything()] })])
  })

  test.each(['/engines/tokens/images/generations', '/v1/images/edits', '/v1/images/variations'])(
    '%s is no route',
    async (path) => {
      expect((await studio.post(path, { prompt: 'A padlock', model: 'tokens' })).status).toBe(404)
    },
  )

  test('the Azure client is served, and a model at Azure is asked in Azure’s way', async () => {
    const azure = new AzureOpenAI({
      endpoint: studio.gateway.url,
      apiKey: await studio.newKey(),
      apiVersion: '2025-04-01-preview',
      maxRetries: 0,
    })
    expect((await azure.images.generate(paint('at-azure'))).data).toHaveLength(1)
    expect(studio.mock.requests.last?.url).toBe(
      '/openai/deployments/their-painter/images/generations?api-version=2025-04-01-preview',
    )
  })

  test('the model of the path decides, and a model that is not the key’s is 401', async () => {
    const narrow = await studio.newKey({ models: ['tokens'] })
    expect((await studio.client(narrow).images.generate(paint('tokens'))).data).toHaveLength(1)
    const before = studio.mock.requests.total
    const refusal = await errorOf(studio.client(narrow).images.generate(paint('pictures')))
    expect(refusal).toBeInstanceOf(OpenAI.AuthenticationError)
    expect(refusal.message).toMatch(/not allowed to access model/i)
    const inPath = await studio.post('/openai/deployments/pictures/images/generations', paint('tokens'), {
      key: narrow,
    })
    expect(inPath.status).toBe(401)
    expect(studio.mock.requests.total).toBe(before)
  })

  test('a key for other routes paints nothing, one for this route does', async () => {
    const chatOnly = await studio.newKey({ allowed_routes: ['/v1/chat/completions'] })
    expect((await studio.post(IMAGES, paint('tokens'), { key: chatOnly })).status).toBe(403)
    for (const route of [IMAGES, 'llm_api_routes', 'openai_routes']) {
      const key = await studio.newKey({ allowed_routes: [route] })
      expect((await studio.post(IMAGES, paint('tokens'), { key })).status).toBe(200)
    }
  })

  test.each<[string, number, new (...never: never[]) => Error]>([
    ['mock-400', 400, OpenAI.BadRequestError],
    ['mock-400-filter', 400, OpenAI.BadRequestError],
    ['mock-404', 404, OpenAI.NotFoundError],
    ['mock-422', 422, OpenAI.UnprocessableEntityError],
    ['mock-429', 429, OpenAI.RateLimitError],
    ['mock-500', 500, OpenAI.InternalServerError],
  ])('the provider’s %s is the client’s typed error', async (model, status, kind) => {
    const failure = await errorOf(client.images.generate(paint(model)))
    expect(failure.status).toBe(status)
    expect(failure).toBeInstanceOf(kind)
  })

  test.each<[string, object]>([
    ['no prompt', { model: 'tokens' }],
    ['a prompt of parts', { model: 'tokens', prompt: ['a'] }],
    ['none', { ...paint('tokens'), n: 0 }],
    ['more than anybody paints', { ...paint('tokens'), n: 129 }],
    ['half a picture', { ...paint('tokens'), n: 1.5 }],
    ['a number in quotes', { ...paint('tokens'), n: '10' }],
    ['the same beside the body', { ...paint('tokens'), extra_body: { n: '10' } }],
    ['a stream that is neither', { ...paint('tokens'), stream: 'yes' }],
  ])('%s is 400, and nobody is asked', async (_what, body) => {
    const before = studio.mock.requests.total
    const { status, text } = await studio.post(IMAGES, body)
    expect([status, text]).toEqual([400, expect.stringContaining('"type":"bad_request_error"')])
    expect(studio.mock.requests.total).toBe(before)
  })

  test('INV-17: a caller cannot steer where a picture is painted, or for how much', async () => {
    const before = studio.mock.requests.total
    for (const member of [{ api_base: 'http://127.0.0.1:1' }, { output_cost_per_image: 0 }, { api_key: 'sk-other' }]) {
      expect((await studio.post(IMAGES, { ...paint('tokens'), ...member })).status).toBe(400)
      expect((await studio.post(IMAGES, { ...paint('tokens'), extra_body: member })).status).toBe(400)
    }
    expect(studio.mock.requests.total).toBe(before)
  })

  test('a fallback paints what the model cannot', async () => {
    const { data, response } = await client.images.generate(paint('broken')).withResponse()
    expect(data.data).toHaveLength(1)
    expect(response.headers.get('x-litellm-model-group')).toBe('tokens')
  })

  test('the list of models is as before, and says what they are for', async () => {
    expect((await client.models.list()).data.map(({ id }) => id)).toContain('pictures')
    const { text } = await studio.get('/model/info')
    const { data }: { readonly data: readonly { readonly model_name: string; readonly model_info: object }[] } =
      JSON.parse(text)
    expect(data.find(({ model_name: name }) => name === 'pictures')?.model_info).toMatchObject({
      mode: 'image_generation',
      output_cost_per_image: 0.04,
    })
  })

  test('the model without a provider hands out a picture, whole, by address and streamed', async () => {
    const whole = await client.images.generate({ ...paint('demo'), n: 2 })
    const pictures = (whole.data ?? []).map(({ b64_json: base64 = '' }) => base64)
    expect(pictures).toHaveLength(2)
    const byAddress = await client.images.generate({ ...paint('demo'), response_format: 'url' })
    pictures.push((byAddress.data?.[0]?.url ?? '').replace('data:image/png;base64,', ''))
    for await (const event of await client.images.generate({ ...paint('demo'), stream: true }))
      pictures.push(event.b64_json)
    expect(pictures).toHaveLength(4)
    for (const picture of pictures) expect([...Buffer.from(picture, 'base64').subarray(0, 4)]).toEqual(PNG)
    expect((await studio.post(IMAGES, { ...paint('demo'), n: 11 })).status).toBe(400)
  })

  test('what the day’s activity calls it', async () => {
    const day = new Date().toISOString().slice(0, 10)
    const { text } = await studio.get(`/user/daily/activity?start_date=${day}&end_date=${day}`)
    expect(text).toContain('"/images/generations":')
  })

  test('a chat beside it is as it was', async () => {
    expect((await studio.post(CHAT, chat('tokens'))).status).toBe(200)
  })
})
