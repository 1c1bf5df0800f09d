import { setTimeout as delay } from 'node:timers/promises'
import type { LoadOrder, LoadPlan, LoadResult, Percentiles } from './load-protocol.ts'
import type { BenchOptions } from './options.ts'
import { cpuMsOf, cpuMsWhenQuiet, rssMibOf, storeMsOf } from './process-stats.ts'
import type { Subject } from './subjects.ts'

export type Load = (order: LoadOrder) => Promise<LoadResult>

/** What one subject did in one round. */
export interface Round {
  /** Of the first requests after the pause in which the others had their turn. */
  readonly wakingCpuUsPerRequest: number
  /** Of those that follow, as fast as they go. */
  readonly cpuUsPerRequest: number
  /** What of it the thread of an embedded store took. */
  readonly storeUsPerRequest: number
  /** With as many requests in a second as everybody else gets. */
  readonly pacedCpuUsPerRequest: number
  readonly pacedStoreUsPerRequest: number
  readonly requestsPerSecond: number
  /** With every connection of the load generator busy: mostly queueing. */
  readonly busyLatencyUs: Percentiles
  /** With two connections: the path itself. */
  readonly calmLatencyUs: Percentiles
  readonly cpuUsPerStream: number
  readonly firstByteUs: Percentiles
  readonly rssMib: number
}

export interface OpenStreamsMemory {
  readonly idleMib: number
  readonly openMib: number
  readonly closedMib: number
}

const CALM_CONNECTIONS = 2
const CALM_SHARE = 0.1
const STREAM_CONNECTIONS = 8
const SOAK_SLICES = 20

export class AnswerNot200 extends Error {}

interface Measurable {
  /** What it is called where it fails. */
  readonly level: string
  readonly pid: number
  readonly lingersMs?: number
}

export async function measureRound(subject: Subject, options: BenchOptions, load: Load): Promise<Round> {
  const { connections, requests, wakingRequests, pacedRequests, perSecond, streams } = options
  const chat = { target: subject.chat, connections }
  const calmRequests = Math.ceil(requests * CALM_SHARE)
  const waking = await loadWithCpu(subject, { ...chat, requests: wakingRequests }, load)
  const busy = await loadWithCpu(subject, { ...chat, requests }, load)
  const paced = await loadWithCpu(subject, { ...chat, requests: pacedRequests, perSecond }, load)
  const calm = await loadWithCpu(subject, { ...chat, connections: CALM_CONNECTIONS, requests: calmRequests }, load)
  const stream = { target: subject.stream, connections: STREAM_CONNECTIONS, requests: streams }
  const streamed = await loadWithCpu(subject, stream, load)
  return {
    wakingCpuUsPerRequest: waking.cpuUsEach,
    cpuUsPerRequest: busy.cpuUsEach,
    storeUsPerRequest: busy.storeUsEach,
    pacedCpuUsPerRequest: paced.cpuUsEach,
    pacedStoreUsPerRequest: paced.storeUsEach,
    requestsPerSecond: (requests * 1000) / busy.result.elapsedMs,
    busyLatencyUs: busy.result.latencyUs,
    calmLatencyUs: calm.result.latencyUs,
    cpuUsPerStream: streamed.cpuUsEach,
    firstByteUs: streamed.result.firstByteUs,
    rssMib: rssMibOf(subject.pid),
  }
}

/** Lets the compiler see both kinds of answer before anything is counted. */
export async function warmUp(subject: Subject, options: BenchOptions, load: Load): Promise<void> {
  const { connections, warmUpRequests: requests, streams } = options
  await loadAll(subject, { target: subject.chat, connections, requests }, load)
  await loadAll(subject, { target: subject.stream, connections: STREAM_CONNECTIONS, requests: streams }, load)
}

/** Above the same tokens a second time: reading and verifying. Undefined where nothing is verified. */
export async function measureFirstSeen(
  subject: Subject,
  { connections, freshTokens: requests }: BenchOptions,
  load: Load,
): Promise<number | undefined> {
  const target = await subject.freshChat?.(requests)
  if (target === undefined) return undefined
  const plan = { target, connections, requests }
  const first = await loadWithCpu(subject, plan, load)
  const again = await loadWithCpu(subject, plan, load)
  return first.cpuUsEach - again.cpuUsEach
}

export async function measureOpenStreams(
  subject: Subject,
  options: BenchOptions,
  load: Load,
): Promise<OpenStreamsMemory> {
  const { openStreams: streams, settleMs } = options
  await delay(settleMs)
  const idleMib = rssMibOf(subject.pid)
  refuseFailures(subject, await load({ order: 'open', target: subject.endless, streams }), streams)
  await delay(settleMs)
  const openMib = rssMibOf(subject.pid)
  await load({ order: 'close' })
  await delay(settleMs)
  return { idleMib, openMib, closedMib: rssMibOf(subject.pid) }
}

/** Resident memory after each twentieth of a long run; the first value is the one before it. */
export async function measureSoak(subject: Subject, options: BenchOptions, load: Load): Promise<readonly number[]> {
  const { connections, soakRequests } = options
  const requests = Math.ceil(soakRequests / SOAK_SLICES)
  const rssMib = [rssMibOf(subject.pid)]
  for (let slice = 0; slice < SOAK_SLICES; slice += 1) {
    await loadAll(subject, { target: subject.chat, connections, requests }, load)
    rssMib.push(rssMibOf(subject.pid))
  }
  return rssMib
}

export async function loadWithCpu(
  subject: Measurable,
  plan: LoadPlan,
  load: Load,
): Promise<{ readonly result: LoadResult; readonly cpuUsEach: number; readonly storeUsEach: number }> {
  const before = cpuMsOf(subject.pid)
  const storeBefore = storeMsOf(subject.pid)
  const result = await loadAll(subject, plan, load)
  const cpuMs = (await cpuMsWhenQuiet(subject.pid, subject.lingersMs)) - before
  const storeMs = storeMsOf(subject.pid) - storeBefore
  return { result, cpuUsEach: (cpuMs * 1000) / plan.requests, storeUsEach: (storeMs * 1000) / plan.requests }
}

async function loadAll(subject: Measurable, plan: LoadPlan, load: Load): Promise<LoadResult> {
  const result = await load({ order: 'load', ...plan })
  refuseFailures(subject, result, plan.requests)
  return result
}

function refuseFailures(subject: Measurable, { statuses, failures }: LoadResult, expected: number): void {
  if (statuses['200'] === expected && failures === 0) return
  const counted = JSON.stringify({ ...statuses, 'no answer': failures })
  throw new AnswerNot200(`${subject.level}: of ${expected} answers not all were 200: ${counted}`)
}
