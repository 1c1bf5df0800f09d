import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import type { RealtimeSession } from '../../support/mock-upstream/realtime-session.ts'
import { lineOf, startRig } from '../serving/support/rig.ts'
import type { Rig } from '../serving/support/rig.ts'
import { REALTIME, refusal, respond, talk } from './support/talk.ts'
import type { Talk } from './support/talk.ts'

const MIB = 1_048_576

let rig: Rig

beforeAll(async () => {
  rig = await startRig({
    configure: (mock) => ({
      model_list: [
        mockModel('voice', mock.apiBase, { model: 'openai/upstream-voice' }),
        mockModel('dearer', mock.apiBase, { model: 'openai/upstream-dearer', output_cost_per_token: 1e-4 }),
        mockModel('scribe', mock.apiBase, { model: 'openai/upstream-scribe' }),
        mockModel('elsewhere', mock.apiBase, { api_key: 'sk-another-upstream-secret' }),
        mockModel('open', mock.apiBase),
      ],
    }),
  })
  rig.mock.script('open', { cut: { afterChunks: 3, how: 'stall' } })
})
afterAll(() => rig.close())

async function open(model = 'voice', key?: string): Promise<{ client: Talk; upstream: RealtimeSession }> {
  const client = await talk(rig.gateway, REALTIME + model, { key: key ?? (await rig.newKey()) })
  await client.hear('session.created')
  const upstream = rig.mock.sessions.at(-1)
  if (upstream === undefined) throw new Error('no session')
  return { client, upstream }
}

const typesOf = ({ events }: RealtimeSession): readonly unknown[] => events.map(({ type }) => type)

describe('Z-32 models that a session names', () => {
  test.each([
    ['another model', { type: 'session.update', session: { model: 'dearer' } }],
    ['another model for one response', { type: 'response.create', response: { model: 'dearer' } }],
    [
      'another model to transcribe',
      { type: 'session.update', session: { audio: { input: { transcription: { model: 'dearer' } } } } },
    ],
    [
      'the same in the old way',
      { type: 'session.update', session: { input_audio_transcription: { model: 'dearer' } } },
    ],
    ['a model by the name of the upstream', { type: 'session.update', session: { model: 'upstream-dearer' } }],
    ['a model that there is not', { type: 'session.update', session: { model: 'nothing' } }],
    ['something that is no name', { type: 'session.update', session: { model: ['voice'] } }],
    ['a model in an event of tomorrow', { type: 'session.fork', fork: { model: 'dearer' } }],
  ])('%s goes nowhere where the caller may not use it', async (_, event) => {
    const key = await rig.newKey({ models: ['voice'] })
    const { client, upstream } = await open('voice', key)
    client.say({ ...event, event_id: 'mine' })
    expect(await client.hear('error')).toMatchObject({ error: { event_id: 'mine', message: expect.any(String) } })
    // The session goes on.
    await respond(client)
    expect(typesOf(upstream)).toEqual(['conversation.item.create', 'response.create'])
    client.socket.close()
  })

  test('one that the caller may use is switched to by its own name, and priced as what it is', async () => {
    const { client, upstream } = await open()
    client.say({ type: 'session.update', session: { model: 'dearer', instructions: 'Be brief. model: nothing' } })
    expect(await client.hear('session.updated')).toMatchObject({ session: { model: 'dearer' } })
    expect(upstream.events[0]).toEqual({
      type: 'session.update',
      session: { model: 'upstream-dearer', instructions: 'Be brief. model: nothing' },
    })
    const { id } = await respond(client)
    const line = await lineOf(rig, id)
    expect(line).toMatchObject({ model_group: 'dearer' })
    expect(line.spend).toBeCloseTo(7e-6 + 8e-4, 10)
    client.socket.close()
  })

  test('INV-20: a model that was switched to and is taken away ends the session', async () => {
    const key = await rig.newKey()
    const { client } = await open('voice', key)
    client.say({ type: 'session.update', session: { model: 'dearer' } })
    await client.hear('session.updated')
    expect((await rig.post('/key/update', { key, models: ['voice'] })).status).toBe(200)
    expect((await client.closed).code).toBe(1008)
  })

  test('what the upstream calls its models is not shown', async () => {
    const { client } = await open()
    const transcription = { model: 'scribe', language: 'en' }
    client.say({ type: 'session.update', session: { model: 'voice', input_audio_transcription: transcription } })
    const updated = await client.hear('session.updated')
    expect(updated).toMatchObject({ session: { model: 'voice', input_audio_transcription: transcription } })
    expect(JSON.stringify(client.events)).not.toContain('upstream-')
    client.socket.close()
  })

  test('one behind another credential needs a session of its own', async () => {
    const { client, upstream } = await open()
    client.say({ type: 'session.update', session: { model: 'elsewhere' } })
    expect(await client.hear('error')).toMatchObject({
      error: { message: expect.stringContaining('Open another one') },
    })
    expect(upstream.events).toEqual([])
    client.socket.close()
  })

  test('a name that is written twice is read by nobody', async () => {
    const { client, upstream } = await open('voice', await rig.newKey({ models: ['voice'] }))
    client.socket.send('{"type":"session.update","session":{"model":"voice","model":"dearer"}}')
    expect(await client.hear('error')).toMatchObject({ error: { message: expect.stringContaining('occurs twice') } })
    expect(upstream.events).toEqual([])
    client.socket.close()
  })
})

describe('AT-222 tools that a session offers', () => {
  const offer = (name: string): object => ({ tools: [{ type: 'function', name, parameters: { type: 'object' } }] })

  test.each([
    ['for the session', (name: string) => ({ type: 'session.update', session: offer(name) })],
    ['for one response', (name: string) => ({ type: 'response.create', response: offer(name) })],
  ])('%s must be on the list of the key', async (_, event) => {
    const key = await rig.newKey({ metadata: { allowed_tools: ['weather'] } })
    const { client, upstream } = await open('voice', key)
    client.say(event('launch'))
    expect(await client.hear('error')).toMatchObject({ error: { message: expect.stringContaining("['launch']") } })
    client.say(event('weather'))
    await vi.waitFor(() => expect(upstream.events).toHaveLength(1))
    expect(upstream.events).toEqual([event('weather')])
    client.socket.close()
  })
})

describe('what goes over a session', () => {
  test.each([['hello'], ['[]'], ['""'], ['{"a":'], ['']])(
    '%j is no event: the client is told, and goes on',
    async (text) => {
      const { client, upstream } = await open()
      client.socket.send(text)
      expect(await client.hear('error')).toMatchObject({ error: { type: 'bad_request_error', event_id: null } })
      await respond(client)
      expect(upstream.events).toHaveLength(2)
      client.socket.close()
    },
  )

  test('members that nobody knows go through as they are', async () => {
    const { client, upstream } = await open()
    const event = { type: 'tomorrow.event', new: { deep: [1, 'ß', null], big: 1e21 } }
    client.say(event)
    await vi.waitFor(() => expect(upstream.events).toEqual([event]))
    upstream.sendRaw('{"type":"tomorrow.answer","exact":1.0,"text":"\\u00e9"}')
    await client.hear('tomorrow.answer')
    client.socket.close()
  })

  test('an error of the upstream holds neither its address nor our credential', async () => {
    const { client, upstream } = await open()
    const message = 'Incorrect API key provided: sk-upstream-secret-0123456789 at https://internal.example/v1'
    upstream.send({ type: 'error', error: { type: 'invalid_request_error', message, code: 'bad' } })
    const told = JSON.stringify(await client.hear('error'))
    expect(told).not.toContain('upstream-secret')
    expect(told).not.toContain('internal.example')
    client.socket.close()
  })

  test('a secret that opens the door of the provider is not handed out', async () => {
    const { client, upstream } = await open()
    upstream.send({ type: 'session.updated', session: { client_secret: { value: 'ek_abc', expires_at: 1 } } })
    expect(await client.hear('session.updated')).toMatchObject({ session: { client_secret: null } })
    client.socket.close()
  })

  test('frames of bytes are not spoken here', async () => {
    const { client, upstream } = await open()
    client.socket.send(Buffer.from('{"type":"response.create"}'))
    expect((await client.closed).code).toBe(1003)
    await upstream.closed
    expect(upstream.events).toEqual([])
  })

  test('what an upstream says that is no event ends the session', async () => {
    const { client, upstream } = await open()
    upstream.sendRaw('not json')
    expect((await client.closed).code).toBe(1011)
    expect((await upstream.closed).code).toBe(1000)
  })
})

describe('the end of one side is that of the other', () => {
  test.each([
    ['with a code of its own', 4000, 'so long', { code: 4000, reason: 'so long' }],
    ['in the usual way', 1000, '', { code: 1000, reason: '' }],
    ['without a code', undefined, undefined, { code: 1005, reason: '' }],
  ])('the upstream leaves %s', async (_, code, reason, heard) => {
    const { client, upstream } = await open()
    upstream.close(code, reason)
    expect(await client.closed).toEqual(heard)
  })

  test.each([
    ['with a code of its own', 3999, 'so long', { code: 3999, reason: 'so long' }],
    ['without a code', undefined, undefined, { code: 1005, reason: '' }],
  ])('the client leaves %s', async (_, code, reason, heard) => {
    const { client, upstream } = await open()
    client.socket.close(code, reason)
    expect(await upstream.closed).toEqual(heard)
  })

  test('the upstream is gone without a word', async () => {
    const { client, upstream } = await open()
    upstream.terminate()
    expect(await client.hear('error')).toMatchObject({ error: { type: 'server_error' } })
    expect((await client.closed).code).toBe(1011)
  })

  test('the client is gone without a word', async () => {
    const { client, upstream } = await open()
    client.socket.terminate()
    expect((await upstream.closed).code).toBe(1001)
  })

  test('a reason of the upstream says nothing that it should not', async () => {
    const { client, upstream } = await open()
    upstream.close(4001, 'key sk-upstream-secret-0123456789 is bad')
    expect((await client.closed).reason).not.toContain('upstream-secret')
  })
})

describe('INV-20 what is taken back ends a session that runs', () => {
  test.each([
    ['the key is blocked', '/key/block', (key: string) => ({ key })],
    ['the key is deleted', '/key/delete', (key: string) => ({ keys: [key] })],
    ['the model is taken away', '/key/update', (key: string) => ({ key, models: ['other'] })],
  ])('%s: within five seconds, with 1008', async (_, path, body) => {
    const key = await rig.newKey()
    const { client, upstream } = await open('open', key)
    client.say({ type: 'response.create' })
    const created = await client.hear('response.created')
    const from = performance.now()
    expect((await rig.post(path, body(key))).status).toBe(200)
    expect(await client.hear('error')).toMatchObject({ error: { message: expect.any(String) } })
    expect((await client.closed).code).toBe(1008)
    expect(performance.now() - from).toBeLessThan(5_000)
    await upstream.closed
    const { response } = created as { readonly response: { readonly id: string } }
    expect((await lineOf(rig, response.id)).metadata.cut_short).toBe(true)
  })

  test('a key that ends by itself', async () => {
    const { client } = await open('voice', await rig.newKey({ duration: '2s' }))
    expect((await client.closed).code).toBe(1008)
    expect(client.events.at(-1)).toMatchObject({ type: 'error', error: { type: 'expired_key', code: '401' } })
  })
})

describe('N-39', () => {
  test('no side is offered or given compression', async () => {
    const { client, upstream } = await open()
    expect(client.socket.extensions).toBe('')
    expect(client.headers['sec-websocket-extensions']).toBeUndefined()
    expect(upstream.rawHeaders.map((each) => each.toLowerCase())).not.toContain('sec-websocket-extensions')
    client.socket.close()
  })

  test('a message of 16 MiB passes both ways, and one byte more ends the line', async () => {
    const { client, upstream } = await open()
    const frame = (type: string, length: number): string => {
      const empty = JSON.stringify({ type, audio: '' })
      return JSON.stringify({ type, audio: 'A'.repeat(length - empty.length) })
    }
    client.socket.send(frame('input_audio_buffer.append', 16 * MIB))
    await vi.waitFor(() => expect(upstream.events).toHaveLength(1), { timeout: 10_000 })
    upstream.sendRaw(frame('tomorrow.piece', 16 * MIB))
    await client.hear('tomorrow.piece')
    client.socket.send(frame('input_audio_buffer.append', 16 * MIB + 1))
    expect((await client.closed).code).toBe(1009)
    await upstream.closed
    expect(upstream.events).toHaveLength(1)
  })

  test('of 250 messages at once a hundred pass in a second, and all in the end, in order', async () => {
    const { client, upstream } = await open()
    const from = performance.now()
    for (let i = 0; i < 250; i += 1) client.say({ type: 'input_audio_buffer.append', audio: String(i) })
    await vi.waitFor(() => expect(upstream.events).toHaveLength(250), { timeout: 10_000, interval: 5 })
    expect(upstream.events.map(({ audio }) => Number(audio))).toEqual(Array.from({ length: 250 }, (_, i) => i))
    expect(performance.now() - from).toBeGreaterThanOrEqual(2_000)
    client.socket.close()
  })
})

describe('N-38 whoever reads slowly is waited for', () => {
  test('a client that does not read stops the upstream', async () => {
    const { client, upstream } = await open()
    client.socket.pause()
    const piece = JSON.stringify({ type: 'tomorrow.piece', text: 'x'.repeat(MIB) })
    for (let i = 0; i < 100; i += 1) upstream.sendRaw(piece)
    await vi.waitFor(() => expect(upstream.buffered).toBeLessThan(100 * MIB))
    const waiting = await settled(() => upstream.buffered)
    expect(waiting).toBeGreaterThan(50 * MIB)
    client.socket.resume()
    await vi.waitFor(() => expect(client.events).toHaveLength(101), { timeout: 20_000 })
    client.socket.close()
  })

  test('an upstream that does not read stops the client', async () => {
    const { client, upstream } = await open()
    upstream.pause()
    const piece = JSON.stringify({ type: 'input_audio_buffer.append', audio: 'A'.repeat(MIB) })
    for (let i = 0; i < 90; i += 1) client.socket.send(piece)
    const waiting = await settled(() => client.socket.bufferedAmount)
    expect(waiting).toBeGreaterThan(40 * MIB)
    upstream.resume()
    await vi.waitFor(() => expect(upstream.events).toHaveLength(90), { timeout: 20_000 })
    client.socket.close()
  })
})

/** What a number comes to, when it moves no more. */
async function settled(read: () => number): Promise<number> {
  let last = Number.NaN
  let since = 0
  return await vi.waitFor(
    () => {
      const now = read()
      since = now === last ? since + 1 : 0
      last = now
      if (since < 20) throw new Error('still moving')
      return now
    },
    { timeout: 20_000, interval: 25 },
  )
}

test('sessions are among the calls that metrics count', async () => {
  const { client } = await open()
  await respond(client)
  client.socket.close()
  const { text } = await rig.get('/metrics')
  expect(text).toMatch(/litellm_requests_metric_total\{[^}]*requested_model="voice"[^}]*\} [1-9]/)
  expect(rig.gateway.stdout() + rig.gateway.stderr()).toContain('"call_type":"arealtime"')
})

describe('rates', () => {
  test('each response is a call of its minute; one too many is refused, and the session goes on', async () => {
    const { client, upstream } = await open('voice', await rig.newKey({ rpm_limit: 2 }))
    await respond(client)
    await respond(client)
    client.say({ type: 'response.create', event_id: 'mine' })
    expect(await client.hear('error')).toMatchObject({
      error: { code: '429', event_id: 'mine', message: expect.stringContaining('Rate limit exceeded for api_key') },
    })
    client.say({ type: 'tomorrow.event' })
    await vi.waitFor(() => expect(typesOf(upstream).at(-1)).toBe('tomorrow.event'))
    expect(typesOf(upstream).filter((type) => type === 'response.create')).toHaveLength(2)
    client.socket.close()
  })

  test('what a response used counts at once, and not when the session ends', async () => {
    const { client } = await open('voice', await rig.newKey({ tpm_limit: 10 }))
    await respond(client)
    client.say({ type: 'response.create' })
    expect(await client.hear('error')).toMatchObject({
      error: { message: expect.stringContaining('Limit type: tokens') },
    })
    client.socket.close()
  })

  test('a response that nobody asked for is counted as well, and ends the session where there is no room', async () => {
    const { client } = await open('voice', await rig.newKey({ rpm_limit: 1 }))
    client.say({ type: 'input_audio_buffer.commit' })
    await client.hear('response.done')
    client.say({ type: 'input_audio_buffer.commit' })
    expect((await client.closed).code).toBe(1008)
    expect(client.events.at(-1)).toMatchObject({ type: 'error', error: { code: '429' } })
  })

  test('a session keeps its place among the calls at once until it ends', async () => {
    const key = await rig.newKey({ max_parallel_requests: 1 })
    const { client } = await open('voice', key)
    await respond(client)
    const refused = await refusal(rig.gateway, `${REALTIME}voice`, { key })
    expect(refused).toMatchObject({ status: 403, text: expect.stringContaining('max_parallel_requests') })
    await respond(client)
    client.socket.close()
    await vi.waitFor(async () => (await talk(rig.gateway, `${REALTIME}voice`, { key })).socket.close(), {
      timeout: 5_000,
      interval: 100,
    })
  })
})
