import type { BudgetLevel } from '../../domain/budget-level.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import type { JsonObject } from '../../domain/json.ts'
import { addUsd, usdText } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import type { Principal } from '../../domain/principal.ts'
import type { Provision } from '../../domain/provision.ts'
import type { RateType } from '../../domain/rate-scope.ts'
import type { Reason } from '../../domain/reason.ts'
import type { Budgets, Reservation, ReserveAsk } from '../../ports/budgets.ts'
import type { RateState, Rates, RatesAsk, TakenRates } from '../../ports/rates.ts'
import type { Trail } from '../trail.ts'

/** One step of the journey, as it was taken. */
export interface TrailStep {
  readonly step: string
  readonly outcome: 'allow' | 'deny'
  readonly reason: Reason | null
  readonly inputs: JsonObject
}

/** The budget that had no room. */
export interface NoRoom {
  readonly level: BudgetLevel
  /** With a ceiling of this much the call would have had it. */
  readonly needed: PicoUsd
}

/** The rate that had no room. */
export interface NoRate {
  readonly state: RateState
  readonly type: RateType
}

/** Keeps what the journey tells. */
export class Observer implements Trail {
  readonly steps: TrailStep[] = []
  principal: Principal | undefined
  provisions: readonly Provision[] = []
  noRoom: NoRoom | undefined
  noRate: NoRate | undefined
  #counted: JsonObject = {}
  #asked: JsonObject = {}

  note(step: string, outcome: Decision<unknown>, about: JsonObject = {}): void {
    const found = step === 'budget' ? this.#asked : step === 'rates' ? this.#counted : {}
    const inputs = { ...about, ...found }
    const reason = outcome.verdict === 'deny' ? outcome.because : null
    this.steps.push({ step, outcome: outcome.verdict, reason, inputs })
  }

  caller(principal: Principal): void {
    this.principal = principal
  }

  effects(effects: readonly Provision[]): void {
    this.provisions = effects
  }

  /** Where no step has told of the refusal, it is the request itself that is refused. */
  conclude(denied: Denied): void {
    const last = this.steps.at(-1)
    if (last?.outcome !== 'deny') this.note('request', denied)
  }

  /** Rates that answer as the others would, and count nothing. */
  counting(rates: Rates): Rates {
    const judge = async (ask: RatesAsk): Promise<TakenRates> => {
      const judged = await rates.judge(ask)
      if (judged.verdict === 'refused') {
        const { state, type } = judged
        this.noRate = { state, type }
        this.#counted = { refused_by: state.scope.kind, of: state.scope.shownId, limit_type: type }
      }
      return judged
    }
    return { judge, take: judge, finish: async () => {} }
  }

  /** Budgets that answer as the others would, hold nothing, and tell here what they were asked. */
  watching(budgets: Budgets): Budgets {
    const judge = async (ask: ReserveAsk): Promise<Reservation> => {
      const judged = await budgets.judge(ask)
      this.#asked = {
        costs_at_least: usdText(ask.least),
        costs_at_most: usdText(ask.most),
        budgets: ask.levels.map(shown),
      }
      if (judged.verdict === 'refused') {
        const { level, spent, held } = judged
        this.#asked = {
          ...this.#asked,
          refused_by: level.kind,
          model: level.models?.[0] ?? null,
          spent: usdText(spent),
          held: usdText(held),
        }
        this.noRoom = { level, needed: addUsd(addUsd(spent, held), ask.least) }
      }
      return judged
    }
    return { ...budgets, judge, reserve: judge, release: async () => {} }
  }
}

/** A key is named by its display name elsewhere; its account's id is its digest, and stays here. */
function shown({ kind, id, models, limit, window }: BudgetLevel): JsonObject {
  return {
    kind,
    id: kind === 'key' || kind === 'all' ? null : id,
    model: models?.[0] ?? null,
    limit: usdText(limit),
    window_ends: window === undefined ? null : new Date(window.end).toISOString(),
  }
}
