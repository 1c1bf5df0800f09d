import type { Deployment } from '../../domain/deployment.ts'
import type { RouterPolicy } from '../../domain/router-policy.ts'
import type { ModelAsk } from '../1-intake/read-model-request.ts'

/** How long a try may take: what the caller says, else the deployment, else the router. */
export function timeoutOf(
  { stream, controls }: Pick<ModelAsk, 'stream' | 'controls'>,
  deployment: Deployment | undefined,
  policy: Pick<RouterPolicy, 'timeoutMs' | 'streamTimeoutMs'>,
): number {
  const set = deployment?.entry.params
  return stream
    ? (controls.streamTimeoutMs ??
        controls.timeoutMs ??
        set?.streamTimeoutMs ??
        set?.timeoutMs ??
        policy.streamTimeoutMs)
    : (controls.timeoutMs ?? set?.timeoutMs ?? policy.timeoutMs)
}
