import type { Bearers, Target } from '../load-protocol.ts'
import type { Load } from '../measure.ts'
import { AnswerNot200, loadWithCpu } from '../measure.ts'
import type { BenchOptions } from '../options.ts'
import { targetsOf } from '../subjects.ts'
import { BUDGETED, secretOf } from './fill-store.ts'
import type { ScaleSubject } from './scale-subject.ts'

export interface WarmLoad {
  readonly title: string
  readonly subject: ScaleSubject
  readonly targetOf: (round: number) => Target
  /** Every key is new in every round, so that there is nothing to warm. */
  readonly isCold?: true
}

export interface WarmRound {
  readonly number: number
  readonly cpuUsPerRequest: number
  /** Statements other than those that write lines or keep the watch. */
  readonly askedPerRequest: number | undefined
}

/** There are many loads, and they share their code. */
const WARM_UP_SHARE = 6
const COLD_SHARE = 4
const MOST_TRIES = 20
/** Far fewer than the directory remembers, and all of them used within a minute. */
const MOST_SPREAD = 4_000
/** The first call of each opens four accounts, which is no part of a warm path. */
const MOST_BUDGETED = 200

export function loadsOf(few: ScaleSubject, many: ScaleSubject): readonly WarmLoad[] {
  const spread = Math.min(MOST_SPREAD, many.size.keys / 10)
  const always = (subject: ScaleSubject, bearers: Omit<Bearers, 'prefix' | 'digits'>) => {
    const target = targetOf(subject, bearers)
    return () => target
  }
  const nine = { first: 0, step: 1, count: BUDGETED }
  const each = many.size.keys.toLocaleString('en')
  return [
    { title: '10 keys', subject: few, targetOf: always(few, nine) },
    { title: `${each} keys, calls with 9`, subject: many, targetOf: always(many, nine) },
    {
      title: `${each} keys, calls with ${spread.toLocaleString('en')}`,
      subject: many,
      targetOf: always(many, { first: 0, step: 10, count: spread }),
    },
    {
      title: `${each} keys, each for the first time`,
      subject: many,
      // Eight rounds have keys, people and teams of their own.
      targetOf: (round) => targetOf(many, { first: 1 + (round % 8), step: 10, count: many.size.keys / 10 }),
      isCold: true,
    },
    {
      title: '10 keys, under a budget',
      subject: few,
      targetOf: always(few, { first: BUDGETED, step: 10, count: 1 }),
    },
    {
      title: `${each} keys, under budgets`,
      subject: many,
      targetOf: always(many, { first: BUDGETED, step: 10, count: Math.min(spread, MOST_BUDGETED) }),
    },
  ]
}

/** To and fro, as with the levels. */
export async function measureWarm(
  loads: readonly WarmLoad[],
  options: BenchOptions,
  load: Load,
  tell: (text: string) => void,
): Promise<readonly (readonly WarmRound[])[]> {
  for (const each of loads) {
    if (each.isCold === true) continue
    tell(`warming up: ${each.title}`)
    await warmUp(each, { ...options, requests: Math.ceil(options.warmUpRequests / WARM_UP_SHARE) }, load)
  }
  const rounds = loads.map((): WarmRound[] => [])
  const turns = loads.map((each, i) => ({ each, of: rounds[i] ?? [] }))
  for (let round = 0; round < options.rounds; round += 1) {
    tell(`round ${round + 1} of ${options.rounds}`)
    for (const { each, of } of round % 2 === 0 ? turns : turns.toReversed()) {
      // The others had their turn for more than a minute, and then everybody is a stranger again.
      if (each.isCold !== true) await warmUp(each, { ...options, requests: MOST_SPREAD }, load)
      const measured = await unlessShed(measureOnce(each, round, calmIfCold(each, options), load))
      if (measured === undefined)
        tell(`${each.title}: the gateway was too busy for strangers, and the round is left out`)
      else of.push(measured)
    }
  }
  return rounds
}

/** A busy gateway sends away keys that it has never seen, for the moment: they are met one by one. */
async function warmUp(each: WarmLoad, options: BenchOptions, load: Load): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const met = await unlessShed(measureOnce(each, 0, { ...options, connections: 1 }, load))
    if (met === undefined) continue
    if ((await unlessShed(measureOnce(each, 0, options, load))) !== undefined) return
  }
  throw new Error(`${each.title}: the gateway stays too busy for new keys`)
}

function calmIfCold({ isCold }: WarmLoad, options: BenchOptions): BenchOptions {
  return isCold === true ? { ...options, connections: 1, requests: Math.ceil(options.requests / COLD_SHARE) } : options
}

async function unlessShed<Result>(work: Promise<Result>): Promise<Result | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof AnswerNot200) return undefined
    throw error
  }
}

async function measureOnce(
  { subject, targetOf: target, title }: WarmLoad,
  round: number,
  { connections, requests }: BenchOptions,
  load: Load,
): Promise<WarmRound> {
  subject.tap?.taken()
  const plan = { target: target(round), connections, requests }
  const { cpuUsEach } = await loadWithCpu({ level: title, pid: subject.pid }, plan, load)
  const asked = subject.tap?.taken().filter((text) => !/keep_ledger_lines|pg_notify/.test(text))
  return {
    number: round,
    cpuUsPerRequest: cpuUsEach,
    askedPerRequest: asked === undefined ? undefined : asked.length / requests,
  }
}

function targetOf({ port, salt }: ScaleSubject, bearers: Omit<Bearers, 'prefix' | 'digits'>): Target {
  const { chat } = targetsOf(port, '', 'bench-')
  const { authorization: _, ...headers } = chat.headers
  const digits = secretOf(0, '').length - secretOf(0, '').lastIndexOf('-') - 1
  return { ...chat, headers, bearers: { prefix: secretOf(0, salt).slice(0, -digits), digits, ...bearers } }
}
