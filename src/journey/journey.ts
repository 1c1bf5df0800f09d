import type { Allowed, Decision, Denied } from '../domain/decision.ts'
import { allow, deny } from '../domain/decision.ts'
import type { ModelCatalogue, ResolvedModel } from '../domain/model-catalogue.ts'
import type { EndUser } from '../domain/end-user.ts'
import type { EndUserId } from '../domain/ids.ts'
import type { Principal } from '../domain/principal.ts'
import { Problem } from '../domain/problem.ts'
import type { Clock } from '../ports/clock.ts'
import type { WarmDirectory } from '../ports/directory.ts'
import type { IdSigner } from '../ports/id-signer.ts'
import type { NextTurn } from '../ports/next-turn.ts'
import { HOPS_HEADER, decideLoop } from './1-intake/decide-loop.ts'
import { INFERENCE_BOUNDS, LARGE_BODY, parseBody, parseLargeBody } from './1-intake/parse-body.ts'
import type { Arrival, RouteFacts } from './1-intake/arrival.ts'
import type { Operation } from './1-intake/operations.ts'
import { readModelRequest } from './1-intake/read-model-request.ts'
import type { IntakeSettings, ModelAsk } from './1-intake/read-model-request.ts'
import { findCredential } from './2-authenticate/find-credential.ts'
import { judgeKey, verifyCredential } from './2-authenticate/verify-credential.ts'
import type { CredentialPorts, Proof } from './2-authenticate/verify-credential.ts'
import { resolvePrincipal } from './3-identify/resolve-principal.ts'
import { decideEnforcedParams } from './4-authorise/decide-enforced-params.ts'
import { decideEndUser } from './4-authorise/decide-end-user.ts'
import { decideModelAccess } from './4-authorise/decide-model-access.ts'
import { decideProviderObjects } from './4-authorise/decide-provider-objects.ts'
import { decideRoute } from './4-authorise/decide-route.ts'
import type { RoutePolicy } from './4-authorise/decide-route.ts'
import { decideStanding } from './4-authorise/decide-standing.ts'
import type { StoredResponse } from './4-authorise/response-ids.ts'
import { reserveBudget } from './5-meter/reserve-budget.ts'
import type { MeterPorts } from './5-meter/reserve-budget.ts'
import type { Admission } from './admission.ts'

export interface JourneyPorts {
  readonly clock: Clock
  readonly credentials: CredentialPorts
  readonly directory: WarmDirectory
  readonly catalogue: () => ModelCatalogue
  readonly signer: IdSigner
  readonly nextTurn: NextTurn
  /** The id that all replicas share. */
  readonly installation: string
  readonly meter: MeterPorts
  readonly settings: JourneySettings
}

export interface JourneySettings {
  readonly intake: IntakeSettings
  /** `litellm_key_header_name`: replaces every other place of a credential. */
  readonly keyHeader: string | undefined
  readonly enforcedParams: readonly string[]
  readonly routes: RoutePolicy
}

/** Admits a model call or says why not. The order of these lines is the security model. */
export async function admit(operation: Operation, arrival: Arrival, ports: JourneyPorts): Promise<Decision<Admission>> {
  const known = identify(arrival, ports)
  const identity = known instanceof Promise ? await known : known
  if (identity.verdict === 'deny') return identity
  const principal = identity.granted

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
  const ask = intake.granted

  const enforced = decideEnforcedParams(principal, ask.body, ports.settings.enforcedParams)
  if (enforced.verdict === 'deny') return enforced

  const named = findEndUser(ask, ports)
  const endUser = named instanceof Promise ? await named : named
  const served = decideEndUser(endUser)
  if (served.verdict === 'deny') return served

  const access = accessTo(ask.model, ask, principal, ports)
  if (access.verdict === 'deny') return access

  const fallbacks: ResolvedModel[] = []
  for (const name of ask.controls.fallbacks) {
    const fallback = accessTo(name, ask, principal, ports)
    if (fallback.verdict === 'deny')
      return deny('param-forbidden', fallback.because, `\`fallbacks\`: ${fallback.say ?? name}`)
    fallbacks.push(fallback.granted)
  }

  const objects = decideProviderObjects(principal, ask, ports.signer)
  if (objects.verdict === 'deny') return objects
  // What comes now goes through the whole text once more, to put it on the wire.
  if (isLarge) await ports.nextTurn()

  const model = pinned(access.granted, objects.granted)
  const at = ports.clock.now()
  const reserved = reserveBudget({ principal, endUser, ask, model, at }, ports.meter)
  const budget = reserved instanceof Promise ? await reserved : reserved
  if (budget.verdict === 'deny') return budget

  return allow({
    principal,
    ask,
    route: arrival.route,
    model,
    continues: objects.granted,
    fallbacks,
    endUser,
    hops: hops.granted,
    budget: budget.granted,
    callId: arrival.callId,
    clientAddress: arrival.clientAddress,
    admittedAt: at,
  })
}

/** Who calls; or why not, and who it would have been where that is known. */
export type Identity = Allowed<Principal> | (Denied & { readonly caller?: Principal })

/**
 * The part of the journey that every route shares: who calls, and may they call this route at all? It comes before the
 * body is looked at, so that a stranger learns nothing of what we would accept. Without a promise where the key is known.
 */
export function identify(
  arrival: Pick<Arrival, 'headers' | 'route' | 'clientAddress'>,
  ports: Pick<JourneyPorts, 'clock' | 'credentials' | 'directory' | 'settings'>,
): Identity | Promise<Identity> {
  const credential = findCredential(arrival.headers, ports.settings.keyHeader)
  if (credential.verdict === 'deny') return credential

  const moment = { now: ports.clock.now(), address: arrival.clientAddress }
  const verified = verifyCredential(credential.granted, moment, ports.credentials)
  if (!(verified instanceof Promise)) return decidePrincipal(verified, arrival.route, ports)
  return verified.then((proof) => decidePrincipal(proof, arrival.route, ports))
}

function decidePrincipal(
  proof: Decision<Proof>,
  asked: RouteFacts,
  ports: Pick<JourneyPorts, 'directory' | 'settings'>,
): Identity | Promise<Identity> {
  if (proof.verdict === 'deny') return proof
  const resolved = resolvePrincipal(proof.granted, ports.directory)
  const decide = (principal: Principal): Identity => {
    const standing = decideStanding(principal)
    return standing.verdict === 'deny' ? standing : decideRouteOf(principal, asked, ports)
  }
  return resolved instanceof Promise ? resolved.then(decide) : decide(resolved)
}

function decideRouteOf(
  principal: Principal,
  asked: RouteFacts,
  { settings }: Pick<JourneyPorts, 'settings'>,
): Identity {
  const route = decideRoute(principal, asked, settings.routes)
  return route.verdict === 'deny' ? { ...route, caller: principal } : allow(principal)
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

/** Why the caller of a call that is under way would not be admitted any more; undefined: it would. */
export async function askAgain(
  { principal, ask, route, endUser }: Admission,
  ports: JourneyPorts,
): Promise<Denied | undefined> {
  if (principal.kind === 'master') return undefined
  const now = ports.clock.now()
  const found = await ports.directory.findKey(principal.key.digest, now)
  if (found === undefined) return deny('key-unknown', 'key_unknown')
  const proof = judgeKey(found.key, now)
  if (proof.verdict === 'deny') return proof
  const current = await resolvePrincipal(proof.granted, ports.directory)
  const standing = decideStanding(current)
  if (standing.verdict === 'deny') return standing
  const lets = decideRoute(current, route, ports.settings.routes)
  if (lets.verdict === 'deny') return lets
  const served = decideEndUser(endUser === undefined ? undefined : await ports.directory.findEndUser(endUser.id))
  if (served.verdict === 'deny') return served
  const access = decideModelAccess(current, ask.model, ports.catalogue())
  return access.verdict === 'deny' && access.problem !== 'model-unknown' ? access : undefined
}

/** The row of the customer that the caller names, if there is one: customers need none to be served. */
function findEndUser(
  { attribution }: ModelAsk,
  { directory }: JourneyPorts,
): EndUser | undefined | Promise<EndUser | undefined> {
  const id = attribution.endUserId
  if (id === undefined) return undefined
  const known = directory.peekEndUser(id)
  return known === 'ask' ? askEndUser(id, directory) : known
}

async function askEndUser(id: EndUserId, directory: WarmDirectory): Promise<EndUser | undefined> {
  try {
    return await directory.findEndUser(id)
  } catch (cause) {
    throw new Problem('store-unavailable', undefined, { because: 'store_unavailable' }, cause)
  }
}

/** A stored response is known to the deployment that made it and to no other. */
function pinned(model: ResolvedModel, stored: StoredResponse | undefined): ResolvedModel {
  if (stored === undefined) return model
  return { ...model, deployments: model.deployments.filter((deployment) => deployment.id === stored.deploymentId) }
}

function shown(name: string): string {
  return name.replaceAll(/[^\u0020-\u007e]/g, '?').slice(0, 200)
}
