import type { Deployment } from '../domain/deployment.ts'
import type { DeploymentId } from '../domain/ids.ts'
import type { ModelCatalogue, ResolvedModel } from '../domain/model-catalogue.ts'
import type { RouterPolicy } from '../domain/router-policy.ts'
import { FAILURE_STATUS } from '../domain/upstream-failure.ts'
import type { UpstreamFailure } from '../domain/upstream-failure.ts'
import type { Clock } from '../ports/clock.ts'
import type { Timers } from '../ports/chance.ts'
import type { Reply } from '../ports/reply.ts'
import { decideModelAccess } from './4-authorise/decide-model-access.ts'
import { whileCounted } from './5-meter/call-rates.ts'
import { orRelease } from './5-meter/or-release.ts'
import { chooseDeployment } from './6-route/choose-deployment.ts'
import type { DeploymentHealth } from './6-route/deployment-health.ts'
import { planFallbacks } from './6-route/plan-fallback.ts'
import { planRetry, retriesFor } from './6-route/plan-retry.ts'
import type { Admission } from './admission.ts'
import { attemptCall } from './attempt.ts'
import type { AttemptPorts } from './attempt-context.ts'
import type { AttemptResult, FailedAttempt } from './attempt-result.ts'
import { replyFailure } from './reply-failure.ts'
import { timeoutOf } from './timeout-of.ts'
import { settle } from './settle.ts'

export interface ServePorts extends AttemptPorts {
  readonly clock: Clock
  readonly timers: Timers
  readonly catalogue: () => ModelCatalogue
  readonly health: DeploymentHealth
  readonly policy: RouterPolicy
}

interface GroupFailure {
  readonly result: FailedAttempt
  readonly retries: number
  readonly maxRetries: number
}

/** One try at one deployment. */
export type AttemptCall = typeof attemptCall

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

  let first: GroupFailure | undefined
  const queue = [admission.model]
  let planned = false
  for (let fallbacks = 0; fallbacks < queue.length; fallbacks += 1) {
    const model = queue[fallbacks]
    if (model === undefined) break
    // What a fallback may cost was not asked about at admission.
    if (fallbacks > 0 && !(await canAfford(admission, model))) continue
    const failed =
      (fallbacks === 0 ? mockedFailure(model, admission, ports) : undefined) ??
      (await tryGroup(model, admission, reply, fallbacks, ports, attempt))
    if (failed === undefined) return
    first ??= failed
    if (!planned && !admission.ask.controls.disableFallbacks) queue.push(...fallbacksFor(admission, failed, ports))
    planned = true
  }
  if (first !== undefined) await refuseFailed(admission, first, queue, reply, ports)
}

/** What the key has spent so far is told with the answer. Without a promise where it is known. */
export function prepareSpend(
  { principal, budget }: Admission,
  { spend }: Pick<ServePorts, 'spend'>,
): Promise<void> | undefined {
  const reading = principal.kind === 'virtual-key' ? spend.prepare(principal.key.digest) : undefined
  return reading === undefined ? undefined : orRelease(reading, budget)
}

/** A try that was billed has used up what was held: another one must fit into the budgets again. */
async function canAfford({ budget }: Admission, model: ResolvedModel): Promise<boolean> {
  if (budget === undefined) return true
  try {
    return (await budget.afford(model)).verdict === 'allow'
  } catch {
    // The client gets the failure that it would get without this try.
    return false
  }
}

/** A caller who tests its fallbacks, where the operator lets it: the group fails as if there were nothing of it. */
function mockedFailure(model: ResolvedModel, { ask }: Admission, ports: ServePorts): GroupFailure | undefined {
  const { mockFailure } = ask.controls
  if (mockFailure === undefined) return undefined
  const result = nothingReady(model, ports)
  return {
    result: { ...result, failure: { ...result.failure, failure: mockFailure, status: FAILURE_STATUS[mockFailure] } },
    retries: 0,
    maxRetries: ports.policy.numRetries,
  }
}

/** Undefined: the client has its answer, or is gone. */
async function tryGroup(
  model: ResolvedModel,
  admission: Admission,
  reply: Reply,
  fallbacks: number,
  ports: ServePorts,
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
      if (result.kind === 'answered' || failure !== undefined) note(deployment, model, failure, ports)
      return undefined
    }
    note(deployment, model, result.failure, ports)

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

function hasFallbacks(
  { ask, fallbacks, specialFallbacks }: Admission,
  { group }: ResolvedModel,
  { policy }: ServePorts,
): boolean {
  return (
    !ask.controls.disableFallbacks && (fallbacks.length > 0 || specialFallbacks.size > 0 || policy.fallbacks.has(group))
  )
}

function choose(
  model: ResolvedModel,
  tried: ReadonlySet<DeploymentId>,
  admission: Admission,
  ports: ServePorts,
): Deployment | undefined {
  const [only] = model.deployments
  if (model.deployments.length === 1)
    return only !== undefined && ports.health.isReady(only, ports.clock.now()) ? only : undefined
  return chooseDeployment(ready(model, admission, ports), tried, ports.chance.fraction())
}

/** A group of one was asked about as a whole; of others, providers without a budget left are passed over. */
function ready(model: ResolvedModel, { budget }: Admission, ports: ServePorts): readonly Deployment[] {
  const now = ports.clock.now()
  return model.deployments.filter(
    (deployment) => ports.health.isReady(deployment, now) && budget?.isClosed(deployment) !== true,
  )
}

/** Tells everybody who keeps count of deployments how a try came out. */
export function note(
  deployment: Deployment,
  model: ResolvedModel,
  failure: UpstreamFailure | undefined,
  ports: Pick<ServePorts, 'clock' | 'health' | 'observer'>,
): void {
  ports.observer.attempted(deployment, model, failure)
  if (failure === undefined) ports.health.recordSuccess(deployment.id, ports.clock.now())
  else if (ports.health.recordFailure(deployment, failure, model.deployments.length, ports.clock.now())) {
    ports.observer.rested(deployment, model, failure)
  }
}

function nothingReady(model: ResolvedModel, ports: ServePorts): FailedAttempt {
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

/** A caller's own fallbacks were checked at admission. The operator's say where to go, and not who may (Z-32). */
function fallbacksFor(admission: Admission, failed: GroupFailure, ports: ServePorts): readonly ResolvedModel[] {
  const { failure } = failed.result.failure
  const own = admission.specialFallbacks.get(failure) ?? admission.fallbacks
  if (own.length > 0) return own.slice(0, ports.policy.maxFallbacks)
  const names = planFallbacks(admission.model.group, failure, [], ports.policy)
  return names.flatMap((name) => {
    const access = decideModelAccess(admission.principal, name, ports.catalogue())
    return access.verdict === 'allow' ? [access.granted] : []
  })
}

async function refuseFailed(
  admission: Admission,
  failed: GroupFailure,
  queue: readonly ResolvedModel[],
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
      fallbacks: queue.slice(1).map((model) => model.group),
      maxFallbacks: ports.policy.maxFallbacks,
      timeoutMs: timeoutOf(admission.ask, failed.result.deployment, ports.policy),
      showsApiBase: ports.showsApiBase,
    },
    reply,
  )
}

async function settleFailure(
  admission: Admission,
  failed: GroupFailure,
  httpStatus: number,
  cutShort: boolean,
  ports: ServePorts,
): Promise<void> {
  const { result } = failed
  // The line of its last try is the call's as well: what was kept is not charged twice.
  if (result.kept !== undefined) {
    ports.observer.finished({ ...result.kept, httpStatus, cutShort }, admission.admittedAt)
    await admission.budget?.release()
    return
  }
  await settle(
    admission,
    {
      of: 'call',
      deployment: result.deployment,
      upstreamModel: result.upstreamModel,
      group: result.group,
      usage: undefined,
      writtenWeight: 0,
      pictures: undefined,
      replyId: undefined,
      reportedModel: undefined,
      serviceTier: undefined,
      failure: result.failure,
      charge: false,
      cutShort,
      httpStatus,
      startedAt: admission.admittedAt,
      firstByteAt: undefined,
      endedAt: ports.clock.now(),
      retries: failed.retries,
    },
    ports,
  )
}

function waitUnlessGone(ms: number, reply: Reply, ports: ServePorts): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = ports.timers.after(ms, () => resolve(true))
    reply.whenGone(() => {
      cancel()
      resolve(false)
    })
  })
}
