import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { isObject } from '../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import type { FailureClass } from '../../domain/upstream-failure.ts'

/** The models that a caller names for when the one that it asks for has failed. */
export interface NamedFallbacks {
  readonly fallbacks: readonly string[]
  /** Those that count instead when this went wrong. */
  readonly specialFallbacks: ReadonlyMap<FailureClass, readonly string[]>
}

const MAX_FALLBACKS = 10

const SPECIAL: readonly (readonly [name: string, failure: FailureClass])[] = [
  ['context_window_fallbacks', 'ContextWindowExceededError'],
  ['context_window_fallback_dict', 'ContextWindowExceededError'],
  ['content_policy_fallbacks', 'ContentPolicyViolationError'],
]

/** For us, where a caller spells them like this; any other spelling may mean something to an upstream. */
export const SPECIAL_FALLBACKS: ReadonlySet<string> = new Set(SPECIAL.map(([name]) => name))

export const NO_SPECIAL_FALLBACKS: ReadonlyMap<FailureClass, never> = new Map<FailureClass, never>()

/** Where a caller named those. */
export function memberOf(failure: FailureClass): string {
  return SPECIAL.find(([, of]) => of === failure)?.[0] ?? 'fallbacks'
}

export function readFallbacks(body: JsonObject, model: string): Decision<NamedFallbacks> {
  const fallbacks = readNames(body['fallbacks'])
  if (fallbacks.verdict === 'deny') return fallbacks
  if (!SPECIAL.some(([name]) => (body[name] ?? null) !== null)) {
    return allow({ fallbacks: fallbacks.granted, specialFallbacks: NO_SPECIAL_FALLBACKS })
  }
  const specialFallbacks = new Map<FailureClass, readonly string[]>()
  for (const [name, failure] of SPECIAL) {
    const names = namesFor(model, body[name] ?? [])
    if (names === undefined || names.length > MAX_FALLBACKS) {
      return deny(
        'bad-request',
        'param_type',
        `\`${name}\` must be a list of at most ${MAX_FALLBACKS} model names, or must have such a list for each model.`,
      )
    }
    if (names.length > 0) specialFallbacks.set(failure, [...(specialFallbacks.get(failure) ?? []), ...names])
  }
  return allow({ fallbacks: fallbacks.granted, specialFallbacks })
}

/** Names by themselves, and as the operator writes them: by the model that they stand in for. Undefined: neither. */
function namesFor(model: string, written: JsonValue): readonly string[] | undefined {
  if (Array.isArray(written)) {
    const each = written.map((item) => (isName(item) ? [item] : isObject(item) ? namesFor(model, item) : undefined))
    return each.every((names) => names !== undefined) ? each.flat() : undefined
  }
  if (!isObject(written)) return undefined
  const lists = Object.entries(written).map(([name, names]) => {
    const listed = isName(names) ? [names] : names
    if (!Array.isArray(listed)) return undefined
    const known = listed.filter(isName)
    if (known.length < listed.length) return undefined
    return name === model ? known : []
  })
  return lists.every((names) => names !== undefined) ? lists.flat() : undefined
}

function readNames(raw: JsonValue | undefined): Decision<readonly string[]> {
  if (raw === undefined || raw === null) return allow([])
  if (!Array.isArray(raw) || raw.length > MAX_FALLBACKS) {
    return deny('bad-request', 'param_type', `\`fallbacks\` must be a list of at most ${MAX_FALLBACKS} model names.`)
  }
  const names = raw.filter(isName)
  if (names.length < raw.length) {
    return deny(
      'bad-request',
      'param_type',
      '`fallbacks` must be a list of model names; objects are not understood here.',
    )
  }
  return allow(names)
}

function isName(value: JsonValue): value is string {
  return typeof value === 'string' && value !== ''
}
