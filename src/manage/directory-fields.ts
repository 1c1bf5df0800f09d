import { allow } from '../domain/decision.ts'
import type { Decision } from '../domain/decision.ts'
import { isObject } from '../domain/json.ts'
import type { JsonObject, JsonValue } from '../domain/json.ts'
import { decideFields } from './keys/unsupported-fields.ts'

/** Members of the metadata in the compatible API that have a place of their own here. */
const LIFTED = {
  team: ['tags', 'model_rpm_limit', 'model_tpm_limit', 'allowed_passthrough_routes'],
  organization: ['model_rpm_limit', 'model_tpm_limit'],
  user: ['model_rpm_limit', 'model_tpm_limit'],
} as const

/** These stand at the top alone. */
const TOP_ONLY = { team: ['budget_limits'], organization: [], user: [] } as const

type Kind = keyof typeof LIFTED

/** What teams, organisations and users store beside what keys do. */
const STORED: ReadonlySet<string> = new Set([
  'team_id',
  'organization_id',
  'access_group_ids',
  'budget_id',
  'max_budget',
  'soft_budget',
  'budget_duration',
  'tpm_limit',
  'rpm_limit',
  'max_parallel_requests',
  'model_max_budget',
  'model_rpm_limit',
  'model_tpm_limit',
])

/** The body of a team, an organisation or a user with every member where it belongs; refused where nothing stands behind one. */
export function decideDirectoryFields(body: JsonObject, kind: Kind, verb: 'create' | 'update'): Decision<JsonObject> {
  const lifted = lift(body, LIFTED[kind], verb)
  const own: readonly string[] = [...LIFTED[kind], ...TOP_ONLY[kind]]
  const others = Object.fromEntries(Object.entries(lifted).filter(([name]) => !STORED.has(name) && !own.includes(name)))
  const decided = decideFields(others, verb)
  return decided.verdict === 'deny' ? decided : allow(lifted)
}

/** What is said at the top counts before what the metadata says; what is empty says something where it takes away. */
function lift(body: JsonObject, names: readonly string[], verb: 'create' | 'update'): JsonObject {
  const { metadata } = body
  if (!isObject(metadata)) return body
  const said = names.flatMap((name) => {
    const isSaid = verb === 'create' ? !isBlank(body[name]) : body[name] !== undefined
    const value = isSaid ? body[name] : metadata[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  const rest = Object.entries(metadata).filter(([name]) => !names.includes(name))
  return { ...body, ...Object.fromEntries(said), metadata: Object.fromEntries(rest) }
}

function isBlank(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0)
}
