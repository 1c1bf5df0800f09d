import { setTimeout as delay } from 'node:timers/promises'
import { percentilesOf } from '../run-load.ts'
import { cpuMsOf } from '../process-stats.ts'
import { FIRST_PERSONAL, secretOf } from './fill-store.ts'
import { LIST_CALLS, userOf } from './list-calls.ts'
import type { ListCall } from './list-calls.ts'
import type { ScaleSubject } from './scale-subject.ts'

export interface MeasuredList extends ListCall {
  readonly kib: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** The very first time: nothing of it is remembered, and little of the code is compiled. */
  readonly firstMs: number
  /** Until the head of the answer is there: a whole list is read while it goes out. */
  readonly headP50Ms: number
  /** Of the gateway alone. */
  readonly cpuMs: number
}

const TIMES = 20
const TIMES_WHOLE = 3
const TIMES_QUICK = 2
const BUSY = 503
const MOST_TRIES = 20
const TRY_AGAIN_MS = 250

/** One call at a time, as a person or a script makes them. */
export async function measureLists(subject: ScaleSubject, isQuick: boolean): Promise<readonly MeasuredList[]> {
  const measured: MeasuredList[] = []
  for (const call of LIST_CALLS) {
    const times = isQuick ? TIMES_QUICK : call.isWhole === true ? TIMES_WHOLE : TIMES
    measured.push(await measureList(call, times, subject))
  }
  return measured
}

async function measureList(call: ListCall, times: number, subject: ScaleSubject): Promise<MeasuredList> {
  const { port, pid, size } = subject
  const self = call.caller === 'admin' ? '' : String(userOf(call.caller, size))
  const url = `http://127.0.0.1:${port}${call.path.replace('{self}', self)}`
  const headers = { authorization: `Bearer ${credentialOf(call, subject)}` }
  const whole = new Float64Array(times)
  const heads = new Float64Array(times)
  let bytes = 0
  const firstMs = await warmUp(url, headers)
  const cpuBefore = cpuMsOf(pid)
  for (let n = 0; n < times; n += 1) {
    const from = performance.now()
    const answer = await fetch(url, { headers })
    heads[n] = performance.now() - from
    const body = await answer.arrayBuffer()
    whole[n] = performance.now() - from
    bytes = body.byteLength
    if (answer.status !== 200) throw new Error(`${call.caller}: ${call.path} answered ${answer.status}`)
  }
  const { p50: p50Ms, p99: p99Ms } = percentilesOf(whole)
  const cpuMs = (cpuMsOf(pid) - cpuBefore) / times
  return { ...call, kib: bytes / 1024, p50Ms, p99Ms, firstMs, headP50Ms: percentilesOf(heads).p50, cpuMs }
}

/** Fills caches that a console keeps filled. A gateway that is busy sends away whom it has never seen, for the moment. */
async function warmUp(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const from = performance.now()
    const answer = await fetch(url, { headers })
    await answer.arrayBuffer()
    if (answer.status !== BUSY) return performance.now() - from
    await delay(TRY_AGAIN_MS)
  }
  throw new Error(`${url}: the gateway stays too busy`)
}

function credentialOf({ caller }: ListCall, { masterKey, size, salt }: ScaleSubject): string {
  if (caller === 'admin') return masterKey
  return secretOf(FIRST_PERSONAL * size.users + userOf(caller, size), salt)
}
