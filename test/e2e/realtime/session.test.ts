import { afterAll, beforeAll, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { headerValues } from '../../support/mock-upstream/requests.ts'
import { startRig } from '../serving/support/rig.ts'
import type { Rig } from '../serving/support/rig.ts'
import { REALTIME, refusal, respond, talk } from './support/talk.ts'

let rig: Rig

beforeAll(async () => {
  rig = await startRig({
    configure: (mock) => ({
      model_list: [
        mockModel('voice', mock.apiBase, { model: 'openai/mock-voice-upstream' }),
        mockModel('refusing', mock.apiBase, { model: 'openai/mock-429' }),
      ],
    }),
  })
  rig.mock.script('mock-voice-upstream', {})
})
afterAll(() => rig.close())

function lastSession(): (typeof rig.mock.sessions)[number] {
  const session = rig.mock.sessions.at(-1)
  if (session === undefined) throw new Error('no session')
  return session
}

test('a session says both ways what either side says, in order', async () => {
  const key = await rig.newKey()
  const session = await talk(rig.gateway, `${REALTIME}voice`, { key })
  const created = await session.hear('session.created')
  expect(created).toMatchObject({ session: { object: 'realtime.session', model: 'voice' } })
  const { id, done } = await respond(session)
  expect(session.events.map(({ type }) => type)).toEqual([
    'session.created',
    'conversation.item.added',
    'response.created',
    ...Array.from({ length: 8 }, () => 'response.output_text.delta'),
    'response.done',
  ])
  expect(done).toMatchObject({ response: { usage: { output_tokens: 8 } } })
  const [line] = await rig.linesOf(id)
  expect(line).toMatchObject({
    call_type: 'arealtime',
    model_group: 'voice',
    prompt_tokens: 7,
    completion_tokens: 8,
    status: 'success',
  })
  expect(line?.spend).toBeCloseTo(7e-6 + 16e-6, 12)
  session.socket.close(4001, 'enough')
  expect(await lastSession().closed).toEqual({ code: 4001, reason: 'enough' })
})

test('the upstream gets our credential, the name that it knows, and nothing of the client', async () => {
  const key = await rig.newKey()
  const session = await talk(rig.gateway, `${REALTIME}voice`, { key, options: { headers: { 'x-own': 'mine' } } })
  const upstream = lastSession()
  expect(upstream.url).toBe('/v1/realtime?model=mock-voice-upstream')
  const headers = (name: string): readonly string[] => headerValues(upstream as never, name)
  expect(headers('authorization')).toEqual(['Bearer sk-upstream-secret-0123456789'])
  expect(headers('sec-websocket-extensions')).toEqual([])
  expect(headers('sec-websocket-protocol')).toEqual([])
  expect(headers('x-own')).toEqual([])
  expect(upstream.rawHeaders.join('\n')).not.toContain(key)
  session.socket.close()
  await upstream.closed
})

test('what the upstream answers to the handshake is told as for any other call', async () => {
  const { status, text } = await refusal(rig.gateway, `${REALTIME}refusing`)
  expect(status).toBe(429)
  expect(JSON.parse(text)).toMatchObject({ error: { code: '429', message: expect.stringContaining('RateLimitError') } })
})
