import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { RATE_LIMITED, SERVER_ERROR } from '../../support/mock-upstream/provider-errors.ts'
import { CHAT, chat, startRig } from './support/rig.ts'
import type { Rig } from './support/rig.ts'

let rig: Rig

beforeAll(async () => {
  rig = await startRig({
    configure: ({ apiBase }) => {
      const at = (group: string, upstream: string, more: object = {}): Record<string, unknown> =>
        mockModel(group, apiBase, { model: `openai/${upstream}`, ...more })
      return {
        model_list: [
          at('weighted', 'heavy', { weight: 9 }),
          at('weighted', 'light', { weight: 1 }),
          at('even', 'left'),
          at('even', 'right'),
          at('ordered', 'first', { order: 1 }),
          at('ordered', 'second', { order: 2 }),
          at('bounded', 'narrow', { order: 1, max_parallel_requests: 1 }),
          at('bounded', 'wide', { order: 2 }),
          at('single-file', 'single', { max_parallel_requests: 1 }),
        ],
      }
    },
  })
})

beforeEach(() => rig.mock.clear())
afterAll(() => rig.close())

/** How often each upstream model was asked. */
async function spread(group: string, calls: number): Promise<ReadonlyMap<string, number>> {
  for (let done = 0; done < calls; done += 20) {
    const statuses = await Promise.all(Array.from({ length: 20 }, () => rig.post(CHAT, chat(group))))
    expect(new Set(statuses.map(({ status }) => status))).toEqual(new Set([200]))
  }
  const models = rig.mock.bill.entries.map(({ model }) => model)
  return new Map([...Map.groupBy(models, (model) => model)].map(([model, all]) => [model, all.length]))
}

async function upstreamOf(group: string): Promise<string | undefined> {
  const { status } = await rig.post(CHAT, chat(group))
  expect(status).toBe(200)
  return rig.mock.bill.entries.at(-1)?.model
}

test('weights decide how often a deployment is chosen', async () => {
  // Expected 30 of 300 with a standard deviation of 5.2: the bounds are five of them away.
  const light = (await spread('weighted', 300)).get('light') ?? 0
  expect(light).toBeGreaterThan(4)
  expect(light).toBeLessThan(58)
})

test('without weights all deployments are alike', async () => {
  // Expected 100 of 200 with a standard deviation of 7.1.
  const left = (await spread('even', 200)).get('left') ?? 0
  expect(left).toBeGreaterThan(63)
  expect(left).toBeLessThan(137)
})

test('a lower order serves first; its rate limit sends it to rest, and it comes back afterwards', async () => {
  expect(await upstreamOf('ordered')).toBe('first')

  rig.mock.script('first', { refusal: RATE_LIMITED, times: 1 })
  const limited = await rig.post(CHAT, chat('ordered'))
  expect(limited.status).toBe(200)
  expect(limited.headers.get('x-litellm-attempted-retries')).toBe('1')
  expect(rig.mock.bill.entries.at(-1)?.model).toBe('second')

  const before = rig.mock.requests.total
  expect(await upstreamOf('ordered')).toBe('second')
  expect(rig.mock.requests.total).toBe(before + 1)

  // The provider said one second.
  await vi.waitFor(async () => expect(await upstreamOf('ordered')).toBe('first'), { timeout: 4_000, interval: 100 })
})

test('a failed try goes on to the other deployment at once', async () => {
  rig.mock.script('left', { refusal: SERVER_ERROR })
  for (let call = 0; call < 10; call += 1) expect(await upstreamOf('even')).toBe('right')
})

test('a deployment carries no more calls at a time than it may', async () => {
  rig.mock.script('narrow', { firstByteDelayMs: 60_000 })
  const controller = new AbortController()
  const held = fetch(rig.gateway.url + CHAT, {
    method: 'POST',
    headers: { authorization: `Bearer ${await rig.newKey()}` },
    body: JSON.stringify(chat('bounded')),
    signal: controller.signal,
  }).catch(() => undefined)
  await vi.waitFor(() => expect(rig.mock.requests.total).toBe(1), { timeout: 2_000, interval: 10 })

  expect(await upstreamOf('bounded')).toBe('wide')
  controller.abort()
  await held
  rig.mock.script('narrow', {})
  // Its place is free again as soon as the gateway has noticed.
  await vi.waitFor(async () => expect(await upstreamOf('bounded')).toBe('narrow'), { timeout: 2_000, interval: 20 })
})

test('when nobody is left the answer is 429 in the words of the original', async () => {
  rig.mock.script('single', { firstByteDelayMs: 1_000 })
  const held = rig.post(CHAT, chat('single-file'))
  await vi.waitFor(() => expect(rig.mock.requests.total).toBe(1), { timeout: 2_000, interval: 10 })
  const refused = await rig.post(CHAT, chat('single-file'))
  expect(refused.status).toBe(429)
  expect(JSON.parse(refused.text)).toMatchObject({
    error: {
      code: '429',
      message: expect.stringMatching(
        /^No deployments available for selected model, Try again in \d+ seconds\. Passed model=single-file\./,
      ),
    },
  })
  expect((await held).status).toBe(200)
})
