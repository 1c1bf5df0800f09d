import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { MASTER_KEY } from '../../../support/gateway.ts'

export interface Said {
  readonly code: number | null
  readonly said: string
}

/** `latchkey audit verify`, as an operator runs it beside the gateway. */
export async function verifyAudit(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Said> {
  const child = spawn(process.execPath, ['dist/cli.js', 'audit', 'verify', ...args], {
    cwd: join(import.meta.dirname, '..', '..', '..', '..'),
    env: { PATH: process.env['PATH'] ?? '', LITELLM_MASTER_KEY: MASTER_KEY, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended: readonly unknown[] = await once(child, 'close')
  return { code: typeof ended[0] === 'number' ? ended[0] : null, said }
}
