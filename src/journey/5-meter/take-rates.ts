import type { Decision } from '../../domain/decision.ts'
import { allow } from '../../domain/decision.ts'
import type { CallBudget } from './call-budget.ts'
import { CallRates } from './call-rates.ts'
import { namesIn } from './levels-at.ts'
import { orRelease } from './or-release.ts'
import { findRates } from './rates-of.ts'
import type { IsCalled } from './rates-of.ts'
import { groupsNamedTo } from './reserve-budget.ts'
import type { MeterAsk, MeterPorts } from './reserve-budget.ts'

const UNLIMITED = allow(undefined)

/**
 * Counts the call at every rate that it falls under, or at none where one has no room; undefined: there is none. Where it is
 * not let through, what is held for it is given back.
 */
export function takeRates(
  { principal, endUser, model, at }: MeterAsk,
  budget: CallBudget | undefined,
  ports: MeterPorts,
): Decision<CallRates | undefined> | Promise<Decision<CallRates | undefined>> {
  const { directory, rates, clock, chance, settings } = ports
  const isCalled: IsCalled = (name, of) => namesIn(model, groupsNamedTo(principal, ports))(name, of) !== undefined
  const scopes = findRates(principal, endUser, isCalled, directory)
  if (!(scopes instanceof Promise) && scopes.length === 0) return UNLIMITED

  const take = async (): Promise<Decision<CallRates | undefined>> => {
    const found = await scopes
    if (found.length === 0) return UNLIMITED
    const call = new CallRates({
      scopes: found,
      rates,
      clock,
      slotId: chance.slotId(),
      counts: settings.countsTokens,
    })
    const taken = await call.take(at)
    if (taken.verdict === 'allow') return allow(call)
    await budget?.release()
    return taken
  }
  return orRelease(take(), budget)
}
