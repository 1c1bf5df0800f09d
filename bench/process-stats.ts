import { readFileSync, readdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** USER_HZ, the unit of times in `/proc/<pid>/stat`: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100
const USER_TIME = 11
const SYSTEM_TIME = 12

/**
 * User and system time of all threads of a process. The kernel counts it per thread in nanoseconds, and per process in
 * ticks of 10 ms, which are too coarse for a short round: they serve where a kernel doesn't give the first. Threads that
 * ended drop out of the first count; neither the gateway nor the forwarder ends any while it serves.
 */
export function cpuMsOf(pid: number): number {
  return scheduledMsOf(pid) || tickedMsOf(pid)
}

/** As Linux shows the name that the gateway gives the thread of its embedded store: cut after 15 characters. */
const STORE_THREAD = 'embedded-databa'

/** What of it is the embedded store's. A PostgreSQL server is another process, and not counted at all. */
export function storeMsOf(pid: number): number {
  return threadsOf(pid).reduce(
    (sum, thread) => sum + (nameOf(pid, thread) === STORE_THREAD ? threadMsOf(pid, thread) : 0),
    0,
  )
}

function tickedMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name in parentheses may hold anything; the fields after it are plain numbers.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) * 1000) / TICKS_PER_SECOND
}

function scheduledMsOf(pid: number): number {
  return threadsOf(pid).reduce((sum, thread) => sum + threadMsOf(pid, thread), 0)
}

function threadsOf(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/task`)
}

function nameOf(pid: number, thread: string): string {
  try {
    return readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').trimEnd()
  } catch {
    return ''
  }
}

/** 0 where the kernel doesn't say, or when the thread has just ended. */
function threadMsOf(pid: number, thread: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6
  } catch {
    return 0
  }
}

/** Resident memory, all of the process. */
export function rssMibOf(pid: number): number {
  const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kib) / 1024
}

const LOOK_EVERY_MS = 50
const MOST_LOOKS = 120
const IDLE_MS_PER_LOOK = 0.5

/**
 * CPU time once a process has also finished what it does behind the answers, such as writing its ledger. `lingersMs`: how
 * long it may do nothing before it goes on with that.
 */
export async function cpuMsWhenQuiet(pid: number, lingersMs = 0): Promise<number> {
  const quietLooks = 1 + Math.ceil(lingersMs / LOOK_EVERY_MS)
  let before = cpuMsOf(pid)
  let quiet = 0
  for (let looks = 0; looks < MOST_LOOKS && quiet < quietLooks; looks += 1) {
    await delay(LOOK_EVERY_MS)
    const now = cpuMsOf(pid)
    quiet = now - before < IDLE_MS_PER_LOOK ? quiet + 1 : 0
    before = now
  }
  return before
}
