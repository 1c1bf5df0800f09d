import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface RunningProcess {
  /** Its lines so far. */
  readonly lines: readonly string[]
  /** Resolves when it has written that many lines; rejects when it ends before. */
  hasWritten(count: number): Promise<void>
  signal(name: NodeJS.Signals): void
  /** As `kill -9` does, and waits for the end. */
  kill(): Promise<void>
}

/** Starts a script of `test/support/processes` on the Node that runs the tests. */
export function runProcess(script: string, ...args: readonly string[]): RunningProcess {
  const path = new URL(`./processes/${script}`, import.meta.url).pathname
  const child: ChildProcess = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  const ended = once(child, 'close')
  let said = ''
  let arrived = (): void => {}
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text))
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line)
      arrived()
    })
  }
  return {
    lines,
    async hasWritten(count) {
      while (lines.length < count) {
        const next = new Promise<void>((resolve) => (arrived = resolve))
        const outcome = await Promise.race([next, ended.then(() => 'ended' as const)])
        if (outcome === 'ended' && lines.length < count) throw new Error(`${script} ended early: ${said}`)
      }
    },
    signal: (name) => void child.kill(name),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
