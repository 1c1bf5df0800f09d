import type { ChildProcess } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { LoadOrder, LoadResult } from './load-protocol.ts'

/** The process that is measured has a core to itself; everybody else shares the other one. */
export type Core = 'measured' | 'rest'
const CORE_NUMBER: Readonly<Record<Core, string>> = { measured: '0', rest: '1' }

const STOP_MS = 15_000
const READY_MS = 60_000

/** Every process of the bench. Whatever happens, `stopAll` leaves none behind. */
export class Processes {
  readonly isPinned: boolean
  readonly #logFolder: string
  readonly #children = new Map<string, ChildProcess>()
  readonly #died: string[] = []
  #isStopping = false

  constructor(logFolder: string) {
    this.#logFolder = logFolder
    // This process and what else it starts, a PostgreSQL for instance, stay off the measured core too.
    const pinSelf = ['-a', '-c', '-p', CORE_NUMBER.rest, String(process.pid)]
    this.isPinned = availableParallelism() > 1 && spawnSync('taskset', pinSelf).status === 0
  }

  /** Names of processes that ended although nobody asked them to. */
  get died(): readonly string[] {
    return this.#died
  }

  /** Starts one of our own scripts, which says in one JSON line where it listens. */
  async startAnnounced(name: string, core: Core, args: readonly string[]): Promise<{ pid: number; port: number }> {
    const child = this.#spawn(name, core, args, ['ignore', 'pipe', 'inherit'])
    const line = await Promise.race([firstLineOf(child), endOf(name, child)])
    const { port } = JSON.parse(line) as { port: number }
    return { pid: child.pid ?? 0, port }
  }

  /** Starts a server that logs to a file, and waits until `isReady`. */
  async startLogged(
    name: string,
    core: Core,
    args: readonly string[],
    isReady: () => Promise<boolean>,
  ): Promise<number> {
    const path = join(this.#logFolder, `${name}.log`)
    const log = openSync(path, 'a')
    const child = this.#spawn(name, core, args, ['ignore', log, log])
    closeSync(log)
    const giveUp = AbortSignal.timeout(READY_MS)
    while (!(await isReady())) {
      const hasEnded = child.exitCode !== null || child.signalCode !== null
      if (!hasEnded && !giveUp.aborted) continue
      throw new Error(
        `${name} ${hasEnded ? 'ended' : 'was not ready in time'}:\n${readFileSync(path, 'utf8').slice(-2000)}`,
      )
    }
    return child.pid ?? 0
  }

  startLoadGenerator(script: string): (order: LoadOrder) => Promise<LoadResult> {
    const child = this.#spawn('load-generator', 'rest', [script], ['ignore', 'inherit', 'inherit', 'ipc'])
    const end = endOf('load-generator', child)
    return (order) => {
      const result = new Promise<LoadResult>((resolve) => child.once('message', (each) => resolve(each as LoadResult)))
      child.send(order)
      return Promise.race([result, end])
    }
  }

  async stopAll(): Promise<void> {
    this.#isStopping = true
    await Promise.all([...this.#children.values()].map(stop))
  }

  #spawn(name: string, core: Core, args: readonly string[], stdio: Parameters<typeof spawnWith>[2]): ChildProcess {
    const command = [process.execPath, ...args]
    const pinned = this.isPinned ? ['taskset', '-c', CORE_NUMBER[core], ...command] : command
    const child = spawnWith(pinned[0] ?? '', pinned.slice(1), stdio)
    this.#children.set(name, child)
    child.once('exit', () => {
      this.#children.delete(name)
      if (!this.#isStopping) this.#died.push(name)
    })
    return child
  }
}

type Channel = 'ignore' | 'pipe' | 'inherit' | 'ipc' | number

function spawnWith(command: string, args: readonly string[], stdio: readonly Channel[]): ChildProcess {
  // The database of one level must not become that of all: a gateway honours this variable.
  const { DATABASE_URL: _, ...env } = process.env
  return spawn(command, [...args], { stdio: [...stdio], env })
}

/** Rejects when the process ends. Watched from the start, so that a rejection nobody waits for is no fault. */
function endOf(name: string, child: ChildProcess): Promise<never> {
  const end = new Promise<never>((_, reject) => child.once('exit', () => reject(new Error(`${name} ended`))))
  end.catch(() => undefined)
  return end
}

async function firstLineOf(child: ChildProcess): Promise<string> {
  let text = ''
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk)
    if (text.includes('\n')) break
  }
  return text
}

async function stop(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  await exit
  clearTimeout(killer)
}
