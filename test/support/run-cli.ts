import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { BUILT_GATEWAY } from './built-gateway.ts'
import { inherited } from './inherited.ts'

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  /** What stands on its standard input. */
  readonly input?: string
}

/** The built `latchkey`, as an operator runs it; nothing of this process's environment that means anything to it reaches it. */
export async function runCli(args: readonly string[], { env = {}, input = '' }: RunOptions = {}): Promise<Ran> {
  const child = spawn(process.execPath, [...BUILT_GATEWAY, ...args], {
    cwd: join(import.meta.dirname, '..', '..'),
    env: { ...inherited('PATH'), ...env },
    timeout: 60_000,
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  // A command that looks at no input may have closed it.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const ended: readonly unknown[] = await once(child, 'close')
  return { code: typeof ended[0] === 'number' ? ended[0] : null, stdout, stderr }
}
