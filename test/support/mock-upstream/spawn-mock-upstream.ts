import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { isRecord } from './ask.ts'

export interface SpawnedMockUpstream {
  readonly url: string
  readonly apiBase: string
  readonly pid: number
  /** Sends an order to the control API (control.ts) and gives back the state. */
  order(order: object): Promise<unknown>
  stop(): Promise<void>
}

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

/** Starts the mock as a process, so that it outlives whatever is killed beside it. `stop` must be called. */
export async function spawnMockUpstream(args: readonly string[] = []): Promise<SpawnedMockUpstream> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })
  const [line]: unknown[] = await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(() => Promise.reject(new Error('the mock upstream ended before it listened'))),
  ])
  const ready: unknown = JSON.parse(String(line))
  if (!isRecord(ready)) throw new Error('the mock upstream did not say where it listens')
  const url = String(ready['url'])
  return {
    url,
    apiBase: `${url}/v1`,
    pid: Number(ready['pid']),
    order: async (order) => {
      const reply = await fetch(`${url}/__control`, { method: 'POST', body: JSON.stringify(order) })
      if (!reply.ok) throw new Error(await reply.text())
      return reply.json()
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}
