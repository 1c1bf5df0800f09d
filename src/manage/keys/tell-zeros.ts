import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { OperatorLog } from '../../ports/operator-log.ts'
import type { LimitWish } from '../budgets/revise-limits.ts'

const LIMITS = [
  ['max_budget', 'maxBudget'],
  ['soft_budget', 'softBudget'],
  ['tpm_limit', 'tokensPerMinute'],
  ['rpm_limit', 'requestsPerMinute'],
  ['max_parallel_requests', 'parallelRequests'],
] as const satisfies readonly (readonly [string, keyof LimitWish])[]

/**
 * Clients that manage whole resources send 0 for what was never set. It is kept as it was said, and closes the key: the
 * operator hears of it once it is so (gateway-api 16.1).
 */
export function tellZeros(
  { displayName }: Pick<VirtualKey, 'displayName'>,
  wish: LimitWish | undefined,
  log: Pick<OperatorLog, 'warn'>,
): void {
  const zeros = LIMITS.filter(([, name]) => wish?.[name] === 0).map(([shown]) => shown)
  if (zeros.length === 0) return
  log.warn('limits of 0 were set on a key', { event: 'zero_limits', key_name: displayName, limits: zeros.join(', ') })
}
