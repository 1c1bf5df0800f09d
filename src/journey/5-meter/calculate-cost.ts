import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import { upstreamModelFor } from '../../domain/model-catalogue.ts'
import type { ModelCatalogue } from '../../domain/model-catalogue.ts'
import type { PicoUsd } from '../../domain/money.ts'
import type { Principal } from '../../domain/principal.ts'
import { NO_USAGE } from '../../domain/usage.ts'
import type { Usage } from '../../domain/usage.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ModelFacts, ModelQuery } from '../../ports/model-facts.ts'
import { lookUpModel } from '../4-authorise/list-models.ts'
import { estimateTokens } from './estimate-tokens.ts'
import { priceUsage } from './price-usage.ts'
import { readUsage } from './read-usage.ts'

export interface CostAsk {
  readonly model: string | undefined
  readonly messages: readonly JsonObject[] | undefined
  /** A whole answer, with its usage. */
  readonly completion: JsonObject | undefined
}

export interface CostPorts {
  readonly catalogue: () => ModelCatalogue
  readonly prices: ModelFacts
  readonly clock: Clock
}

const MOST_TOKENS = 1_000_000_000
const NO_OVERRIDES: ReadonlyMap<string, JsonValue> = new Map()

/** What an answer costs, or, before there is one, its prompt. Calls nobody. */
export function calculateCost(ask: CostAsk, principal: Principal, ports: CostPorts): Decision<PicoUsd> {
  const counted = countUsage(ask)
  if (counted.verdict === 'deny') return counted
  const { model, usage } = counted.granted
  const query = queryOf(model, principal, ports.catalogue())
  const priced = priceUsage(ports.prices.priceSheet(query, ports.clock.now()).sheet, usage)
  return priced.pricing === 'unpriced' ? malformed('The price of this model is not known.') : allow(priced.amount)
}

function countUsage(ask: CostAsk): Decision<{ readonly model: string; readonly usage: Usage }> {
  const { completion, messages } = ask
  const told = completion?.['model']
  const model = ask.model ?? (typeof told === 'string' ? told : undefined)
  if (model === undefined || (completion === undefined && messages === undefined)) {
    return malformed('Bad Request - Either `model` and `messages` or `completion_response` must be provided')
  }
  if (completion === undefined) {
    return allow({ model, usage: { ...NO_USAGE, inputTokens: estimateTokens(JSON.stringify(messages)) } })
  }
  const usage = readUsage(completion['usage'], { maxPlausible: MOST_TOKENS })
  return usage === undefined
    ? malformed('`completion_response` has no usage that makes sense.')
    : allow({ model, usage })
}

/** One of the caller's own models, else whatever the price table has under that name. */
function queryOf(name: string, principal: Principal, catalogue: ModelCatalogue): ModelQuery {
  const found = lookUpModel(principal, name, catalogue)
  const [deployment] = found?.model.deployments ?? []
  if (found !== undefined && deployment !== undefined) {
    const { entry, provider } = deployment
    const baseModel = entry.info['base_model']
    return {
      provider,
      model: upstreamModelFor(deployment, found.model),
      overrides: entry.params.prices,
      ...(typeof baseModel === 'string' ? { baseModel } : {}),
    }
  }
  const slash = name.indexOf('/')
  return slash === -1
    ? { provider: 'openai', model: name, overrides: NO_OVERRIDES }
    : { provider: name.slice(0, slash), model: name.slice(slash + 1), overrides: NO_OVERRIDES }
}

function malformed(say: string): Decision<never> {
  return deny('bad-request', 'param_type', say)
}
