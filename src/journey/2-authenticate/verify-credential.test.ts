import { describe, expect, test } from 'vitest'
import { NOON, digestOf, makeKey } from '../../../test/support/entries.ts'
import type { FoundKey } from '../../ports/directory.ts'
import { GuessLimits } from './guess-limits.ts'
import { verifyCredential } from './verify-credential.ts'
import type { CredentialPorts } from './verify-credential.ts'

const MOMENT = { now: NOON, address: '203.0.113.7' }
const FOUND: FoundKey = { key: makeKey(1), graceEndsAt: undefined }

function portsWith(more: { readonly isHigh?: boolean; readonly hasSeen?: boolean; readonly isWarm?: boolean } = {}) {
  let asked = 0
  const ports: CredentialPorts = {
    digests: { digestKey: () => digestOf(1), equal: () => false },
    tokens: undefined,
    masterKey: digestOf(2),
    guesses: new GuessLimits(),
    load: { isHigh: () => more.isHigh ?? false },
    directory: {
      peekKey: () => (more.isWarm === true ? FOUND : 'ask'),
      hasSeenKey: () => more.hasSeen ?? false,
      async findKey() {
        asked += 1
        return FOUND
      },
    },
  }
  return { ports, asked: () => asked }
}

describe('N-42: while the process is late, the store is asked about no strangers', () => {
  test('a key that nobody has seen is told to come again', async () => {
    const { ports, asked } = portsWith({ isHigh: true })
    expect(await verifyCredential('sk-somebody', MOMENT, ports)).toMatchObject({
      verdict: 'deny',
      problem: 'overloaded',
    })
    expect(asked()).toBe(0)
  })

  test.each([{ isWarm: true }, { hasSeen: true }])('a key that was seen before is served: %j', async (known) => {
    const { ports } = portsWith({ isHigh: true, ...known })
    expect(await verifyCredential('sk-somebody', MOMENT, ports)).toMatchObject({ verdict: 'allow' })
  })

  test('afterwards everybody is asked about again', async () => {
    const { ports, asked } = portsWith()
    expect(await verifyCredential('sk-somebody', MOMENT, ports)).toMatchObject({ verdict: 'allow' })
    expect(asked()).toBe(1)
  })
})
