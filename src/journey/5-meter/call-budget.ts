import type { BudgetLevel } from '../../domain/budget-level.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import { allow, deny } from '../../domain/decision.ts'
import type { Deployment } from '../../domain/deployment.ts'
import type { DeploymentId, EpochMs, HoldId } from '../../domain/ids.ts'
import type { ResolvedModel } from '../../domain/model-catalogue.ts'
import type { PicoUsd } from '../../domain/money.ts'
import { Problem } from '../../domain/problem.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { Budgets } from '../../ports/budgets.ts'
import { outputWithin } from './bound-cost.ts'
import type { DeploymentForecast, Forecast, ForecastFacts } from './forecast-call.ts'
import { forecastCall } from './forecast-call.ts'
import { levelsAt } from './levels-at.ts'
import type { GroupsNamed } from './levels-at.ts'
import { overBudget } from './over-budget.ts'

export interface Hold {
  readonly id: HoldId
  readonly amount: PicoUsd
  readonly levels: readonly BudgetLevel[]
}

export interface CallBudgetParts {
  /** Of every model that may come to answer. */
  readonly levels: readonly BudgetLevel[]
  readonly groupsNamed: GroupsNamed
  readonly facts: ForecastFacts
  readonly budgets: Budgets
  readonly newHoldId: () => HoldId
  readonly key: VirtualKey | undefined
  /** `compat.budget_error_status: 400` */
  readonly refusesAs400: boolean
}

/** How much a try may write, and what to do where the upstream does not know that by itself. */
export interface OutputAllowance {
  readonly tokens: number
  readonly choices: number
  /** The request must say so: it asks for more, or nothing is known about the model. */
  readonly mustBeWritten: boolean
  /** What is left pays for less than the call may write. */
  readonly isShort: boolean
}

/**
 * What one call may cost, from its reservation to the line that settles it. A billed try settles what was held for it,
 * so the next try needs a reservation of its own: the sum of all tries stays within the budgets.
 */
export class CallBudget {
  /** Windows go by this moment, however long the call takes. */
  readonly at: EpochMs
  readonly #parts: CallBudgetParts
  #hold: Hold | undefined
  #model: ResolvedModel | undefined
  #levels: readonly BudgetLevel[] = []
  #forecast: Forecast | { readonly kind: 'closed'; readonly denied: Denied } = FREE
  readonly #closed = new Map<string, Denied>()

  constructor(parts: CallBudgetParts) {
    this.#parts = parts
    this.at = parts.facts.at
  }

  /** Makes sure that enough is held for a try at this model. Without a promise where that is so already. */
  afford(model: ResolvedModel): Decision<undefined> | Promise<Decision<undefined>> {
    if (this.#model !== model) this.#turnTo(model)
    switch (this.#forecast.kind) {
      case 'closed':
        return this.#forecast.denied
      case 'free':
        return this.#hold === undefined ? FINE : this.release().then(() => FINE)
      case 'unknown':
        return deny(
          'price-unknown',
          'price_unknown',
          `The price of the model ${model.group} is not known, and this caller has a budget. Set \`input_cost_per_token\` and \`output_cost_per_token\` of the model, both to 0 if it is free.`,
        )
      case 'bounded': {
        const { least, most } = this.#forecast
        const { levels, amount = 0n } = this.#hold ?? {}
        if (levels === this.#levels && amount >= least) return FINE
        return this.#reserve(model, least, most)
      }
    }
  }

  /** Its provider's own budget had no room when this call asked. */
  isClosed({ provider }: Pick<Deployment, 'provider'>): boolean {
    return this.#closed.has(provider)
  }

  /** Of a try at a deployment; undefined: it costs nothing. */
  allowance(deploymentId: DeploymentId): OutputAllowance | undefined {
    const forecast = this.#forecastOf(deploymentId)
    if (forecast === undefined || this.#hold === undefined) return undefined
    const { cost, output } = forecast
    if (output.tokens === 0 || cost.perOutputToken === 0n) return undefined
    const affordable = Math.floor(outputWithin(cost, this.#hold.amount) / output.choices)
    const isShort = affordable < output.tokens
    const mustBeWritten = isShort || output.from === 'nobody'
    return { tokens: Math.min(affordable, output.tokens), choices: output.choices, mustBeWritten, isShort }
  }

  /** How long a try at a deployment may take, which is held for; undefined: its time costs nothing. */
  mostMs(deploymentId: DeploymentId): number | undefined {
    return this.#forecastOf(deploymentId)?.mostMs
  }

  /** For the line that settles it, once. */
  take(): Hold | undefined {
    const hold = this.#hold
    this.#hold = undefined
    return hold
  }

  /** Nothing was sent for what is held, and no line will come. */
  async release(): Promise<void> {
    const hold = this.take()
    // A store that does not answer now lets it expire.
    if (hold !== undefined) await this.#parts.budgets.release(hold.id).catch(() => undefined)
  }

  #forecastOf(deploymentId: DeploymentId): DeploymentForecast | undefined {
    return this.#forecast.kind === 'bounded' ? this.#forecast.byDeployment.get(deploymentId) : undefined
  }

  #turnTo(model: ResolvedModel): void {
    const { levels, groupsNamed, facts } = this.#parts
    const open = this.#closed.size === 0 ? model : withoutClosed(model, this)
    const [first] = model.deployments
    const denied = first === undefined || open.deployments.length > 0 ? undefined : this.#closed.get(first.provider)
    this.#model = model
    this.#levels = levelsAt(levels, open, groupsNamed)
    if (denied !== undefined) this.#forecast = { kind: 'closed', denied }
    else this.#forecast = this.#levels.length === 0 ? FREE : forecastCall(open, facts)
  }

  async #reserve(model: ResolvedModel, least: PicoUsd, most: PicoUsd): Promise<Decision<undefined>> {
    await this.release()
    const { budgets, newHoldId, refusesAs400, key } = this.#parts
    const levels = this.#levels
    const id = newHoldId()
    const reservation = await budgets
      .reserve({ holdId: id, at: this.at, levels, least, most })
      .catch((cause: unknown) => {
        throw new Problem('store-unavailable', undefined, { because: 'store_unavailable' }, cause)
      })
    if (reservation.verdict === 'held') {
      this.#hold = { id, amount: reservation.amount, levels }
      return FINE
    }
    const denied = overBudget({ refused: reservation, least, at: this.at, as400: refusesAs400, key })
    if (reservation.level.kind !== 'provider') return denied
    // Others may serve the model as well.
    this.#closed.set(reservation.level.id, denied)
    this.#turnTo(model)
    return this.afford(model)
  }
}

const FINE = allow(undefined)
const FREE: Forecast = { kind: 'free' }

function withoutClosed(model: ResolvedModel, budget: CallBudget): ResolvedModel {
  return { ...model, deployments: model.deployments.filter((deployment) => !budget.isClosed(deployment)) }
}
