import type { Deployment } from '../../domain/deployment.ts'
import type { EpochMs } from '../../domain/ids.ts'
import { isList } from '../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import type { ModelFacts } from '../../ports/model-facts.ts'
import { describeInfo, describeKnown, pricesOf } from './describe-models.ts'

const HIGHEST = [
  'max_input_tokens',
  'max_output_tokens',
  'input_cost_per_token',
  'output_cost_per_token',
  'input_cost_per_pixel',
] as const
const ANY = [
  'supports_parallel_function_calling',
  'supports_vision',
  'supports_web_search',
  'supports_url_context',
  'supports_reasoning',
  'supports_function_calling',
] as const

/** A group as one model: the highest limits and prices of its deployments, the sum of their rates. */
export function describeModelGroup(
  name: string,
  deployments: readonly Deployment[],
  facts: ModelFacts,
  now: EpochMs,
): JsonObject {
  const known = deployments.map((deployment) => ({
    ...describeKnown(deployment, facts, now),
    ...pricesOf(deployment),
    ...describeInfo(deployment.entry.info),
  }))
  const numbers = (member: string): number[] =>
    known.flatMap((one) => {
      const value: JsonValue | undefined = Object.hasOwn(one, member)
        ? Object.entries(one).find(([key]) => key === member)?.[1]
        : undefined
      return typeof value === 'number' ? [value] : []
    })
  const sums = (member: 'rpm' | 'tpm'): number | null => {
    const set = deployments.flatMap(({ entry }) => entry.params[member] ?? [])
    return set.length === 0 ? null : set.reduce((sum, value) => sum + value, 0)
  }
  return {
    model_group: name,
    providers: [...new Set(deployments.map((deployment) => deployment.provider))],
    ...Object.fromEntries(
      HIGHEST.map((member) => [member, numbers(member).length === 0 ? null : Math.max(...numbers(member))]),
    ),
    mode: stringOf(known, 'mode') ?? 'chat',
    tpm: sums('tpm'),
    rpm: sums('rpm'),
    // Nothing keeps limits of either alone.
    itpm: null,
    otpm: null,
    ...Object.fromEntries(
      ANY.map((member) => [
        member,
        known.some((one) => Object.entries(one).some(([key, value]) => key === member && value === true)),
      ]),
    ),
    supported_reasoning_efforts: effortsOf(known),
    supported_openai_params: [],
    configurable_clientside_auth_params: null,
  }
}

/** As the operator tells them; nobody else does. */
function effortsOf(known: readonly JsonObject[]): readonly JsonValue[] | null {
  const told = known.map((one) => one['supported_reasoning_efforts']).filter(isList)
  return told.length === 0 ? null : [...new Set(told.flat())]
}

function stringOf(known: readonly JsonObject[], member: string): string | undefined {
  return known.map((one) => one[member]).find((value) => typeof value === 'string')
}
