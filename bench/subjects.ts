import { randomBytes, randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { EMBEDDED_FLUSH_MS } from '../src/wiring/embedded-flush.ts'
import type { IdentityProvider } from '../test/support/identity-provider.ts'
import { CLAIMS, TOKEN_SECONDS, tokenSettings } from './bench-tokens.ts'
import type { Target } from './load-protocol.ts'
import type { Level } from './options.ts'
import type { Processes } from './processes.ts'

/** A server under test, and how to ask it for the same three things. */
export interface Subject {
  readonly level: Level
  readonly pid: number
  /** How long it may wait, doing nothing, with what it has to write. */
  readonly lingersMs?: number
  readonly chat: Target
  readonly stream: Target
  readonly endless: Target
  /** Chats with as many tokens that were never seen; absent where callers bring keys. */
  readonly freshChat?: (tokens: number) => Promise<Target>
}

/** The hidden flag of `serve` by which a level is measured without what later levels add. */
const BENCH_LEVEL_FLAG = '--bench-level'
const GATEWAY = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
const BARE_FORWARDER = fileURLToPath(new URL('bare-forwarder.ts', import.meta.url))

const MODELS = ['bench-bench', 'bench-open']
const PATH = '/v1/chat/completions'
const PROMPT = 'Explain in two sentences why a budget is a hard ceiling under any concurrency. '.repeat(6)

export interface Surroundings {
  readonly processes: Processes
  readonly upstreamUrl: string
  readonly folder: string
  /** Only for `L3-postgres`. */
  readonly databaseUrl: string | undefined
  readonly provider: IdentityProvider
}

export async function startSubject(level: Level, around: Surroundings): Promise<Subject> {
  switch (level) {
    case 'L0':
    case 'noise':
      return startBareForwarder(level, around)
    case 'L1':
      return startGateway(level, [BENCH_LEVEL_FLAG, 'L1'], {}, around)
    case 'L2':
      return startTokenGateway(level, {}, around)
    case 'L2-mapped':
      return startTokenGateway(level, { virtual_key_claim_field: 'sub' }, around)
    case 'L3':
      return { ...(await startGateway(level, [], {}, around)), lingersMs: EMBEDDED_FLUSH_MS + 100 }
    case 'L3-postgres':
      return startGateway(level, [], { database_url: around.databaseUrl ?? '' }, around)
  }
}

async function startBareForwarder(level: Level, { processes, upstreamUrl }: Surroundings): Promise<Subject> {
  const { pid, port } = await processes.startAnnounced(level, 'measured', [BARE_FORWARDER, upstreamUrl])
  return { level, pid, ...targetsOf(port, 'sk-upstream', 'mock-') }
}

async function startGateway(
  level: Level,
  flags: readonly string[],
  generalSettings: Readonly<Record<string, string>>,
  around: Surroundings,
): Promise<Subject> {
  const { pid, port, masterKey } = await startBareGateway(level, flags, generalSettings, around)
  const { key } = await manage(port, masterKey, '/key/generate', { models: MODELS })
  return { level, pid, ...targetsOf(port, key, 'bench-') }
}

/** One person with a token of a provider, in two teams, of which the first may use the model, under every kind of rule. */
async function startTokenGateway(
  level: 'L2' | 'L2-mapped',
  more: Readonly<Record<string, string>>,
  around: Surroundings,
): Promise<Subject> {
  const { provider } = around
  const settings = { enable_jwt_auth: true, litellm_jwtauth: { ...tokenSettings(provider), ...more } }
  const { pid, port, masterKey } = await startBareGateway(level, [BENCH_LEVEL_FLAG, 'L1'], settings, around)
  await manage(port, masterKey, '/team/new', { team_id: 'bench-team', models: MODELS })
  await manage(port, masterKey, '/team/new', { team_id: 'other-team' })
  if (level === 'L2-mapped') {
    const claim = { jwt_claim_name: 'sub', jwt_claim_value: CLAIMS.sub }
    await manage(port, masterKey, '/jwt_client/new', { ...claim, models: MODELS })
  }
  const token = (): string => {
    const iat = Math.floor(Date.now() / 1000)
    return provider.token({ ...CLAIMS, jti: randomUUID(), exp: iat + TOKEN_SECONDS })
  }
  const { chat, ...targets } = targetsOf(port, token(), 'bench-')
  const { authorization: _, ...headers } = chat.headers
  const freshChat = async (tokens: number): Promise<Target> => ({
    ...chat,
    headers,
    bearers: Array.from({ length: tokens }, token),
  })
  return { level, pid, chat, ...targets, freshChat }
}

export interface StartedGateway {
  readonly pid: number
  readonly port: number
  readonly masterKey: string
}

/** A gateway with the bench's models, on the data directory of its name. */
export async function startBareGateway(
  name: string,
  flags: readonly string[],
  generalSettings: Readonly<Record<string, unknown>>,
  { processes, upstreamUrl, folder }: Pick<Surroundings, 'processes' | 'upstreamUrl' | 'folder'>,
): Promise<StartedGateway> {
  const port = await findFreePort()
  const masterKey = `sk-${randomBytes(24).toString('hex')}`
  const config = join(folder, `${name}.json`)
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(gatewayConfig(upstreamUrl, { master_key: masterKey, ...generalSettings })))
  const data = dataDirOf(folder, name)
  const args = [GATEWAY, 'serve', '--config', config, '--port', String(port), '--data-dir', data, ...flags]
  const pid = await processes.startLogged(name, 'measured', args, () => isAlive(port))
  return { pid, port, masterKey }
}

export function dataDirOf(folder: string, name: string): string {
  return join(folder, `${name}-data`)
}

function gatewayConfig(upstreamUrl: string, general_settings: Readonly<Record<string, unknown>>): object {
  const deployment = (model: string): object => ({
    model: `openai/mock-${model}`,
    api_base: `${upstreamUrl}/v1`,
    api_key: 'sk-upstream',
    input_cost_per_token: 0.0000025,
    output_cost_per_token: 0.00001,
  })
  const models = ['bench', 'open'].map((name) => ({ model_name: `bench-${name}`, litellm_params: deployment(name) }))
  return { model_list: models, general_settings }
}

export function targetsOf(port: number, key: string, prefix: string): Pick<Subject, 'chat' | 'stream' | 'endless'> {
  const target = (model: string, more: object): Target => ({
    port,
    path: PATH,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'user-agent': 'latchkey-bench' },
    body: JSON.stringify({
      model: `${prefix}${model}`,
      messages: [
        { role: 'system', content: 'You are terse.' },
        { role: 'user', content: PROMPT },
      ],
      temperature: 0.2,
      max_tokens: 200,
      ...more,
    }),
  })
  const streamed = { stream: true, stream_options: { include_usage: true } }
  return { chat: target('bench', {}), stream: target('bench', streamed), endless: target('open', streamed) }
}

async function isAlive(port: number): Promise<boolean> {
  await delay(50)
  const reply = await fetch(`http://127.0.0.1:${port}/health/liveliness`).catch(() => undefined)
  return reply?.status === 200
}

async function manage(port: number, master: string, path: string, body: object): Promise<{ readonly key: string }> {
  const reply = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${master}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!reply.ok) throw new Error(`${path}: ${reply.status} ${await reply.text()}`)
  return (await reply.json()) as { key: string }
}

async function findFreePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}
