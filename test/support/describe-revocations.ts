import { describe, expect, test } from 'vitest'
import { epochMs } from '../../src/domain/ids.ts'
import { stampedNew } from '../../src/domain/stamps.ts'
import { revocationName } from '../../src/domain/token-revocation.ts'
import type { RevocationTarget, TokenRevocation } from '../../src/domain/token-revocation.ts'
import type { Directory } from '../../src/ports/directory.ts'
import type { Registry, Rooms } from '../../src/ports/registry.ts'
import { NOON } from './entries.ts'
import { userId } from './rows.ts'

type Write = (work: (rooms: Rooms) => Promise<unknown>) => Promise<void>
interface Opened {
  readonly directory: Directory
  readonly registry: Registry
}

const HOUR = epochMs(NOON + 3_600_000)
const ISSUER = 'https://a.example:8443/x'
const TARGETS: readonly RevocationTarget[] = [
  { is: 'token', digest: 'a'.repeat(64) },
  { is: 'jti', issuer: ISSUER, jti: 'Ω: 1' },
  { is: 'subject', issuer: '', subject: "ana' or 1=1", issuedBefore: NOON },
  { is: 'user', userId: userId('ana'), issuedBefore: epochMs(NOON + 1) },
]

function revocation(id: string, target: RevocationTarget, more: Partial<TokenRevocation> = {}): TokenRevocation {
  return { id, target, reason: undefined, endsAt: HOUR, ...stampedNew('tests', NOON), ...more }
}

/** J-31: what is kept of revocations, on every directory. */
export function describeRevocations(opened: () => Opened, write: Write): void {
  describe('J-31: revocations', () => {
    const list = (now = NOON) => opened().registry.rooms.revocations.list({ page: 1, size: 10, order: 'desc' }, now)

    test.each(TARGETS)('of a $is: there from the next read on, and gone from the next', async (target) => {
      const { directory } = opened()
      const name = revocationName(target)
      expect([await directory.hasRevocations(NOON), await directory.findRevocations([name, 'x'])]).toEqual([false, []])
      const made = revocation('one', target, { reason: 'left', endsAt: undefined })
      await write(({ revocations }) => revocations.insert(made))
      expect(await directory.hasRevocations(HOUR)).toBe(true)
      expect(await directory.findRevocations(['x', name, name])).toEqual([made])
      expect(await directory.findRevocations([name.toUpperCase(), `${name} `])).toEqual([])
      expect(await list()).toEqual({ rows: [made], total: 1 })
      await write(({ revocations }) => revocations.delete(['one']))
      expect([await directory.hasRevocations(NOON), await directory.findRevocations([name])]).toEqual([false, []])
    })

    test('a change of one is seen by the next read', async () => {
      const [, , subject] = TARGETS
      if (subject?.is !== 'subject') throw new Error('the third is a subject')
      const before = revocation('one', subject)
      const after = revocation('one', { ...subject, issuedBefore: HOUR }, { endsAt: undefined, reason: 'again' })
      await write(({ revocations }) => revocations.insert(before))
      expect(await opened().directory.findRevocations([revocationName(subject)])).toEqual([before])
      await write(({ revocations }) => revocations.update(after))
      expect(await opened().directory.findRevocations([revocationName(subject)])).toEqual([after])
    })

    test('of each name there is one', async () => {
      await write(async ({ revocations }) => {
        for (const [at, target] of TARGETS.entries()) {
          expect(await revocations.insert(revocation(`${at}`, target))).toBe('inserted')
          expect(await revocations.insert(revocation(`again ${at}`, target))).toBe('taken')
          expect((await revocations.named(revocationName(target)))?.id).toBe(`${at}`)
        }
        expect(await revocations.named('jti\n\nnone')).toBeUndefined()
      })
    })

    test('what has ended is not listed, and is swept away with the next ones, never what has not', async () => {
      const at = (index: number, endsAt: TokenRevocation['endsAt']): TokenRevocation =>
        revocation(`${index}`, { is: 'jti', issuer: ISSUER, jti: `${index}` }, { endsAt })
      const names = [1, 2, 3].map((jti) => revocationName({ is: 'jti', issuer: ISSUER, jti: `${jti}` }))
      await write(async ({ revocations }) => {
        for (const each of [at(1, NOON), at(2, HOUR), at(3, undefined)]) await revocations.insert(each)
      })
      expect((await list()).rows.map(({ id }) => id).toSorted()).toEqual(['2', '3'])
      expect(await opened().directory.findRevocations(names)).toHaveLength(3)
      await write(({ revocations }) => revocations.sweep(NOON))
      expect((await opened().registry.rooms.revocations.findMany(['1', '2', '3'])).length).toBe(2)
      await write(({ revocations }) => revocations.sweep(HOUR))
      expect(await opened().registry.rooms.revocations.findMany(['1', '2', '3'])).toEqual([at(3, undefined)])
    })
  })
}
