import type { ModelCatalogue, ResolvedModel } from '../domain/model-catalogue.ts'
import type { Reply } from '../ports/reply.ts'
import { decideModelAccess } from './4-authorise/decide-model-access.ts'
import { whileCounted } from './5-meter/call-rates.ts'
import { orRelease } from './5-meter/or-release.ts'
import { planFallbacks } from './6-route/plan-fallback.ts'
import type { Admission } from './admission.ts'
import { attemptCall } from './serving/attempt.ts'
import type { GroupFailure } from './serving/attempt-result.ts'
import { replyFailure } from './serving/reply-failure.ts'
import { settleFailure } from './serving/settle-failure.ts'
import { timeoutOf } from './serving/timeout-of.ts'
import { canAfford, mockedFailure, tryGroup } from './serving/try-group.ts'
import type { AttemptCall, GroupPorts } from './serving/try-group.ts'

export interface ServePorts extends GroupPorts {
  readonly catalogue: () => ModelCatalogue
}

/** Carries an admitted call to its end, however it ends. */
export function serve(
  admission: Admission,
  reply: Reply,
  ports: ServePorts,
  attempt: AttemptCall = attemptCall,
): Promise<void> {
  return whileCounted(admission.rates, () => carry(admission, reply, ports, attempt))
}

/** To a deployment, and on to the next one where that can help, until one outcome is settled. */
async function carry(admission: Admission, reply: Reply, ports: ServePorts, attempt: AttemptCall): Promise<void> {
  const prepared = prepareSpend(admission, ports)
  if (prepared !== undefined) await prepared

  const { model } = admission
  const first = mockedFailure(model, admission, ports) ?? (await tryGroup(model, admission, reply, 0, ports, attempt))
  if (first === undefined) return
  const fallbacks = admission.ask.controls.disableFallbacks ? [] : fallbacksFor(admission, first, ports)
  for (const [index, fallback] of fallbacks.entries()) {
    // What a fallback may cost was not asked about at admission.
    if (!(await canAfford(admission, fallback))) continue
    const failed = await tryGroup(fallback, admission, reply, index + 1, ports, attempt)
    if (failed === undefined) return
  }
  await refuseFailed(admission, first, fallbacks, reply, ports)
}

/** What the key has spent so far is told with the answer. Without a promise where it is known. */
export function prepareSpend(
  { principal, budget }: Admission,
  { spend }: Pick<ServePorts, 'spend'>,
): Promise<void> | undefined {
  const reading = principal.kind === 'virtual-key' ? spend.prepare(principal.key.digest) : undefined
  return reading === undefined ? undefined : orRelease(reading, budget)
}

/** A caller's own fallbacks were checked at admission. The operator's say where to go, and not who may (Z-32). */
function fallbacksFor(admission: Admission, failed: GroupFailure, ports: ServePorts): readonly ResolvedModel[] {
  const { failure } = failed.result.failure
  const own = admission.specialFallbacks.get(failure) ?? admission.fallbacks
  if (own.length > 0) return own.slice(0, ports.policy.maxFallbacks)
  const names = planFallbacks(admission.model.group, failure, ports.policy)
  return names.flatMap((name) => {
    const access = decideModelAccess(admission.principal, name, ports.catalogue())
    return access.verdict === 'allow' ? [access.granted] : []
  })
}

async function refuseFailed(
  admission: Admission,
  failed: GroupFailure,
  fallbacks: readonly ResolvedModel[],
  reply: Reply,
  ports: ServePorts,
): Promise<void> {
  await settleFailure(admission, failed, failed.result.failure.status, false, ports)
  replyFailure(
    admission,
    failed.result,
    {
      retries: failed.retries,
      maxRetries: failed.maxRetries,
      fallbacks: fallbacks.map(({ group }) => group),
      maxFallbacks: ports.policy.maxFallbacks,
      timeoutMs: timeoutOf(admission.ask, failed.result.deployment, ports.policy),
      showsApiBase: ports.showsApiBase,
    },
    reply,
  )
}
