import type { Decision } from '../../domain/decision.ts'
import { allow } from '../../domain/decision.ts'
import type { BudgetKind } from '../../domain/budget-level.ts'
import type { EndUser } from '../../domain/end-user.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { ModelCatalogue, ResolvedModel } from '../../domain/model-catalogue.ts'
import type { OperatorBudgets } from '../../domain/limits.ts'
import { keyOf, teamIdOf } from '../../domain/principal.ts'
import type { Principal } from '../../domain/principal.ts'
import type { Budgets } from '../../ports/budgets.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Rates } from '../../ports/rates.ts'
import type { Chance } from '../../ports/chance.ts'
import type { WarmDirectory } from '../../ports/directory.ts'
import type { ModelFacts } from '../../ports/model-facts.ts'
import type { NextTurn } from '../../ports/next-turn.ts'
import type { ModelAsk } from '../1-intake/read-model-request.ts'
import { aliasesOf } from '../4-authorise/model-levels.ts'
import { measurePrompt } from './bound-prompt.ts'
import type { PromptSize } from './bound-prompt.ts'
import { CallBudget } from './call-budget.ts'
import type { CountedTokens } from './call-rates.ts'
import { callTags } from './call-tags.ts'
import { findBudgets } from './find-budgets.ts'
import type { TimeBound } from './forecast-call.ts'
import type { GroupsNamed } from './levels-at.ts'

export interface MeterPorts {
  readonly directory: WarmDirectory
  readonly catalogue: () => ModelCatalogue
  readonly budgets: Budgets
  readonly rates: Rates
  readonly clock: Clock
  readonly prices: ModelFacts
  readonly chance: Pick<Chance, 'holdId' | 'slotId'>
  readonly nextTurn: NextTurn
  readonly settings: {
    readonly budgetRefusesAs400: boolean
    readonly operator: OperatorBudgets
    readonly countsTokens: CountedTokens
    readonly mostCallMs: TimeBound
  }
}

export interface MeterAsk {
  readonly principal: Principal
  readonly endUser: EndUser | undefined
  readonly ask: ModelAsk
  readonly model: ResolvedModel
  readonly at: EpochMs
  /** How much is read, where the body does not show it. */
  readonly prompt?: PromptSize
}

const UNLIMITED = allow(undefined)

/** Holds what the call may cost at most, at every budget that it falls under; undefined: there is none. */
export function reserveBudget(
  { principal, endUser, ask, model, at, prompt: known }: MeterAsk,
  ports: MeterPorts,
): Decision<CallBudget | undefined> | Promise<Decision<CallBudget | undefined>> {
  const { operator } = ports.settings
  const levels = findBudgets({ principal, endUser, tags: callTags(principal, ask), operator, at }, ports.directory)
  if (!(levels instanceof Promise) && levels.length === 0) return UNLIMITED

  const reserve = async (): Promise<Decision<CallBudget | undefined>> => {
    const found = await levels
    if (found.length === 0) return UNLIMITED
    const { prices, budgets, chance, settings, nextTurn } = ports
    const prompt = known ?? (await measurePrompt(ask.body, nextTurn))
    const budget = new CallBudget({
      levels: found,
      groupsNamed: groupsNamedTo(principal, ports),
      facts: { ask, prompt, prices, at, mostMs: settings.mostCallMs },
      budgets,
      newHoldId: () => chance.holdId(),
      key: keyOf(principal),
      refusesAs400: settings.budgetRefusesAs400,
    })
    const affordable = await budget.afford(model)
    return affordable.verdict === 'deny' ? affordable : allow(budget)
  }
  return reserve()
}

/** Whoever has a limit has written it in words of its own: no alias of a key gives another meaning to those of others. */
export function groupsNamedTo(principal: Principal, { catalogue }: Pick<MeterPorts, 'catalogue'>): GroupsNamed {
  return (name, of) => catalogue().groupsNamed(name, aliasesFor(of, principal), teamIdOf(principal))
}

function aliasesFor(of: BudgetKind, principal: Principal): Readonly<Record<string, string>> {
  if (of === 'key') return aliasesOf(principal)
  const team = principal.kind === 'master' ? undefined : principal.standing.team
  return team !== undefined && (of === 'team' || of === 'member') ? team.modelAliases : {}
}

/** The same question with nothing held: would the call be let through? */
export function foreseeBudget(ask: MeterAsk, ports: MeterPorts): ReturnType<typeof reserveBudget> {
  const { budgets } = ports
  const judging: Budgets = { ...budgets, reserve: (each) => budgets.judge(each) }
  return reserveBudget(ask, { ...ports, budgets: judging })
}
