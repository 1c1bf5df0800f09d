import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { NO_MONEY, parseUsd, picoUsd, usdText } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import { reachesKey } from '../../domain/scope.ts'
import { placeOfKey } from './key-place.ts'
import { outOfReach } from './out-of-reach.ts'
import { digestNamed, shownName } from './name-key.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { withSpend } from './read-key.ts'
import type { KeyWithSpend } from './read-key.ts'
import { keyNotFound, malformed } from '../refuse.ts'

export interface ResetSpend {
  readonly key: KeyWithSpend
  readonly previous: PicoUsd
}

/** Z-19: the one way in which recorded spend gets less, and it is on record itself. The ledger's lines stay. */
export async function resetSpend(
  name: string,
  to: number,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<ResetSpend>> {
  const digest = digestNamed(name, ports.digests)
  const absent = keyNotFound(`Key ${shownName(name)} not found.`)
  if (digest === undefined) return absent
  const wanted = parseUsd(to)
  if (wanted === undefined) return malformed('`reset_to` must be an amount of at least 0.')
  const previous = (await ports.ledger.spendOfKeys([digest])).get(digest) ?? NO_MONEY

  const about = { action: 'updated', objectType: 'LiteLLM_VerificationToken', objectId: digest } as const
  const reset = await ports.registry.change(ask.origin, about, async (rooms) => {
    const key = await rooms.keys.find(digest)
    if (key === undefined) return absent
    const place = await placeOfKey(key, rooms)
    if (!reachesKey(ask.reach, place, ask.origin.route)) return outOfReach(place, ask, absent)
    if (wanted > previous)
      return malformed(`\`reset_to\` cannot be more than the current spend of ${usdText(previous)}.`)
    const { maxBudget } = key.limits
    if (maxBudget !== undefined && wanted > maxBudget) {
      return malformed(`\`reset_to\` cannot be more than the budget of ${usdText(maxBudget)}.`)
    }
    await rooms.keys.forgive(digest, picoUsd(previous - wanted))
    const records = [{ ...about, before: { spend: usdText(previous) }, after: { spend: usdText(wanted) } }]
    return allow({ outcome: key, records })
  })
  return reset.verdict === 'deny' ? reset : allow({ key: await withSpend(reset.granted, ports), previous })
}
