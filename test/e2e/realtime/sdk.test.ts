import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import type { Server } from 'node:tls'
import OpenAI from 'openai'
import { OpenAIRealtimeWS } from 'openai/realtime/ws'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { certificate } from '../../support/certificate.ts'
import { mockModel } from '../../support/gateway.ts'
import { makeKey } from '../../support/raw-token.ts'
import { lineOf, startRig } from '../serving/support/rig.ts'
import type { Rig } from '../serving/support/rig.ts'

const DAY_MS = 86_400_000

let rig: Rig
let front: Server
let baseURL: string

/** The official client speaks TLS only, so what ends it stands in front, as it does in the world. */
beforeAll(async () => {
  rig = await startRig({
    configure: (mock) => ({
      model_list: [mockModel('voice', mock.apiBase, { model: 'openai/upstream-voice' })],
    }),
  })
  const key = makeKey('RS256')
  const now = Date.now()
  const cert = certificate(key, now - DAY_MS, now + DAY_MS)
  front = createServer({ key: key.privateKey.export({ type: 'pkcs8', format: 'pem' }), cert }, (outside) => {
    const inside = connect(rig.gateway.port, '127.0.0.1')
    for (const side of [outside, inside]) side.on('error', () => {})
    outside.pipe(inside).pipe(outside)
  })
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  baseURL = `https://127.0.0.1:${(front.address() as AddressInfo).port}/v1`
})
afterAll(async () => {
  front.close()
  await rig.close()
})

function open(apiKey: string, model = 'voice'): OpenAIRealtimeWS {
  return new OpenAIRealtimeWS({ model, options: { rejectUnauthorized: false } }, new OpenAI({ apiKey, baseURL }))
}

test('the official client talks, is answered, and pays', async () => {
  const session = open(await rig.newKey())
  const heard: string[] = []
  const text: string[] = []
  session.on('event', ({ type }) => heard.push(type))
  session.on('response.output_text.delta', ({ delta }) => text.push(delta))
  session.once('session.created', () => {
    session.send({ type: 'session.update', session: { type: 'realtime', model: 'voice', instructions: 'Be brief.' } })
    const content = [{ type: 'input_text' as const, text: 'Hello there' }]
    session.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } })
    session.send({ type: 'response.create' })
  })
  const { response } = await session.emitted('response.done')
  expect(text.join('')).toBe('The quick brown naïve fox jumps 日本 over')
  expect(heard.slice(0, 4)).toEqual([
    'session.created',
    'session.updated',
    'conversation.item.added',
    'response.created',
  ])
  expect(response.usage).toMatchObject({ input_tokens: 7, output_tokens: 8 })
  expect(await lineOf(rig, response.id ?? '')).toMatchObject({ call_type: 'arealtime', prompt_tokens: 7 })
  session.close()
  expect(await rig.mock.sessions.at(-1)?.closed).toEqual({ code: 1000, reason: 'OK' })
})

test('AT-020 the official client hears why it is refused, in the words of its socket', async () => {
  const session = open('sk-nobody-0123456789012345678901234567')
  const failure = await new Promise<Error>((resolve) => session.on('error', resolve))
  expect(failure.message).toContain('403')
})

test('Z-32 the official client hears of a model that it may not use', async () => {
  const session = open(await rig.newKey({ models: ['voice'] }))
  session.once('session.created', () =>
    session.send({ type: 'session.update', session: { type: 'realtime', model: 'gpt-realtime' } }),
  )
  const failure = await new Promise<Error>((resolve) => session.on('error', resolve))
  expect(failure.message).toContain('gpt-realtime')
  session.close()
})
