import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { bearer, MASTER_KEY, mockModel, startGateway, tryGateway } from '../support/gateway.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { startMockUpstream } from '../support/mock-upstream/start-mock-upstream.ts'
import { createDatabase } from '../support/stores.ts'

const homes: string[] = []

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'latchkey-life-'))
  homes.push(home)
  return home
}

afterEach(() => {
  for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true })
})

function get(gateway: RunningGateway, path: string, key = MASTER_KEY): Promise<Response> {
  return fetch(gateway.url + path, { headers: bearer(key) })
}

function post(gateway: RunningGateway, path: string, body: object, key = MASTER_KEY): Promise<Response> {
  return fetch(gateway.url + path, { method: 'POST', headers: bearer(key), body: JSON.stringify(body) })
}

const ASK = { model: 'demo', messages: [{ role: 'user', content: 'Hello' }] }

test('the first start prints a master key once, and the demo model answers, in pieces too', async () => {
  const dataDir = join(newHome(), 'data')
  const first = await startGateway({ masterKey: null, dataDir })
  const key = /sk-lkm1_[0-9A-Za-z_]+/.exec(first.stdout())?.[0] ?? ''
  expect(first.stdout()).toContain('/ui/')
  const whole = (await (await post(first, '/v1/chat/completions', ASK, key)).json()) as {
    usage: { total_tokens: number }
  }
  expect(whole.usage.total_tokens).toBeGreaterThan(0)
  const stream = await (await post(first, '/v1/chat/completions', { ...ASK, stream: true }, key)).text()
  expect(stream.trim().endsWith('data: [DONE]')).toBe(true)
  expect(stream.split('\n\n').length).toBeGreaterThan(5)
  expect(await first.stop()).toBe(0)

  const second = await startGateway({ masterKey: null, dataDir })
  expect(second.stdout()).not.toContain('sk-lkm1_')
  expect((await get(second, '/v1/models', key)).status).toBe(200)
  expect((await get(second, '/v1/models', 'sk-lkm1_other')).status).toBe(401)
  await second.stop()
})

test('keys and lines are there after a restart, on both stores', async () => {
  const database = await createDatabase()
  for (const store of [{}, { databaseUrl: database.url }]) {
    const dataDir = join(newHome(), 'data')
    const before = await startGateway({ ...store, dataDir })
    const { key } = (await (await post(before, '/key/generate', { key_alias: 'kept' })).json()) as { key: string }
    expect((await post(before, '/v1/chat/completions', ASK, key)).status).toBe(200)
    await before.stop()
    const after = await startGateway({ ...store, dataDir })
    expect((await post(after, '/v1/chat/completions', ASK, key)).status).toBe(200)
    expect(await (await get(after, '/spend/logs', key)).json()).toHaveLength(2)
    await after.stop()
  }
  await database.drop()
})

test('INV-20 a key that is blocked at one replica is dead at the other within a second', async () => {
  const database = await createDatabase()
  const [a, b] = await Promise.all([
    startGateway({ databaseUrl: database.url }),
    startGateway({ databaseUrl: database.url }),
  ])
  const { key } = (await (await post(a, '/key/generate', {})).json()) as { key: string }
  expect((await get(b, '/v1/models', key)).status).toBe(200)
  await post(a, '/key/block', { key })
  expect((await get(a, '/v1/models', key)).status).toBe(401)
  await expect.poll(async () => (await get(b, '/v1/models', key)).status, { timeout: 5_000, interval: 50 }).toBe(401)
  await Promise.all([a.stop(), b.stop()])
  await database.drop()
})

test('C-11 a second process on the same data directory is refused, and a damaged one is never a fresh start', async () => {
  const dataDir = join(newHome(), 'data')
  const gateway = await startGateway({ dataDir })
  const second = await tryGateway({ dataDir })
  expect(second.ok).toBe(false)
  if (!second.ok) expect(second.stderr).toMatch(/in use|another process/i)
  await gateway.stop()

  expect(readdirSync(dataDir)).toContain('pgdata')
  rmSync(join(dataDir, 'pgdata'), { recursive: true })
  const emptied = await tryGateway({ dataDir })
  expect(emptied.ok).toBe(false)
  if (!emptied.ok) expect(emptied.stderr).toMatch(/latchkey: .+/)
})

test('SIGTERM lets a running stream end whole, and then the process ends well', async () => {
  const mock = await startMockUpstream({})
  const gateway = await startGateway({ config: { model_list: [mockModel('mock-slow', mock.apiBase)] } })
  const response = await post(gateway, '/v1/chat/completions', { ...ASK, model: 'mock-slow', stream: true })
  const reader = response.body?.getReader()
  await reader?.read()
  const stopped = gateway.stop()
  let text = ''
  for (;;) {
    const piece = await reader?.read()
    if (piece === undefined || piece.done) break
    text += Buffer.from(piece.value).toString()
  }
  expect(text.trim().endsWith('data: [DONE]')).toBe(true)
  expect(await stopped).toBe(0)
  await mock.close()
})

test('a configuration with mistakes stops the start, each by its line', async () => {
  const config =
    'model_list:\n  - model_name: a\n    litellm_params:\n      model: openai/a\n      api_kye: x\ngenral_settings: {}\n'
  const started = await tryGateway({ config })
  expect(started.ok).toBe(false)
  if (started.ok) return
  expect(started.code).toBe(1)
  expect(started.stderr).toMatch(/config\.yaml:5:\d+ error .*api_kye/)
  expect(started.stderr).toContain('api_key')
  expect(started.stderr).toContain('general_settings')
})

test('a provider whose wire we do not speak stops the start with that reason', async () => {
  const started = await tryGateway({
    config: {
      model_list: [{ model_name: 'claude', litellm_params: { model: 'anthropic/claude-sonnet-4-5', api_key: 'sk-a' } }],
    },
  })
  expect(started.ok).toBe(false)
  if (!started.ok) expect(started.stderr).toContain('does not speak the OpenAI wire')
})

test('AC-044 a well-known master key is for loopback only', async () => {
  const refused = await tryGateway({ masterKey: 'sk-1234', args: ['--host', '0.0.0.0'] })
  expect(refused.ok).toBe(false)
  const warned = await startGateway({ masterKey: 'sk-1234' })
  expect(warned.stderr()).toContain('master')
  expect((await get(warned, '/v1/models', 'sk-1234')).status).toBe(200)
  await warned.stop()
})

test('the flags of the LiteLLM CLI are accepted, and an unknown one is named', async () => {
  const gateway = await startGateway({
    args: ['--num_workers', '4', '--telemetry', 'False', '--detailed_debug', '--use_prisma_migrate'],
  })
  expect((await get(gateway, '/health/readiness')).status).toBe(200)
  expect(await (await get(gateway, '/health/liveliness')).json()).toBe("I'm alive!")
  await gateway.stop()
  const refused = await tryGateway({ args: ['--prot', '4'] })
  expect(refused).toMatchObject({ ok: false, code: 2 })
})
