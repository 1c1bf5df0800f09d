import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { NOON, slotIdFor } from '../../test/support/entries.ts'
import { epochMs } from '../domain/ids.ts'
import type { EpochMs, SlotId } from '../domain/ids.ts'
import type { RateScope } from '../domain/rate-scope.ts'
import type { Rates, TakenRates } from './rates.ts'

const MINUTE = 60_000
/** How long a call counts as running whose process is not heard of any more. */
export const LEASE_MS = 10 * MINUTE

const after = (ms: number): EpochMs => epochMs(NOON + ms)

function scope(rate: Partial<RateScope>, id = 'k1', kind: RateScope['kind'] = 'api_key'): RateScope {
  return { kind, id, shownId: id, requests: undefined, tokens: undefined, parallel: undefined, ...rate }
}

const team = (rate: Partial<RateScope>): RateScope => scope(rate, 't1', 'team')

export function describeRates(name: string, open: () => Promise<Rates>, close: () => Promise<void>): void {
  describe(`rates: ${name}`, () => {
    let rates: Rates
    let slots = 0

    beforeEach(async () => {
      rates = await open()
    })
    afterAll(close)

    function slot(): SlotId {
      slots += 1
      return slotIdFor(slots)
    }
    const take = (scopes: readonly RateScope[], at = NOON, slotId = slot()): Promise<TakenRates> =>
      rates.take({ slotId, at, scopes })
    const verdicts = (all: readonly TakenRates[]): readonly string[] =>
      all.map((taken) => (taken.verdict === 'taken' ? 'taken' : `${taken.state.scope.kind} ${taken.type}`))

    test('6.5: a window lets through what it may, and the next one begins with the first call after it', async () => {
      const scopes = [scope({ requests: 2 })]
      expect(
        verdicts([await take(scopes), await take(scopes, after(59_999)), await take(scopes, after(59_999))]),
      ).toEqual(['taken', 'taken', 'api_key requests'])
      const late = await take(scopes, after(100_000))
      expect(late).toMatchObject({ verdict: 'taken', states: [{ requests: 1, resetsAt: after(160_000) }] })
      expect(verdicts([await take(scopes, after(159_999)), await take(scopes, after(159_999))])).toEqual([
        'taken',
        'api_key requests',
      ])
    })

    test('nothing may be allowed, and then nothing is', async () => {
      for (const rate of [{ requests: 0 }, { tokens: 0 }, { parallel: 0 }])
        expect((await take([scope(rate)])).verdict).toBe('refused')
    })

    test('a refusal of one uses nothing of the others, and the first without room is named', async () => {
      await take([scope({ requests: 1 })])
      const both = [team({ requests: 5 }), scope({ requests: 1 })]
      expect(await take(both)).toMatchObject({
        verdict: 'refused',
        type: 'requests',
        state: { scope: { kind: 'api_key' }, requests: 1, resetsAt: after(MINUTE) },
      })
      expect(await take([team({ requests: 5 })])).toMatchObject({ states: [{ requests: 1 }] })
      const full = [team({ requests: 1 }), scope({ requests: 1 })]
      expect(await take(full)).toMatchObject({ state: { scope: { kind: 'team' } } })
    })

    test('tokens count when a call is over, in the window that is then, and for those who count them', async () => {
      const scopes = [scope({ tokens: 100 }), team({ requests: 50 })]
      const first = slot()
      await take(scopes, NOON, first)
      expect((await take(scopes)).verdict).toBe('taken')
      await rates.finish({ slotId: first, at: after(1_000), scopes, tokens: 100 })
      expect(await take(scopes, after(2_000))).toMatchObject({
        verdict: 'refused',
        type: 'tokens',
        state: { tokens: 100 },
      })
      expect((await take(scopes, after(MINUTE))).verdict).toBe('taken')
      await rates.finish({ slotId: slot(), at: after(3 * MINUTE), scopes, tokens: 30 })
      expect(await take(scopes, after(3 * MINUTE))).toMatchObject({
        states: [{ tokens: 30, requests: 1 }, { tokens: 0 }],
      })
    })

    test('places are free again when calls end, once, or when they are never heard of again', async () => {
      const scopes = [scope({ parallel: 2 })]
      const [first, second] = [slot(), slot()]
      await take(scopes, NOON, first)
      await take(scopes, NOON, second)
      expect(await take(scopes)).toMatchObject({ type: 'max_parallel_requests', state: { running: 2 } })
      await rates.finish({ slotId: first, at: NOON, scopes, tokens: 0 })
      await rates.finish({ slotId: first, at: NOON, scopes, tokens: 0 })
      expect(verdicts([await take(scopes), await take(scopes)])).toEqual(['taken', 'api_key max_parallel_requests'])
      expect((await take(scopes, after(LEASE_MS - 1))).verdict).toBe('refused')
      expect((await take(scopes, after(LEASE_MS))).verdict).toBe('taken')
    })

    test('judging counts nothing', async () => {
      const scopes = [scope({ requests: 1, parallel: 1 })]
      for (let n = 0; n < 3; n += 1)
        expect((await rates.judge({ slotId: slot(), at: NOON, scopes })).verdict).toBe('taken')
      await take(scopes)
      expect((await rates.judge({ slotId: slot(), at: NOON, scopes })).verdict).toBe('refused')
    })

    test('ids of one kind are none of another', async () => {
      await take([scope({ requests: 1 }, 'x', 'user')])
      expect((await take([scope({ requests: 1 }, 'x', 'team')])).verdict).toBe('taken')
      expect((await take([scope({ requests: 1 }, 'x', 'user')])).verdict).toBe('refused')
    })

    test('of many at once exactly as many are let through as may be, whatever the order of their scopes', async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), async (keys, teams) => {
          const id = String(slot())
          const [mine, ours] = [scope({ requests: keys }, id), scope({ parallel: teams }, id, 'team')]
          const all = await Promise.all(
            Array.from({ length: 12 }, (_, n) => take(n % 2 === 0 ? [mine, ours] : [ours, mine])),
          )
          expect(all.filter(({ verdict }) => verdict === 'taken')).toHaveLength(Math.min(keys, teams))
        }),
        { numRuns: 12 },
      )
    })
  })
}
