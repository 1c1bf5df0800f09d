import { afterAll, beforeAll, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { RATE_LIMITED, SERVER_ERROR } from '../../support/mock-upstream/provider-errors.ts'
import { CHAT, chat, startRig } from './support/rig.ts'
import type { Answer, Rig } from './support/rig.ts'

let rig: Rig

beforeAll(async () => {
  rig = await startRig({
    configure: ({ apiBase }) => ({
      model_list: [
        mockModel('late', apiBase),
        mockModel('impatient', apiBase, { timeout: 0.2 }),
        mockModel('shaky', apiBase),
        mockModel('stubborn', apiBase, { num_retries: 1 }),
        mockModel('mock-400', apiBase),
        mockModel('mock-404', apiBase),
        mockModel('mock-422', apiBase),
        mockModel('helped', apiBase),
        mockModel('preset', apiBase, { stream_options: { include_usage: true } }),
        mockModel('endless', apiBase),
      ],
      router_settings: { num_retries: 2, fallbacks: [{ helped: ['shaky'] }] },
    }),
    env: { LITELLM_MAX_STREAMING_DURATION_SECONDS: '2' },
  })
})

afterAll(() => rig.close())

function failsTimes(model: string, times: number): void {
  rig.mock.script(model, { refusal: SERVER_ERROR, times })
}

function retriesOf(answer: Answer): readonly (string | null)[] {
  return [answer.headers.get('x-litellm-attempted-retries'), answer.headers.get('x-litellm-max-retries')]
}

async function countingAsks(ask: () => Promise<Answer>): Promise<{ readonly answer: Answer; readonly asks: number }> {
  const before = rig.mock.requests.total
  const answer = await ask()
  return { answer, asks: rig.mock.requests.total - before }
}

test.each([
  ['the body', { timeout: 0.2 }, {}],
  ['the body, by its other name', { request_timeout: 0.2 }, {}],
  ['a header', {}, { 'x-litellm-timeout': '0.2' }],
])('a timeout in %s ends the wait with 408', async (_where, more, headers) => {
  rig.mock.script('late', { firstByteDelayMs: 20_000 })
  const body = chat('late', { num_retries: 0, ...more })
  const { status, headers: told, text } = await rig.post(CHAT, body, { headers })
  expect(status).toBe(408)
  expect(told.get('x-litellm-timeout')).toBe('0.2')
  expect(text).toContain('litellm.Timeout: ')
  expect(JSON.parse(text)).toMatchObject({ error: { code: '408' } })
})

test.each([true, false])('a deployment’s own timeout is 408, stream or not (stream: %s)', async (stream) => {
  rig.mock.script('impatient', { firstByteDelayMs: 20_000 })
  const { status, headers, text } = await rig.post(CHAT, chat('impatient', { num_retries: 0, stream }))
  expect(status).toBe(408)
  expect(headers.get('x-litellm-timeout')).toBe('0.2')
  expect(text).toContain('Request timed out')
})

test('1.6: an error says how long the router would have waited, and of how many fallbacks there may be', async () => {
  const { headers } = await rig.post(CHAT, chat('mock-400'))
  expect(headers.get('x-litellm-timeout')).toBe('600')
  expect(headers.get('x-litellm-max-fallbacks')).toBe('5')
})

test('an answer that trickles is not cut by a timeout that it keeps', async () => {
  rig.mock.script('late', { words: 5, gapMs: 30 })
  expect((await rig.post(CHAT, chat('late', { timeout: 5, stream: true }))).text).toContain('[DONE]')
})

test('INV-28: a call that timed out may have cost money, so it is in the ledger as cut short', async () => {
  rig.mock.script('late', { firstByteDelayMs: 20_000 })
  const callId = 'timed-out-call-1'
  await rig.post(CHAT, chat('late', { num_retries: 0, timeout: 0.2 }), { headers: { 'x-litellm-call-id': callId } })
  const [line, ...more] = await rig.linesOf(callId)
  expect(line).toMatchObject({ status: 'failure', metadata: { cut_short: true, usage_from: 'estimated' } })
  expect(line?.spend).toBeGreaterThan(0)
  expect(more).toEqual([])
})

test(
  'AC-110: a try that timed out and the one that succeeded are each charged, once',
  { timeout: 20_000 },
  async () => {
    rig.mock.script('late', { firstByteDelayMs: 20_000, times: 1 })
    const callId = 'timed-out-once-1'
    const { status, text } = await rig.post(CHAT, chat('late', { num_retries: 1, timeout: 1 }), {
      headers: { 'x-litellm-call-id': callId },
    })
    expect(status).toBe(200)
    const { id }: { readonly id: string } = JSON.parse(text)
    expect(await rig.linesOf(id)).toMatchObject([{ status: 'success', metadata: { attempted_retries: 1 } }])
    expect(await rig.linesOf(callId)).toMatchObject([
      { status: 'failure', metadata: { cut_short: true, usage_from: 'estimated', attempted_retries: 0 } },
    ])
  },
)

test('what fails twice succeeds at the third try, and the answer says so', { timeout: 20_000 }, async () => {
  failsTimes('shaky', 2)
  const { answer, asks } = await countingAsks(() => rig.post(CHAT, chat('shaky')))
  expect(answer.status).toBe(200)
  expect(asks).toBe(3)
  expect(retriesOf(answer)).toEqual(['2', '2'])
})

test.each([true, false])('num_retries: 0 asks once (stream: %s)', async (stream) => {
  failsTimes('shaky', 1)
  const { answer, asks } = await countingAsks(() => rig.post(CHAT, chat('shaky', { num_retries: 0, stream })))
  expect(answer.status).toBe(500)
  expect(asks).toBe(1)
  expect(retriesOf(answer)).toEqual(['0', '0'])
})

test('a header sets the number of retries as the body does', async () => {
  failsTimes('shaky', 2)
  const headers = { 'x-litellm-num-retries': '1' }
  const { answer, asks } = await countingAsks(() => rig.post(CHAT, chat('shaky'), { headers }))
  expect(answer.status).toBe(500)
  expect(asks).toBe(2)
  expect(answer.text).toContain('LiteLLM Retried: 1 times, LiteLLM Max Retries: 1')
})

test('who wants no fallback gets the retries that a fallback would have spared', { timeout: 20_000 }, async () => {
  rig.mock.script('helped', { refusal: { ...RATE_LIMITED, headers: { 'retry-after': '0' } }, times: 1 })
  const { answer, asks } = await countingAsks(() => rig.post(CHAT, chat('helped', { disable_fallbacks: true })))
  expect(answer.status).toBe(200)
  expect(retriesOf(answer)).toEqual(['1', '2'])
  expect(asks).toBe(2)
})

test('a stream that never ends is ended when the operator said', { timeout: 20_000 }, async () => {
  rig.mock.script('endless', { words: 10_000, gapMs: 20 })
  const { status, text } = await rig.post(CHAT, chat('endless', { stream: true }))
  expect(status).toBe(200)
  expect(text).toMatch(/data: \{"error":\{"message":"litellm\.Timeout: [^\n]*"code":"408"\}\}\n\n$/)
})

test.each([
  { stream: false, sent: undefined },
  { stream: true, sent: { include_usage: true } },
])('preset `stream_options` go out once, and with streams alone (stream: $stream)', async ({ stream, sent }) => {
  await rig.post(CHAT, chat('preset', { stream }))
  const body = rig.mock.requests.last?.body.toString() ?? ''
  expect(JSON.parse(body)['stream_options']).toEqual(sent)
  expect(body.split('"stream_options"')).toHaveLength(stream ? 2 : 1)
})

test('a deployment’s own number of retries holds before the router’s', async () => {
  failsTimes('stubborn', 5)
  const { answer, asks } = await countingAsks(() => rig.post(CHAT, chat('stubborn')))
  expect(answer.status).toBe(500)
  expect(asks).toBe(2)
})

test.each(['mock-400', 'mock-404', 'mock-422'])('what would fail again is not tried again (%s)', async (model) => {
  const { answer, asks } = await countingAsks(() => rig.post(CHAT, chat(model)))
  expect(answer.status).toBe(Number(model.slice(-3)))
  expect(asks).toBe(1)
})

test('AC-110: tries that the provider refused cost nothing; the one that succeeded is charged once', async () => {
  failsTimes('shaky', 1)
  const { text } = await rig.post(CHAT, chat('shaky'))
  const answer: { readonly id: string } = JSON.parse(text)
  const lines = await rig.linesOf(answer.id)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatchObject({ status: 'success', metadata: { attempted_retries: 1 } })
})
