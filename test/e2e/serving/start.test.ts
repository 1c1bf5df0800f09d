import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bearer, MASTER_KEY, startGateway, tryGateway } from '../../support/gateway.ts'
import type { GatewayOptions } from '../../support/gateway.ts'
import { createDatabase } from '../../support/stores.ts'
import { chunksOf, framesOf } from './support/frames.ts'
import { CHAT, chat, reach } from './support/rig.ts'

let home: string

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'latchkey-start-'))
})

afterAll(() => rmSync(home, { recursive: true, force: true }))

async function refusalOf(options: GatewayOptions): Promise<{ readonly code: number | null; readonly said: string }> {
  const outcome = await tryGateway(options)
  if (outcome.ok) {
    await outcome.gateway.stop()
    throw new Error('the gateway started')
  }
  return { code: outcome.code, said: outcome.stdout + outcome.stderr }
}

test('the first start shows a master key once, with lines to paste, and a demo that answers', async () => {
  const dataDir = join(home, 'first')
  const first = await startGateway({ dataDir, masterKey: null })
  const [masterKey, ...others] = new Set(first.stdout().match(/sk-[\w-]{20,}/g))
  if (masterKey === undefined) throw new Error('no master key was shown')
  expect(others).toEqual([])
  expect(first.stderr()).not.toContain(masterKey)
  expect(first.stdout()).toContain(`curl -s ${first.url}/v1/chat/completions`)
  expect(first.stdout()).toContain(`curl -s ${first.url}/key/generate`)
  expect(first.stdout()).toContain(`${first.url}/ui/`)

  const at = reach(first)
  const whole = await at.post(CHAT, chat('demo'), { key: masterKey })
  expect(whole.status).toBe(200)
  expect(JSON.parse(whole.text)).toMatchObject({
    model: 'demo',
    choices: [{ message: { content: expect.stringMatching(/\w/) } }],
    usage: { total_tokens: expect.any(Number) },
  })
  const asked = chat('demo', { stream: true, stream_options: { include_usage: true } })
  const streamed = await at.post(CHAT, asked, { key: masterKey })
  expect(framesOf(streamed.text).at(-1)).toBe('[DONE]')
  expect(chunksOf(streamed.text).length).toBeGreaterThan(3)
  expect(chunksOf(streamed.text).at(-1)?.usage).toMatchObject({ total_tokens: expect.any(Number) })
  expect(await first.stop()).toBe(0)

  const second = await startGateway({ dataDir, masterKey: null })
  expect(second.stdout()).not.toMatch(/sk-[\w-]{20,}/)
  const { status } = await reach(second).get('/v1/models', { key: masterKey })
  expect(status).toBe(200)
  expect((await fetch(`${second.url}/v1/models`, { headers: bearer('sk-somebody-else-0123456789') })).status).toBe(401)
  await second.stop()
})

test('C-11: one process has one data directory; a damaged one is refused and left as it is', async () => {
  const dataDir = join(home, 'shared')
  const holder = await startGateway({ dataDir })
  const key = await reach(holder).newKey()
  const second = await refusalOf({ dataDir })
  expect(second.code).toBe(1)
  expect(second.said).toContain(dataDir)
  expect(second.said).toMatch(/in use|another process|already/i)
  expect((await reach(holder).get('/v1/models', { key })).status).toBe(200)
  await holder.stop()

  rmSync(join(dataDir, 'pgdata', 'global', 'pg_control'))
  const before = readdirSync(join(dataDir, 'pgdata')).toSorted()
  const damaged = await refusalOf({ dataDir })
  expect(damaged.code).toBe(1)
  expect(damaged.said).toContain('damaged')
  expect(damaged.said).toContain('Restore')
  expect(readdirSync(join(dataDir, 'pgdata')).toSorted()).toEqual(before)

  rmSync(join(dataDir, 'pgdata'), { recursive: true })
  const lost = await refusalOf({ dataDir })
  expect(lost.code).toBe(1)
  expect(lost.said).toContain('missing')
  expect(existsSync(join(dataDir, 'pgdata'))).toBe(false)
})

test('a database that does not let us in is a sentence, without its password', async () => {
  const database = await createDatabase()
  const url = new URL(database.url)
  url.password = 'open-sesame-7'
  url.pathname = '/nowhere'
  const { code, said } = await refusalOf({ databaseUrl: url.href })
  expect(code).toBe(1)
  expect(said).toMatch(/latchkey: .*127\.0\.0\.1/)
  expect(said).not.toContain('open-sesame-7')
  await database.drop()
})

test('beside a server, a data directory that cannot be one is a sentence too', async () => {
  const dataDir = join(home, 'file')
  writeFileSync(dataDir, '')
  // Nobody listens there: the directory is looked at first.
  const { code, said } = await refusalOf({ dataDir, databaseUrl: 'postgresql://latchkey@127.0.0.1:9/latchkey' })
  expect(code).toBe(1)
  expect(said).toContain(`latchkey: ${dataDir} cannot be used as a data directory`)
})

test.each<[string, string, RegExp]>([
  ['a misspelt section', 'general_setings:\n  master_key: x\n', /config\.yaml:1.*general_settings/],
  ['a misspelt key', 'router_settings:\n\n  num_retrys: 3\n', /config\.yaml:3.*num_retries/],
  ['a value of the wrong kind', 'router_settings:\n  num_retries: many\n', /config\.yaml:2/],
  ['a model without parameters', 'model_list:\n  - model_name: a\n', /config\.yaml:2.*litellm_params/],
  [
    'a variable that is not set',
    'model_list:\n  - model_name: a\n    litellm_params:\n      model: openai/a\n      api_key: os.environ/NOT_SET_ANYWHERE\n',
    /config\.yaml:5.*NOT_SET_ANYWHERE/,
  ],
  [
    'a provider whose wire we do not speak',
    'model_list:\n  - model_name: a\n    litellm_params:\n      model: anthropic/claude-sonnet-4-5\n',
    /config\.yaml:4:\d+ error \S+\.model: .*does not speak the OpenAI wire/,
  ],
  ['text that is not YAML', 'model_list: [\n', /config\.yaml:\d/],
])('%s stops the start, with file and line', async (_what, config, says) => {
  const { code, said } = await refusalOf({ config })
  expect(code).toBe(1)
  expect(said).toMatch(says)
})

test('start scripts of the original go on working', async () => {
  const database = await createDatabase()
  const flags = ['--num_workers', '4', '--telemetry', 'False', '--detailed_debug', '--use_prisma_migrate']
  const gateway = await startGateway({
    databaseUrl: database.url,
    args: [...flags, '--run_gunicorn', '--keepalive_timeout', '75', '--max_requests_before_restart=1000'],
  })
  const { text } = await reach(gateway).get('/health/readiness')
  expect(JSON.parse(text)).toMatchObject({ is_detailed_debug: true })
  await gateway.stop()
  await database.drop()
})

test('AC-134: a database that comes after the gateway is waited for, and serves without a restart', async () => {
  const database = await createDatabase()
  const server = new URL(database.url)
  const line = createServer((near) => {
    const far = connect(Number(server.port), server.hostname)
    near.pipe(far).pipe(near)
    for (const end of [near, far]) end.on('error', () => undefined)
  })
  const port = await freePort()
  const databaseUrl = new URL(database.url)
  databaseUrl.port = String(port)
  databaseUrl.password = 'open-sesame-7'
  const starting = startGateway({ databaseUrl: databaseUrl.href })
  await pause(3_000)
  line.listen(port, '127.0.0.1')

  const gateway = await starting
  expect(gateway.stderr()).toContain(`The database at 127.0.0.1:${port} can't be reached (ECONNREFUSED). Trying again`)
  expect(gateway.stdout() + gateway.stderr()).not.toContain('open-sesame-7')
  expect((await reach(gateway).post(CHAT, chat('demo'), { key: MASTER_KEY })).status).toBe(200)
  expect(await gateway.stop()).toBe(0)
  line.close()
  await database.drop()
})

/** One that nobody listens on. */
async function freePort(): Promise<number> {
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const address = closed.address()
  closed.close()
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

test.each([
  [['--ssl_keyfile_path', 'key.pem'], '--ssl_keyfile_path'],
  [['--no-such-flag'], '--no-such-flag'],
  [['--num_workers', 'many'], '--num_workers'],
])('a flag that cannot be honoured is refused: %j', async (args, names) => {
  const { code, said } = await refusalOf({ args })
  expect(code).toBe(2)
  expect(said).toContain(names)
})
