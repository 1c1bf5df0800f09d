import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BUILT_GATEWAY } from './built-gateway.ts'
import { inherited } from './inherited.ts'

export const MASTER_KEY = 'sk-test-master-key-0123456789abcdef'

export interface GatewayOptions {
  /** YAML, or an object that is written as JSON (which is YAML). `master_key` is added unless it is there. */
  readonly config?: string | Record<string, unknown>
  readonly env?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  /** Kept between starts; made and removed when absent. */
  readonly dataDir?: string
  readonly databaseUrl?: string
  /** The default is MASTER_KEY; null starts without one. */
  readonly masterKey?: string | null
}

export interface RunningGateway {
  readonly url: string
  readonly port: number
  readonly pid: number
  readonly dataDir: string
  readonly stdout: () => string
  readonly stderr: () => string
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
  kill9(): Promise<void>
  readonly exited: Promise<number | null>
}

const ROOT = join(import.meta.dirname, '..', '..')
/** Only ends a start that hangs; on a busy machine a good one takes half a minute. */
const START_MS = 90_000

/** Starts the built gateway as a user does, and waits until it answers. */
export async function startGateway(options: GatewayOptions = {}): Promise<RunningGateway> {
  const home = mkdtempSync(join(tmpdir(), 'latchkey-e2e-'))
  const fresh = process.env['LATCHKEY_FRESH_STORE']
  if (fresh !== undefined && isOrdinary(options)) cpSync(fresh, dataDirOf(options, home), { recursive: true })
  const started = await startIn(home, options)
  if (!started.ok)
    throw new Error(`the gateway did not start (exit ${started.code}):\n${started.stdout}${started.stderr}`)
  return started.gateway
}

export type StartOutcome =
  | { readonly ok: true; readonly gateway: RunningGateway }
  | { readonly ok: false; readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** As `startGateway`, for starts that are meant to fail: most of them do before they look at a store. */
export function tryGateway(options: GatewayOptions = {}): Promise<StartOutcome> {
  return startIn(mkdtempSync(join(tmpdir(), 'latchkey-e2e-')), options)
}

function dataDirOf({ dataDir }: GatewayOptions, home: string): string {
  return dataDir ?? join(home, 'data')
}

async function startIn(home: string, options: GatewayOptions): Promise<StartOutcome> {
  const dataDir = dataDirOf(options, home)
  const args = [...BUILT_GATEWAY, 'serve', '--port', '0', '--data-dir', dataDir, ...(options.args ?? [])]
  if (options.config !== undefined) {
    const file = join(home, 'config.yaml')
    writeFileSync(file, typeof options.config === 'string' ? options.config : JSON.stringify(options.config))
    args.push('--config', file)
  }
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: environment(options),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const url = await ready(child, () => stdout, exited)
  const clean = (): void => {
    // A data directory that was given lies elsewhere.
    rmSync(home, { recursive: true, force: true })
  }
  if (url === undefined) {
    const code = await exited
    clean()
    return { ok: false, code, stdout, stderr }
  }
  return {
    ok: true,
    gateway: {
      url,
      port: Number(new URL(url).port),
      pid: child.pid ?? 0,
      dataDir,
      stdout: () => stdout,
      stderr: () => stderr,
      exited,
      async stop() {
        child.kill('SIGTERM')
        const code = await exited
        clean()
        refuseUncaught(stderr)
        return code
      },
      async kill9() {
        child.kill('SIGKILL')
        await exited
        clean()
        refuseUncaught(stderr)
      },
    },
  }
}

/** INV-25: whatever a test did to a gateway, it must have met no fault that nobody caught. */
function refuseUncaught(stderr: string): void {
  const line = stderr.split('\n').find((each) => each.includes('a fault that nobody caught'))
  if (line !== undefined) throw new Error(`the gateway met a fault that nobody caught: ${line}`)
}

/** A new embedded store, in which a first start is not what is asked about. */
function isOrdinary({ dataDir, databaseUrl, masterKey, args }: GatewayOptions): boolean {
  const isNew = dataDir === undefined || !existsSync(dataDir) || readdirSync(dataDir).length === 0
  return isNew && databaseUrl === undefined && args === undefined && masterKey !== null
}

function environment({ env, databaseUrl, masterKey }: GatewayOptions): NodeJS.ProcessEnv {
  return {
    ...inherited('PATH', 'HOME'),
    ...(masterKey === null ? {} : { LITELLM_MASTER_KEY: masterKey ?? MASTER_KEY }),
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    ...env,
  }
}

function ready(child: ChildProcess, stdout: () => string, exited: Promise<unknown>): Promise<string | undefined> {
  return new Promise((resolve) => {
    const look = (): void => {
      const match = /ready on (http:\/\/\S+)/.exec(stdout())
      if (match?.[1] !== undefined) settle(match[1])
    }
    const limit = setTimeout(() => {
      child.kill('SIGKILL')
      settle(undefined)
    }, START_MS)
    const settle = (url: string | undefined): void => {
      clearTimeout(limit)
      child.stdout?.off('data', look)
      resolve(url)
    }
    child.stdout?.on('data', look)
    void exited.then(() => settle(undefined))
  })
}

/** A model that leads to the mock upstream. */
export function mockModel(name: string, apiBase: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  const { info, ...params } = more
  return {
    model_name: name,
    litellm_params: {
      model: `openai/${name}`,
      api_base: apiBase,
      api_key: 'sk-upstream-secret-0123456789',
      input_cost_per_token: 1e-6,
      output_cost_per_token: 2e-6,
      ...params,
    },
    ...(info === undefined ? {} : { model_info: info }),
  }
}

export function bearer(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}` }
}
