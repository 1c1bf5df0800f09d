import { describe, expect, test } from 'vitest'
import { NOON, digestOf, makeKey } from '../../../test/support/entries.ts'
import { deny } from '../../domain/decision.ts'
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

describe('J-34: what a credential is taken for follows from its form alone', () => {
  /** Refuses all, each way by its own reason. */
  const takenFor = async (presented: string, takesOpaque: boolean): Promise<string> => {
    const { ports } = portsWith()
    const tokens = {
      verifyJwt: () => deny('token-refused', 'jwt_malformed'),
      verifyOpaque: takesOpaque ? () => deny('token-refused', 'opaque_refused') : undefined,
    }
    const proof = await verifyCredential(presented, MOMENT, { ...ports, tokens })
    if (proof.verdict === 'allow') return 'key'
    return { jwt_malformed: 'jwt', opaque_refused: 'opaque' }[String(proof.because)] ?? proof.because
  }

  test.each<readonly [presented: string, withOpaque: string, without: string]>([
    ['a.b.c', 'jwt', 'jwt'],
    ['..', 'jwt', 'jwt'],
    ['sk-a.b.c', 'key', 'key'],
    ['a.b', 'opaque', 'key_malformed'],
    ['a.b.c.d', 'opaque', 'key_malformed'],
    // AC-008: an encrypted token, which only its provider can read.
    ['a.b.c.d.e', 'opaque', 'jwt'],
    ['a..c.d.e', 'opaque', 'jwt'],
    ['a.b.c.d.e.f', 'opaque', 'key_malformed'],
    ['opaque', 'opaque', 'key_malformed'],
  ])('%j is, where opaque tokens are taken, %s, and otherwise %s', async (presented, withOpaque, without) => {
    expect([await takenFor(presented, true), await takenFor(presented, false)]).toEqual([withOpaque, without])
  })
})
