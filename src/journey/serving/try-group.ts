import type { Deployment } from '../../domain/deployment.ts'
import type { DeploymentId } from '../../domain/ids.ts'
import type { ResolvedModel } from '../../domain/model-catalogue.ts'
import { FAILURE_STATUS } from '../../domain/upstream-failure.ts'
import type { Reply } from '../../ports/reply.ts'
import { chooseDeployment } from '../6-route/choose-deployment.ts'
import type { DeploymentHealth } from '../6-route/deployment-health.ts'
import { planRetry, retriesFor } from '../6-route/plan-retry.ts'
import type { Admission } from '../admission.ts'
import type { attemptCall } from './attempt.ts'
import type { AttemptPorts } from './attempt-context.ts'
import type { AttemptResult, FailedAttempt, GroupFailure } from './attempt-result.ts'
import { noteAttempt } from './note-attempt.ts'
import { settleFailure } from './settle-failure.ts'

export interface GroupPorts extends AttemptPorts {
  readonly health: DeploymentHealth
}

/** One try at one deployment. */
export type AttemptCall = typeof attemptCall

/** Undefined: the client has its answer, or is gone. */
export async function tryGroup(
  model: ResolvedModel,
  admission: Admission,
  reply: Reply,
  fallbacks: number,
  ports: GroupPorts,
  attempt: AttemptCall,
): Promise<GroupFailure | undefined> {
  const tried = new Set<DeploymentId>()
  let last: GroupFailure | undefined
  for (let retries = 0; ; retries += 1) {
    const deployment = choose(model, tried, admission, ports)
    if (deployment === undefined)
      return last ?? { result: nothingReady(model, ports), retries, maxRetries: ports.policy.numRetries }
    tried.add(deployment.id)

    const wantedRetries = admission.ask.controls.numRetries ?? deployment.entry.params.numRetries
    const maxRetries = wantedRetries ?? ports.policy.numRetries
    const progress = { retries, maxRetries, fallbacks }
    let result: AttemptResult
    // Counts the call against what the deployment may carry at once.
    ports.health.enter(deployment.id)
    try {
      result = await attempt(admission, model, deployment, progress, reply, ports)
    } finally {
      ports.health.leave(deployment.id)
    }
    if (result.kind !== 'failed') {
      const failure = result.kind === 'ended' ? result.failure : undefined
      if (result.kind === 'answered' || failure !== undefined) noteAttempt(deployment, model, failure, ports)
      return undefined
    }
    noteAttempt(deployment, model, result.failure, ports)

    const attempted = {
      failure: result.failure,
      retries,
      group: model.group,
      wantedRetries,
      othersReady: ready(model, admission, ports).some((other) => !tried.has(other.id)),
      fallbacksReady: hasFallbacks(admission, model, ports),
      chance: ports.chance.fraction(),
    }
    last = { result, retries, maxRetries: retriesFor(attempted, ports.policy) }
    const waitMs = planRetry(attempted, ports.policy)
    if (waitMs === undefined) return last
    if (!(await canAfford(admission, model))) return last
    if (waitMs > 0 && !(await waitUnlessGone(waitMs, reply, ports))) {
      await settleFailure(admission, last, 499, true, ports)
      return undefined
    }
  }
}

/** A try that was billed has used up what was held: another one must fit into the budgets again. */
export async function canAfford({ budget }: Admission, model: ResolvedModel): Promise<boolean> {
  if (budget === undefined) return true
  try {
    return (await budget.afford(model)).verdict === 'allow'
  } catch {
    // The client gets the failure that it would get without this try.
    return false
  }
}

/** A caller who tests its fallbacks, where the operator lets it: the group fails as if there were nothing of it. */
export function mockedFailure(model: ResolvedModel, { ask }: Admission, ports: GroupPorts): GroupFailure | undefined {
  const { mockFailure } = ask.controls
  if (mockFailure === undefined) return undefined
  const result = nothingReady(model, ports)
  return {
    result: { ...result, failure: { ...result.failure, failure: mockFailure, status: FAILURE_STATUS[mockFailure] } },
    retries: 0,
    maxRetries: ports.policy.numRetries,
  }
}

function hasFallbacks(
  { ask, fallbacks, specialFallbacks }: Admission,
  { group }: ResolvedModel,
  { policy }: GroupPorts,
): boolean {
  return (
    !ask.controls.disableFallbacks && (fallbacks.length > 0 || specialFallbacks.size > 0 || policy.fallbacks.has(group))
  )
}

function choose(
  model: ResolvedModel,
  tried: ReadonlySet<DeploymentId>,
  admission: Admission,
  ports: GroupPorts,
): Deployment | undefined {
  const [only] = model.deployments
  if (model.deployments.length === 1)
    return only !== undefined && ports.health.isReady(only, ports.clock.now()) ? only : undefined
  return chooseDeployment(ready(model, admission, ports), tried, ports.chance.fraction())
}

/** A group of one was asked about as a whole; of others, providers without a budget left are passed over. */
function ready(model: ResolvedModel, { budget }: Admission, ports: GroupPorts): readonly Deployment[] {
  const now = ports.clock.now()
  return model.deployments.filter(
    (deployment) => ports.health.isReady(deployment, now) && budget?.isClosed(deployment) !== true,
  )
}

function nothingReady(model: ResolvedModel, ports: GroupPorts): FailedAttempt {
  const seconds = Math.ceil(ports.policy.cooldownMs / 1000)
  const resting = model.deployments.map((deployment) => `'${deployment.id}'`).join(', ')
  return {
    kind: 'failed',
    deployment: undefined,
    upstreamModel: '',
    group: model.group,
    headers: {},
    secrets: [],
    startedAt: ports.clock.now(),
    kept: undefined,
    failure: {
      failure: 'RateLimitError',
      status: 429,
      text: `No deployments available for selected model, Try again in ${seconds} seconds. Passed model=${model.group}. pre-call-checks=False, cooldown_list=[${resting}]`,
      param: null,
      details: undefined,
      retryAfterMs: ports.policy.cooldownMs,
      headers: [],
      mayHaveBilled: false,
    },
  }
}

function waitUnlessGone(ms: number, reply: Reply, ports: GroupPorts): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = ports.timers.after(ms, () => resolve(true))
    reply.whenGone(() => {
      cancel()
      resolve(false)
    })
  })
}
