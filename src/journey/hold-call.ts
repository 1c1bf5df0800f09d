import { allow } from '../domain/decision.ts'
import type { Decision } from '../domain/decision.ts'
import { isTokenPrincipal } from '../domain/principal.ts'
import type { Provision } from '../domain/provision.ts'
import type { CallBudget } from './5-meter/call-budget.ts'
import type { CallRates } from './5-meter/call-rates.ts'
import { foreseeBudget, reserveBudget } from './5-meter/reserve-budget.ts'
import type { MeterAsk } from './5-meter/reserve-budget.ts'
import { takeRates } from './5-meter/take-rates.ts'
import { provision } from './identify.ts'
import type { JourneyPorts } from './journey-ports.ts'

/** What is held and counted for a call. */
interface HeldCall {
  readonly budget: CallBudget | undefined
  readonly rates: CallRates | undefined
}

/** What else a kind of call is asked when its budget is known; what was held is given back by whoever says no. */
export type BudgetCheck = (budget: CallBudget | undefined) => Promise<Decision<undefined>>

type Held = Decision<HeldCall>

/** The last steps of every call, in this order. Without a promise where nothing has to be held or counted. */
export function holdCall(metered: MeterAsk, ports: JourneyPorts, check?: BudgetCheck): Held | Promise<Held> {
  const reserved = reserveBudget(metered, ports.meter)
  return reserved instanceof Promise
    ? reserved.then((budget) => checkCall(budget, metered, ports, check))
    : checkCall(reserved, metered, ports, check)
}

function checkCall(
  budget: Decision<CallBudget | undefined>,
  metered: MeterAsk,
  ports: JourneyPorts,
  check: BudgetCheck | undefined,
): Held | Promise<Held> {
  ports.trail?.note('budget', budget)
  if (budget.verdict === 'deny') return budget
  const { granted } = budget
  if (check === undefined || granted === undefined) return rateCall(granted, metered, ports)
  return check(granted).then((checked) => (checked.verdict === 'deny' ? checked : rateCall(granted, metered, ports)))
}

function rateCall(budget: CallBudget | undefined, metered: MeterAsk, ports: JourneyPorts): Held | Promise<Held> {
  const counted = takeRates(metered, budget, ports.meter)
  return counted instanceof Promise
    ? counted.then((rates) => heldCall(budget, rates, ports))
    : heldCall(budget, counted, ports)
}

function heldCall(budget: CallBudget | undefined, rates: Decision<CallRates | undefined>, ports: JourneyPorts): Held {
  if (rates.verdict === 'deny' || rates.granted !== undefined) ports.trail?.note('rates', rates)
  return rates.verdict === 'deny' ? rates : allow({ budget, rates: rates.granted })
}

/** Only when the whole decision stands, the directory becomes what the token makes of it. `made`: it has to be read again. */
export async function provisionCall(
  effects: readonly Provision[],
  metered: MeterAsk,
  arrival: Parameters<typeof provision>[2],
  ports: JourneyPorts,
  check?: BudgetCheck,
): ReturnType<typeof provision> {
  const { principal } = metered
  if (!isTokenPrincipal(principal)) return allow('nothing')
  const foreseen = await foreseeBudget(metered, ports.meter)
  if (foreseen.verdict === 'deny') {
    ports.trail?.note('budget', foreseen)
    return foreseen
  }
  const checked = await check?.(foreseen.granted)
  return checked?.verdict === 'deny' ? checked : provision(effects, principal, arrival, ports)
}
