import type { Decision } from '../../domain/decision.ts'
import { allow } from '../../domain/decision.ts'
import { CallRates } from './call-rates.ts'
import { findRates } from './rates-of.ts'
import type { MeterAsk, MeterPorts } from './reserve-budget.ts'

const UNLIMITED = allow(undefined)

/** Counts the call at every rate that it falls under, or at none where one has no room; undefined: there is none. */
export function takeRates(
  { principal, endUser, ask, at }: MeterAsk,
  { directory, rates, clock, chance, settings }: MeterPorts,
): Decision<CallRates | undefined> | Promise<Decision<CallRates | undefined>> {
  const scopes = findRates(principal, endUser, ask.model, directory)
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
    return taken.verdict === 'deny' ? taken : allow(call)
  }
  return take()
}
