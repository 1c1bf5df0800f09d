import type { Deployment } from '../../domain/deployment.ts'

const REASONING = /(?:^|\/)(?:o\d|gpt-5)/

/** Models that reason refuse `max_tokens` in chats, the older name of `max_completion_tokens`. */
export function knowsNewLimitOnly({ entry }: Deployment, upstreamModel: string): boolean {
  const base = entry.info['base_model']
  return REASONING.test(upstreamModel) || (typeof base === 'string' && REASONING.test(base))
}
