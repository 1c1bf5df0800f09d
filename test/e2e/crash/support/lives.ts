import { Pool } from 'undici'
import type { RunningGateway } from '../../../support/gateway.ts'
import type { Call, WholeAnswer } from './call.ts'
import { KINDS, callIdOf, makeCall } from './call.ts'
import type { Kill } from './plan.ts'

export interface Lives {
  readonly calls: number
  readonly clients: number
  readonly keys: readonly string[]
  readonly kills: readonly Kill[]
  readonly first: RunningGateway
  readonly start: () => Promise<RunningGateway>
}

export interface Witnessed {
  readonly whole: ReadonlyMap<string, WholeAnswer>
  /** Calls that were neither answered nor refused when the gateway was killed. */
  readonly underWay: ReadonlySet<string>
  readonly killsDone: number
}

interface Life {
  readonly gateway: RunningGateway
  readonly pool: Pool
}

/** Calls from several clients at a time, through as many lives of the gateway as there are kills, and one more. */
export async function liveThrough(lives: Lives): Promise<Witnessed> {
  const whole = new Map<string, WholeAnswer>()
  const underWay = new Set<string>()
  const running = new Set<string>()
  const kills = [...lives.kills]
  let killsDone = 0
  let next = 0

  const enter = (gateway: RunningGateway): Life => ({
    gateway,
    pool: new Pool(gateway.url, { connections: lives.clients }),
  })
  let life = Promise.resolve(enter(lives.first))

  const kill = async (last: Life, { twice }: Kill): Promise<Life> => {
    for (const callId of running) underWay.add(callId)
    await last.gateway.kill9()
    killsDone += 1
    await last.pool.destroy()
    if (twice) {
      await (await lives.start()).kill9()
      killsDone += 1
    }
    return enter(await lives.start())
  }

  const client = async (): Promise<void> => {
    while (next < lives.calls) {
      // Taken before the wait: whoever waits for a new life starts with it.
      const current = await life
      if (next >= lives.calls) return
      const number = next
      next += 1
      const call: Call = {
        number,
        kind: KINDS[number % KINDS.length] ?? 'chat',
        key: lives.keys[number % lives.keys.length] ?? '',
      }
      const callId = callIdOf(call)
      const due = kills[0]?.atCall === number ? kills.shift() : undefined
      const killWhen = (moment: Kill['when']): void => {
        if (due?.when === moment) life = kill(current, due)
      }
      running.add(callId)
      const answered = makeCall(current.pool, call, () => killWhen('answering'))
      killWhen('sent')
      const answer = await answered
      running.delete(callId)
      if (answer !== undefined) whole.set(callId, answer)
      killWhen('answered')
    }
  }
  await Promise.all(Array.from({ length: lives.clients }, client))

  const last = await life
  await last.pool.close()
  if ((await last.gateway.stop()) !== 0) throw new Error('the last life did not end well')
  return { whole, underWay, killsDone }
}
