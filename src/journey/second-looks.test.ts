import { expect, test } from 'vitest'
import { NOON } from '../../test/support/entries.ts'
import { makeProfile, makeToken } from '../../test/support/token-makers.ts'
import { allow, deny } from '../domain/decision.ts'
import type { Decision } from '../domain/decision.ts'
import { epochMs } from '../domain/ids.ts'
import { SecondLooks } from './second-looks.ts'

const TOKEN = makeToken({ sub: 'ann' }, makeProfile({}))
const ABSENT = deny('token-denied', 'team_not_in_token')
const BLOCKED = deny('token-denied', 'principal_blocked')

function open() {
  const clock = { time: NOON, now: () => clock.time }
  const looks = new SecondLooks(clock)
  const seen: string[] = []
  const ask = async (denied = ABSENT, store: Decision<unknown> = ABSENT, token = TOKEN) => {
    const answer = await looks.again(denied, token, async () => {
      seen.push(store.verdict)
      return store
    })
    return answer.verdict
  }
  return { looks, ask, seen, pass: (ms: number) => (clock.time = epochMs(clock.time + ms)) }
}

test('what the store has is the answer', async () => {
  const { ask, seen } = open()
  expect([await ask(ABSENT, allow('a membership')), await ask(ABSENT, allow('a membership'))]).toEqual([
    'allow',
    'allow',
  ])
  expect(seen).toEqual(['allow', 'allow'])
})

test('what it has not either is not asked for again within a second, of this token', async () => {
  const { ask, seen, pass } = open()
  for (const ms of [0, 0, 1_000]) {
    pass(ms)
    expect(await ask()).toBe('deny')
  }
  expect(seen).toHaveLength(1)
  await ask(ABSENT, ABSENT, makeToken({ sub: 'bob' }, makeProfile({})))
  expect(seen).toHaveLength(2)
  pass(1)
  expect(await ask(ABSENT, allow(''))).toBe('allow')
  expect(seen).toHaveLength(3)
})

test('a refusal that wants nothing of the directory stands', async () => {
  const { looks, seen } = open()
  expect(looks.again(BLOCKED, TOKEN, () => allow(''))).toBe(BLOCKED)
  expect(seen).toEqual([])
})

test('a store that is away is no answer, and is asked again', async () => {
  const { looks, ask } = open()
  await expect(
    looks.again(ABSENT, TOKEN, async () => {
      throw new Error('away')
    }),
  ).rejects.toThrow('away')
  expect(await ask(ABSENT, allow(''))).toBe('allow')
})

test('many at once do not all ask', async () => {
  const { looks } = open()
  const gate = Promise.withResolvers<void>()
  let asked = 0
  const all = Array.from({ length: 100 }, async () =>
    looks.again(ABSENT, TOKEN, async () => {
      asked += 1
      await gate.promise
      return allow('')
    }),
  )
  gate.resolve()
  const answers = await Promise.all(all)
  expect(asked).toBeLessThan(20)
  expect(answers.filter(({ verdict }) => verdict === 'allow')).toHaveLength(asked)
})
