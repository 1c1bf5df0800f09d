import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { GatewayOptions, RunningGateway } from '../../support/gateway.ts'
import { mockModel, startGateway } from '../../support/gateway.ts'
import { startMockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'
import type { MockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'
import { createDatabase } from '../../support/stores.ts'
import { lineOf, reach } from '../serving/support/rig.ts'
import type { Rig } from '../serving/support/rig.ts'
import { REALTIME, respond, talk } from './support/talk.ts'
import type { Talk } from './support/talk.ts'

const INPUT = 1e-6
const OUTPUT = 2e-6
/** 7 tokens are read, 8 are written. */
const FIRST = 7 * INPUT + 8 * OUTPUT

describe.each([['embedded'], ['postgres']])('on the %s store', (kind) => {
  let mock: MockUpstream
  let database: Awaited<ReturnType<typeof createDatabase>> | undefined
  let options: GatewayOptions
  let home: string
  let gateway: RunningGateway
  let rig: Pick<Rig, 'newKey' | 'post' | 'get' | 'linesOf'>

  beforeAll(async () => {
    mock = await startMockUpstream()
    home = mkdtempSync(join(tmpdir(), 'latchkey-realtime-'))
    database = kind === 'postgres' ? await createDatabase() : undefined
    const own = { input_cost_per_audio_token: 1e-5, output_cost_per_audio_token: 2e-5 }
    options = {
      dataDir: join(home, 'data'),
      ...(database === undefined ? {} : { databaseUrl: database.url }),
      config: {
        model_list: [
          mockModel('voice', mock.apiBase),
          mockModel('cut', mock.apiBase),
          mockModel('open', mock.apiBase),
          mockModel('endless', mock.apiBase),
          mockModel('silent', mock.apiBase),
          mockModel('spoken', mock.apiBase, { ...own, cache_read_input_token_cost: 5e-7 }),
          mockModel('whisper', mock.apiBase, {
            input_cost_per_second: 1e-4,
            input_cost_per_token: undefined,
            output_cost_per_token: undefined,
          }),
          mockModel('unpriced', mock.apiBase, { input_cost_per_token: undefined, output_cost_per_token: undefined }),
        ],
      },
    }
    mock.script('cut', { cut: { afterChunks: 3, how: 'reset' } })
    mock.script('open', { cut: { afterChunks: 3, how: 'stall' } })
    mock.script('endless', { words: 5_000 })
    mock.script('silent', { usage: 'missing' })
    mock.script('spoken', { cachedPrompt: true })
    gateway = await startGateway(options)
    rig = reach(gateway)
  })
  afterAll(async () => {
    await gateway.stop()
    await mock.close()
    await database?.drop()
    rmSync(home, { recursive: true, force: true })
  })

  async function spendOf(key: string): Promise<number> {
    const { text } = await rig.get(`/key/info?key=${key}`)
    const told: { readonly info: { readonly spend: number } } = JSON.parse(text)
    return told.info.spend
  }

  function session(model: string, key: string): Promise<Talk> {
    return talk(gateway, REALTIME + model, { key })
  }

  test('each response is one line, and their sum is what the key spent', async () => {
    const key = await rig.newKey()
    const talked = await session('voice', key)
    const ids = [await respond(talked), await respond(talked), await respond(talked)].map(({ id }) => id)
    talked.socket.close()
    const lines = (await Promise.all(ids.map((id) => rig.linesOf(id)))).flat()
    // What was said and answered before is read again.
    expect(lines.map((line) => line.prompt_tokens)).toEqual([7, 22, 37])
    expect(lines.map(({ call_type, status, model_group }) => [call_type, status, model_group])).toEqual(
      ids.map(() => ['arealtime', 'success', 'voice']),
    )
    expect(new Set(lines.map(({ metadata }) => metadata.litellm_call_id)).size).toBe(1)
    await vi.waitFor(async () => expect(await spendOf(key)).toBeCloseTo((7 + 22 + 37) * INPUT + 24 * OUTPUT, 10))
  })

  test('sound and what was cached have prices of their own', async () => {
    const talked = await session('spoken', await rig.newKey())
    talked.say({ type: 'session.update', session: { output_modalities: ['audio'] } })
    talked.say({ type: 'conversation.item.create', item: { content: [{ type: 'input_text', text: 'Hello there' }] } })
    talked.say({ type: 'input_audio_buffer.append', audio: 'A'.repeat(12_800) })
    talked.say({ type: 'input_audio_buffer.commit' })
    const done = await talked.hear('response.done')
    const { response } = done as { readonly response: { readonly id: string } }
    const [line] = await rig.linesOf(response.id)
    // 9 are read: 4 of them cached, 2 of sound.
    expect(line).toMatchObject({ prompt_tokens: 9, completion_tokens: 8 })
    expect(line?.spend).toBeCloseTo(4 * 5e-7 + 2 * 1e-5 + 3 * INPUT + 8 * 2e-5, 12)
    talked.socket.close()
  })

  test('a response without usage is counted by what was said and heard', async () => {
    const talked = await session('silent', await rig.newKey())
    const { id } = await respond(talked)
    const [line] = await rig.linesOf(id)
    expect(line?.metadata.usage_from).toBe('estimated')
    expect(line?.prompt_tokens).toBeGreaterThan(6)
    expect(line?.completion_tokens).toBeGreaterThan(6)
    talked.socket.close()
  })

  test('a client that leaves in the middle is charged for what there was', async () => {
    const talked = await session('open', await rig.newKey())
    talked.say({ type: 'response.create' })
    await talked.hear('response.output_text.delta')
    const created = await talked.hear('response.created')
    talked.socket.terminate()
    const { response } = created as { readonly response: { readonly id: string } }
    const line = await lineOf(rig, response.id)
    expect(line.metadata).toMatchObject({ cut_short: true, usage_from: 'estimated' })
    expect(line.completion_tokens).toBeGreaterThan(0)
  })

  test('an upstream that breaks off in the middle ends the session, and the response has its line', async () => {
    const talked = await session('cut', await rig.newKey())
    talked.say({ type: 'response.create' })
    const created = await talked.hear('response.created')
    expect(await talked.hear('error')).toMatchObject({ error: { type: 'server_error' } })
    expect((await talked.closed).code).toBe(1011)
    const { response } = created as { readonly response: { readonly id: string } }
    const line = await lineOf(rig, response.id)
    expect(line).toMatchObject({ status: 'failure', metadata: { cut_short: true } })
  })

  test('a session whose budget is used up is told so and ended, at or below its limit', async () => {
    const key = await rig.newKey({ max_budget: 0.0003 })
    const talked = await session('voice', key)
    let rounds = 0
    const over = talked.closed.then((how) => ({ how }))
    for (;;) {
      talked.say({ type: 'response.create' })
      const step = await Promise.race([talked.hear('response.done'), over])
      if ('how' in step) {
        expect(step.how).toMatchObject({ code: 1008, reason: expect.stringContaining('Budget has been exceeded') })
        break
      }
      rounds += 1
    }
    expect(rounds).toBeGreaterThan(3)
    expect(talked.events.at(-1)).toMatchObject({ type: 'error', error: { type: 'budget_exceeded', code: '429' } })
    const spent = await spendOf(key)
    expect(spent).toBeLessThanOrEqual(0.0003)
    expect(spent).toBeGreaterThan(0.0002)
    expect((await mock.sessions.at(-1)?.closed)?.code).toBe(1000)
  })

  test('the budget of one model ends the sessions of that model', async () => {
    const key = await rig.newKey({ model_max_budget: { voice: { budget_limit: 0.0003, time_period: '1d' } } })
    const talked = await session('voice', key)
    const over = talked.closed.then((how) => ({ how }))
    for (let rounds = 0; rounds < 50; rounds += 1) {
      talked.say({ type: 'response.create' })
      const step = await Promise.race([talked.hear('response.done'), over])
      if (!('how' in step)) continue
      expect(step.how).toMatchObject({ code: 1008 })
      expect(talked.events.at(-1)).toMatchObject({
        error: { type: 'budget_exceeded', message: expect.stringContaining('exceeded budget for model=voice') },
      })
      break
    }
    const spent = await spendOf(key)
    expect(spent).toBeLessThanOrEqual(0.0003)
    expect(spent).toBeGreaterThan(0.0002)
  })

  test('INV-27: sessions side by side do not spend more than their one budget', async () => {
    const key = await rig.newKey({ max_budget: 0.0004 })
    const served = (
      await Promise.all(
        Array.from({ length: 6 }, async () => {
          const talked = await session('voice', key).catch(() => undefined)
          if (talked === undefined) return 0
          for (let rounds = 0; ; rounds += 1) {
            talked.say({ type: 'response.create' })
            const step = await Promise.race([talked.hear('response.done'), talked.closed])
            if ('code' in step) return rounds
          }
        }),
      )
    ).reduce((sum, rounds) => sum + rounds, 0)
    expect(served).toBeGreaterThan(3)
    await vi.waitFor(async () => expect(await spendOf(key)).toBeGreaterThan(0))
    expect(await spendOf(key)).toBeLessThanOrEqual(0.0004)
  })

  test('Z-35: a response that goes on beyond what is held for it is ended', async () => {
    const key = await rig.newKey({ max_budget: 0.0003 })
    const talked = await session('endless', key)
    talked.say({ type: 'response.create' })
    expect(await talked.hear('error')).toMatchObject({ error: { type: 'budget_exceeded' } })
    expect((await talked.closed).code).toBe(1008)
    await vi.waitFor(async () => expect(await spendOf(key)).toBeGreaterThan(0))
    expect(await spendOf(key)).toBeLessThanOrEqual(0.0003)
  })

  test('what an open session holds is free again when it ends', async () => {
    const key = await rig.newKey({ max_budget: 0.00004 })
    const first = await session('voice', key)
    await expect(session('voice', key)).rejects.toThrow('Budget has been exceeded')
    first.socket.close()
    await vi.waitFor(async () => (await session('voice', key)).socket.close(), { timeout: 5_000, interval: 50 })
  })

  test('a model without a price opens no session for who has a budget', async () => {
    const key = await rig.newKey({ max_budget: 1 })
    await expect(session('unpriced', key)).rejects.toThrow('is not known, and this caller has a budget')
  })

  test('what writes down the sound is a line by the second', async () => {
    const talked = await session('voice', await rig.newKey())
    talked.say({ type: 'session.update', session: { audio: { input: { transcription: { model: 'whisper' } } } } })
    await talked.hear('session.updated')
    const item = `item_${kind}`
    const completed = { type: 'conversation.item.input_audio_transcription.completed', item_id: item, transcript: 'Hi' }
    mock.sessions.at(-1)?.send({ ...completed, usage: { type: 'duration', seconds: 3 } })
    await talked.hear(completed.type)
    const [line] = await rig.linesOf(item)
    expect(line).toMatchObject({ model_group: 'whisper', call_type: 'arealtime' })
    expect(line?.spend).toBeCloseTo(3e-4, 9)
    talked.socket.close()
  })

  test('INV-28: a response that the client heard the end of is in the books after kill -9', async () => {
    const key = await rig.newKey()
    const talked = await session('voice', key)
    const { id } = await respond(talked)
    await gateway.kill9()
    expect((await talked.closed).code).toBe(1006)
    gateway = await startGateway(options)
    rig = reach(gateway)
    const line = await lineOf(rig, id)
    expect(line.spend).toBeCloseTo(FIRST, 12)
  })

  test('SIGTERM lets a response end, and ends the session with 1001', async () => {
    mock.script('voice', { words: 20, gapMs: 30 })
    const talked = await session('voice', await rig.newKey())
    const idle = await session('voice', await rig.newKey())
    talked.say({ type: 'response.create' })
    const created = await talked.hear('response.created')
    const stopped = gateway.stop()
    expect(await idle.closed).toMatchObject({ code: 1001 })
    expect(await talked.hear('response.done')).toMatchObject({ response: { usage: { output_tokens: 20 } } })
    expect(await talked.closed).toMatchObject({ code: 1001 })
    expect(await stopped).toBe(0)
    gateway = await startGateway(options)
    rig = reach(gateway)
    const { response } = created as { readonly response: { readonly id: string } }
    expect(await rig.linesOf(response.id)).toMatchObject([{ completion_tokens: 20, status: 'success' }])
  })
})
