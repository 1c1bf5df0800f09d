import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { isObject } from '../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'

const LATER = 'this version does not enforce it yet and therefore does not accept it'

/**
 * Fields of the compatible API behind which nothing stands yet. A limit that is accepted and not enforced would be a
 * lie, so only values that mean "nothing" pass. A field leaves this table when the thing that it sets exists.
 */
const UNSUPPORTED: ReadonlyMap<string, string> = new Map(
  because(LATER, [
    ['budget_limits', 'budget_fallbacks', 'rpm_limit_type', 'tpm_limit_type'],
    ['tpd_limit', 'tag_rpm_limit', 'mcp_rpm_limit', 'end_user_budget_id', 'allowed_model_region'],
    ['project_id', 'agent_id', 'object_permission'],
    ['guardrails', 'policies', 'prompts', 'disable_global_guardrails'],
    ['allowed_vector_store_indexes', 'allowed_passthrough_routes', 'router_settings', 'logging'],
    ['auto_rotate', 'rotation_interval', 'team_member_key_duration', 'secret_manager_settings', 'send_invite_email'],
    ['enforced_batch_output_expires_after', 'enforced_file_expires_after'],
  ]),
)

/** `update`: clients that manage whole resources send 0 for what was never set. */
export function decideFields(
  body: JsonObject,
  verb: 'create' | 'update',
  supported: ReadonlySet<string> = NONE,
): Decision<JsonObject> {
  const names = [...UNSUPPORTED.keys()].filter((name) => !supported.has(name))
  const own = names.find((name) => !meansNothing(body[name], verb))
  if (own !== undefined) return refused(own, own)
  const { metadata } = body
  if (!isObject(metadata)) return allow(body)
  names.push(...BESIDE_METADATA.filter((name) => supported.has(name)))
  // The compatible API reads most of these from a key's metadata as well.
  const hidden = names.find((name) => !meansNothing(metadata[name], verb))
  return hidden === undefined ? allow(body) : refused(hidden, `metadata.${hidden}`)
}

const NONE: ReadonlySet<string> = new Set()
/** Nobody reads these from a metadata, where they would be a lie. */
const BESIDE_METADATA = ['budget_limits'] as const
/** What stands behind a key and behind nothing else that is written with the same fields. */
const OF_KEYS: ReadonlySet<string> = new Set(['allowed_passthrough_routes', ...BESIDE_METADATA])

export function decideKeyFields(body: JsonObject, verb: 'create' | 'update'): Decision<JsonObject> {
  return decideFields(body, verb, OF_KEYS)
}

/** Rows of limits that keys, customers and tags share have no rates of single models. */
export function decideRowFields(body: JsonObject, verb: 'create' | 'update'): Decision<JsonObject> {
  const rate = ['model_rpm_limit', 'model_tpm_limit'].find((name) => !meansNothing(body[name], verb))
  if (rate !== undefined) return refused(rate, rate)
  const { model_max_budget: budgets } = body
  for (const [model, budget] of isObject(budgets) ? Object.entries(budgets) : []) {
    const inside = ['rpm_limit', 'tpm_limit'].find((name) => isObject(budget) && !meansNothing(budget[name], verb))
    if (inside !== undefined) return refused(inside, `model_max_budget.${model}.${inside}`)
  }
  return decideFields(body, verb)
}

function meansNothing(value: JsonValue | undefined, verb: 'create' | 'update'): boolean {
  if (value === undefined || value === null || value === false || value === '') return true
  if (value === 0 || value === '0') return verb === 'update'
  if (Array.isArray(value)) return value.length === 0
  return isObject(value) && Object.keys(value).length === 0
}

function refused(name: string, shown: string): Decision<never> {
  return deny('param-forbidden', 'param_forbidden', `\`${shown}\`: ${UNSUPPORTED.get(name) ?? LATER}. Leave it out.`)
}

function because(why: string, names: readonly (readonly string[])[]): (readonly [string, string])[] {
  return names.flat().map((name) => [name, why] as const)
}
