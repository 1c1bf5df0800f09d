import { describe, expect, test } from 'vitest'
import type { RefusedAttempt } from '../ports/refusals.ts'
import { RefusalTally } from './tell-refusals.ts'

function attempt(caller: string, objectId = 'a', route = '/team/delete'): RefusedAttempt {
  return {
    origin: {
      actor: caller,
      actorRole: 'internal_user',
      actorKey: caller,
      onBehalfOf: undefined,
      clientAddress: undefined,
      requestId: 'r',
      route,
    },
    about: { action: 'deleted', objectType: 'LiteLLM_TeamTable', objectId },
    reason: 'authz_role',
  }
}

function stand() {
  const told: string[] = []
  const waiting: (() => void)[] = []
  const flaws: string[] = []
  let fails = false
  const tally = new RefusalTally({
    registry: {
      recordRefusal: async (origin, { action, objectId }, reason, after) => {
        if (fails) throw new Error('no store')
        told.push([origin.actor, action, objectId, reason, JSON.stringify(after)].join(' '))
      },
    },
    timers: { after: (_ms, go) => (waiting.push(go), () => {}) },
    log: { info: () => {}, warn: () => {}, error: (text) => void flaws.push(text) },
  })
  return { tally, told, waiting, flaws, fail: () => (fails = true) }
}

describe('A-01: attempts that were refused at their route', () => {
  test('are told at once, and again what is said again only in a number, a minute later', async () => {
    const { tally, told, waiting } = stand()
    for (let i = 0; i < 3; i += 1) await tally.tell(attempt('ann'))
    await tally.tell(attempt('ann', 'b'))
    await tally.tell(attempt('bob'))
    expect(told).toEqual(['ann', 'ann', 'bob'].map((who, at) => `${who} deleted ${at === 1 ? 'b' : 'a'} authz_role {}`))
    expect(waiting).toHaveLength(1)
    waiting[0]?.()
    await tally.close()
    expect(told.slice(3)).toEqual(['ann attempted /team/delete authz_role {"refused_again":2,"by_many":false}'])
    await tally.tell(attempt('ann'))
    expect(told.slice(4)).toEqual(['ann deleted a authz_role {}'])
  })

  test('of a flood no more than a bounded number of records is made, and none of it goes uncounted', async () => {
    const { tally, told } = stand()
    for (let caller = 0; caller < 300; caller += 1) {
      for (let object = 0; object < 50; object += 1) await tally.tell(attempt(`caller-${caller}`, `team-${object}`))
    }
    expect(told).toHaveLength(200)
    await tally.close()
    expect(told.length).toBeLessThanOrEqual(301)
    const more = told.flatMap((line) => [/"refused_again":(\d+)/.exec(line)?.[1] ?? []].flat()).map(Number)
    expect(200 + more.reduce((sum, count) => sum + count, 0)).toBe(300 * 50)
    expect(told.at(-1)).toContain('"by_many":true')
  })

  test('that cannot be recorded are told to the operator, and the caller is refused all the same', async () => {
    const { tally, flaws, fail } = stand()
    fail()
    await tally.tell(attempt('ann'))
    expect(flaws).toEqual(['a refused attempt could not be recorded'])
  })
})
