import type { RouterPolicy } from '../../domain/router-policy.ts'
import type { FailureClass } from '../../domain/upstream-failure.ts'

/** The groups to turn to once a group has failed for good, in order. */
export function planFallbacks(
  group: string,
  failure: FailureClass,
  own: readonly string[],
  policy: RouterPolicy,
): readonly string[] {
  if (own.length > 0) return own.slice(0, policy.maxFallbacks)
  const special = specialList(group, failure, policy)
  const general = policy.fallbacks.get(group) ?? policy.fallbacks.get('*') ?? policy.defaultFallbacks
  return (special ?? general).filter((name) => name !== group).slice(0, policy.maxFallbacks)
}

function specialList(group: string, failure: FailureClass, policy: RouterPolicy): readonly string[] | undefined {
  if (failure === 'ContextWindowExceededError') return policy.contextWindowFallbacks.get(group)
  if (failure === 'ContentPolicyViolationError') return policy.contentPolicyFallbacks.get(group)
  return undefined
}
