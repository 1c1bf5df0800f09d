import type { Deployment } from '../../domain/deployment.ts'
import type { DeploymentId, EpochMs } from '../../domain/ids.ts'
import { upstreamModelFor } from '../../domain/model-catalogue.ts'
import type { ResolvedModel } from '../../domain/model-catalogue.ts'
import { picoUsd } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import type { PriceSheet } from '../../domain/price.ts'
import type { ModelFacts, ModelQuery } from '../../ports/model-facts.ts'
import type { ModelAsk } from '../1-intake/read-model-request.ts'
import { boundCost, costOf } from './bound-cost.ts'
import type { CostBound } from './bound-cost.ts'
import { boundPainting } from './bound-painting.ts'
import { boundOutput } from './bound-output.ts'
import type { OutputBound } from './bound-output.ts'
import { boundPrompt } from './bound-prompt.ts'
import type { PromptSize } from './bound-prompt.ts'
import { readOrder } from './picture-order.ts'

/** What a call can cost at a model, whichever of its deployments answers. */
export type Forecast =
  | { readonly kind: 'free' }
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'bounded'
      /** For the prompt and the shortest answer that is worth having. */
      readonly least: PicoUsd
      readonly most: PicoUsd
      readonly byDeployment: ReadonlyMap<DeploymentId, DeploymentForecast>
    }

export interface DeploymentForecast {
  readonly cost: CostBound
  readonly output: OutputBound
  /** How long a try may take. Undefined: that costs nothing. */
  readonly mostMs: number | undefined
}

/** How long a call can take, for prices by the second. */
export type TimeBound = (ask: ModelAsk, deployment: Deployment) => number

/** An answer shorter than this is of no use to anybody. */
const LEAST_OUTPUT = 16

export interface ForecastFacts {
  readonly ask: ModelAsk
  readonly prompt: PromptSize
  readonly prices: ModelFacts
  readonly at: EpochMs
  readonly mostMs: TimeBound
}

export function forecastCall(model: ResolvedModel, facts: ForecastFacts): Forecast {
  const byDeployment = new Map<DeploymentId, DeploymentForecast>()
  let least = picoUsd(1n)
  let most = picoUsd(1n)
  for (const deployment of model.deployments) {
    const forecast = forecastAt(deployment, upstreamModelFor(deployment, model), facts)
    if (forecast === 'unknown') return { kind: 'unknown' }
    if (forecast === 'free') continue
    byDeployment.set(deployment.id, forecast)
    const { cost, output } = forecast
    least = dearer(least, costOf(cost, Math.min(LEAST_OUTPUT, output.tokens) * output.choices))
    most = dearer(most, costOf(cost, output.tokens * output.choices))
  }
  return byDeployment.size === 0
    ? { kind: 'free' }
    : { kind: 'bounded', least, most: dearer(least, most), byDeployment }
}

function forecastAt(
  deployment: Deployment,
  upstreamModel: string,
  { ask, prompt, prices, at, mostMs: timeOf }: ForecastFacts,
): DeploymentForecast | 'free' | 'unknown' {
  if (deployment.target.kind === 'canned' && deployment.entry.params.prices.size === 0) return 'free'
  const query = priceQuery(deployment, upstreamModel)
  const { sheet } = prices.priceSheet(query, at)
  // Moderations are free everywhere.
  if (sheet === undefined) return ask.operation.name === 'moderation' ? 'free' : 'unknown'
  if (sheet.free) return 'free'
  const known = prices.capabilities(query, at)
  const output = boundOutput(ask, deployment, known)
  const inputTokens = boundPrompt(prompt, { name: upstreamModel, maxInputTokens: known.max_input_tokens })
  const mostMs = timeOf(ask, deployment)
  const isPainting = ask.operation.name === 'image'
  const cost = isPainting
    ? boundPainting(sheet, inputTokens, readOrder(ask, deployment), mostMs)
    : boundCost(sheet, inputTokens, output.tokens > 0, mostMs)
  if (cost === undefined) return 'unknown'
  if (isPainting && cost.fixed === 0n) return 'free'
  return { cost, output, mostMs: costsTime(sheet) ? mostMs : undefined }
}

function costsTime({ standard, byServiceTier, painting }: PriceSheet): boolean {
  const schedules = [standard, ...byServiceTier.values(), ...(painting === undefined ? [] : [painting])]
  return schedules.some(({ base, tiers }) =>
    [base, ...tiers.map(({ rates }) => rates)].some(({ perSecond = 0n }) => perSecond > 0n),
  )
}

export function priceQuery({ provider, entry }: Deployment, upstreamModel: string, reportedModel?: string): ModelQuery {
  const baseModel = entry.info['base_model']
  return {
    provider,
    model: upstreamModel,
    baseModel: typeof baseModel === 'string' ? baseModel : undefined,
    overrides: entry.params.prices,
    reportedModel,
  }
}

function dearer(one: PicoUsd, other: PicoUsd): PicoUsd {
  return one > other ? one : other
}
