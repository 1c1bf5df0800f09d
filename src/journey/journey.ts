import type { Allowed, Decision } from '../domain/decision.ts'
import { allow, deny } from '../domain/decision.ts'
import type { ResolvedModel } from '../domain/model-catalogue.ts'
import type { Principal } from '../domain/principal.ts'
import { shown } from '../domain/shown-text.ts'
import type { FailureClass } from '../domain/upstream-failure.ts'
import { HOPS_HEADER, decideLoop } from './1-intake/decide-loop.ts'
import { INFERENCE_BOUNDS, LARGE_BODY, parseBody, parseLargeBody } from './1-intake/parse-body.ts'
import type { Arrival } from './1-intake/arrival.ts'
import type { Operation } from './1-intake/operations.ts'
import { NO_SPECIAL_FALLBACKS, memberOf } from './1-intake/read-fallbacks.ts'
import { readModelRequest } from './1-intake/read-model-request.ts'
import type { ModelAsk } from './1-intake/read-model-request.ts'
import { decideEnforcedParams } from './4-authorise/decide-enforced-params.ts'
import { decideModelAccess } from './4-authorise/decide-model-access.ts'
import { decideToolModels } from './4-authorise/decide-tool-models.ts'
import { decideTools } from './4-authorise/decide-tools.ts'
import { decideProviderObjects } from './4-authorise/decide-provider-objects.ts'
import type { StoredResponse } from './4-authorise/response-ids.ts'
import type { Admission } from './admission.ts'
import { withClaimedCustomer } from './customer-of.ts'
import { decideCall } from './decide-call.ts'
import type { CallDeciders } from './decide-call.ts'
import { describeModelAccess } from './describe-decision.ts'
import { holdCall, provisionCall } from './hold-call.ts'
import { identify, makingNothing, chooseWithCare } from './identify.ts'
import { TEAM_HEADER } from './tokens/identify-token.ts'
import type { JourneyPorts } from './journey-ports.ts'
import type { RefusedCall } from './refused-call.ts'

/** Or why not, and as much as was known of the call by then. */
type Admitted = Allowed<Admission> | RefusedCall

/** Admits a model call or says why not. The order of these lines is the security model. */
export async function admit(operation: Operation, arrival: Arrival, ports: JourneyPorts): Promise<Admitted> {
  const known = identify(arrival, ports)
  const identity = known instanceof Promise ? await known : known
  if (identity.verdict === 'deny') return identity

  const hops = decideLoop(arrival.headers.get(HOPS_HEADER), ports.installation)
  if (hops.verdict === 'deny') return hops

  const body = await arrival.readBody()
  if (body.verdict === 'deny') return body

  const isLarge = body.granted.length > LARGE_BODY
  const parsed = isLarge
    ? await parseLargeBody(body.granted, INFERENCE_BOUNDS, ports.nextTurn)
    : parseBody(body.granted, INFERENCE_BOUNDS)
  if (parsed.verdict === 'deny') return parsed

  const intake = readModelRequest(operation, arrival, parsed.granted, ports.settings.intake)
  if (intake.verdict === 'deny') return intake

  const settled = chooseWithCare(identity, intake.granted.model, arrival, ports)
  const chosen = settled instanceof Promise ? await settled : settled
  if (chosen.verdict === 'deny') return chosen
  const principal = chosen.granted
  const ask = withClaimedCustomer(intake.granted, principal)

  const deciding = decideCall(principal, { ask }, DECIDERS, ports)
  const decided = deciding instanceof Promise ? await deciding : deciding
  if (decided.verdict === 'deny') return { ...decided, payer: principal, ask }
  const { endUser, models, continues } = decided.granted
  // What comes now goes through the whole text once more, to put it on the wire.
  if (isLarge) await ports.nextTurn()

  const model = pinned(models.model, continues)
  const at = ports.clock.now()
  const metered = { principal, endUser, ask, model, at }
  if (chosen.effects.length > 0) {
    const made = await provisionCall(chosen.effects, metered, arrival, ports)
    if (made.verdict === 'deny') return { ...made, payer: principal, ask }
    if (made.granted === 'made')
      return admit(operation, { ...arrival, readBody: async () => body }, makingNothing(ports))
  }
  const holding = holdCall(metered, ports)
  const held = holding instanceof Promise ? await holding : holding
  if (held.verdict === 'deny') return { ...held, payer: principal, ask }

  return allow({
    principal,
    ask,
    route: arrival.route,
    model,
    continues,
    fallbacks: models.fallbacks,
    specialFallbacks: models.specialFallbacks,
    endUser,
    hops: hops.granted,
    budget: held.granted.budget,
    rates: held.granted.rates,
    callId: arrival.callId,
    clientAddress: arrival.clientAddress,
    teamHeader: arrival.headers.get(TEAM_HEADER),
    admittedAt: at,
  })
}

/** The model of a call, and those that its caller names for when that one fails. */
interface AskedModels {
  readonly model: ResolvedModel
  readonly fallbacks: readonly ResolvedModel[]
  readonly specialFallbacks: Admission['specialFallbacks']
}

const DECIDERS: CallDeciders<{ readonly ask: ModelAsk }, AskedModels> = {
  params: (principal, { ask }, { settings }) => decideEnforcedParams(principal, ask.body, settings.enforcedParams),
  models: decideModels,
  tools: (principal, { ask }) => decideTools(principal, [ask.body]),
  toolModels: (principal, { ask }, { catalogue }) => decideToolModels(principal, ask.body, catalogue()),
  objects: (principal, { ask }, { signer }) => decideProviderObjects(principal, ask, signer),
}

function decideModels(
  principal: Principal,
  { ask }: { readonly ask: ModelAsk },
  ports: JourneyPorts,
): Decision<AskedModels> {
  const access = accessTo(ask.model, ask, principal, ports)
  ports.trail?.note('model', access, describeModelAccess(principal, ask.model, ports.catalogue()))
  if (access.verdict === 'deny') return access

  const { fallbacks: named, specialFallbacks: special } = ask.controls
  const fallbacks = accessToAll('fallbacks', named, ask, principal, ports)
  if (fallbacks.verdict === 'deny') return fallbacks
  if (special.size === 0) {
    return allow({ model: access.granted, fallbacks: fallbacks.granted, specialFallbacks: NO_SPECIAL_FALLBACKS })
  }
  const specialFallbacks = new Map<FailureClass, readonly ResolvedModel[]>()
  for (const [failure, names] of special) {
    const those = accessToAll(memberOf(failure), names, ask, principal, ports)
    if (those.verdict === 'deny') return those
    specialFallbacks.set(failure, those.granted)
  }
  return allow({ model: access.granted, fallbacks: fallbacks.granted, specialFallbacks })
}

function accessToAll(
  member: string,
  names: readonly string[],
  ask: ModelAsk,
  principal: Principal,
  ports: JourneyPorts,
): Decision<readonly ResolvedModel[]> {
  const models: ResolvedModel[] = []
  for (const name of names) {
    const access = accessTo(name, ask, principal, ports)
    ports.trail?.note('fallback', access, describeModelAccess(principal, name, ports.catalogue()))
    if (access.verdict === 'deny')
      return deny('param-forbidden', access.because, `\`${member}\`: ${access.say ?? name}`)
    models.push(access.granted)
  }
  return allow(models)
}

function accessTo(name: string, ask: ModelAsk, principal: Principal, ports: JourneyPorts): Decision<ResolvedModel> {
  const access = decideModelAccess(principal, name, ports.catalogue())
  if (access.verdict === 'allow' || access.problem !== 'model-unknown') return access
  return deny(
    'model-unknown',
    access.because,
    `{'error': '${ask.operation.shownPath}: Invalid model name passed in model=${shown(name)}. Call \`/v1/models\` to view available models for your key.'}`,
  )
}

/** A stored response is known to the deployment that made it and to no other. */
function pinned(model: ResolvedModel, stored: StoredResponse | undefined): ResolvedModel {
  if (stored === undefined) return model
  return { ...model, deployments: model.deployments.filter((deployment) => deployment.id === stored.deploymentId) }
}
