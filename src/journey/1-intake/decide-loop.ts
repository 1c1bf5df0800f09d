import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'

/** Names the gateways that a call has passed, so that none of them carries it twice (N-29). */
export const HOPS_HEADER = 'x-latchkey-hops'

const HOPS = /^[0-9a-f-]{36}(?:, ?[0-9a-f-]{36})*$/
const MOST_HOPS = 8

/** What the call says of its way when it goes on. A value that no gateway wrote says nothing. */
export function decideLoop(passed: string | undefined, installation: string): Decision<string> {
  const hops = passed !== undefined && HOPS.test(passed) ? passed.split(/, ?/) : []
  if (hops.includes(installation) || hops.length >= MOST_HOPS) return deny('loop-detected', 'hop_loop')
  return allow([...hops, installation].join(', '))
}
