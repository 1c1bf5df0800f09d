import type { RouterPolicy } from '../../domain/router-policy.ts'
import type { FailureClass } from '../../domain/upstream-failure.ts'

export type FallbackKind = 'general' | 'context_window' | 'content_policy'

/** The groups to turn to once a group has failed for good, in order. */
export function planFallbacks(group: string, failure: FailureClass, policy: RouterPolicy): readonly string[] {
  const special = specialList(group, failure, policy)
  return (special ?? writtenFallbacks(group, 'general', policy))
    .filter((name) => name !== group)
    .slice(0, policy.maxFallbacks)
}

/** What the operator wrote down for a group. */
export function writtenFallbacks(group: string, kind: FallbackKind, policy: RouterPolicy): readonly string[] {
  switch (kind) {
    case 'general':
      return policy.fallbacks.get(group) ?? policy.fallbacks.get('*') ?? policy.defaultFallbacks
    case 'context_window':
      return policy.contextWindowFallbacks.get(group) ?? []
    case 'content_policy':
      return policy.contentPolicyFallbacks.get(group) ?? []
  }
}

function specialList(group: string, failure: FailureClass, policy: RouterPolicy): readonly string[] | undefined {
  if (failure === 'ContextWindowExceededError') return policy.contextWindowFallbacks.get(group)
  if (failure === 'ContentPolicyViolationError') return policy.contentPolicyFallbacks.get(group)
  return undefined
}
