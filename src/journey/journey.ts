import type { Decision } from '../domain/decision.ts'
import { allow, deny } from '../domain/decision.ts'
import type { ModelCatalogue, ResolvedModel } from '../domain/model-catalogue.ts'
import type { Principal } from '../domain/principal.ts'
import type { Clock } from '../ports/clock.ts'
import type { IdSigner } from '../ports/id-signer.ts'
import type { Arrival } from './1-intake/arrival.ts'
import type { Operation } from './1-intake/operations.ts'
import { readModelRequest } from './1-intake/read-model-request.ts'
import type { IntakeSettings, ModelAsk } from './1-intake/read-model-request.ts'
import { findCredential } from './2-authenticate/find-credential.ts'
import { verifyCredential } from './2-authenticate/verify-credential.ts'
import type { CredentialPorts } from './2-authenticate/verify-credential.ts'
import { resolvePrincipal } from './3-identify/resolve-principal.ts'
import { decideEnforcedParams } from './4-authorise/decide-enforced-params.ts'
import { decideModelAccess } from './4-authorise/decide-model-access.ts'
import { decideProviderObjects } from './4-authorise/decide-provider-objects.ts'
import { decideRoute } from './4-authorise/decide-route.ts'
import type { RoutePolicy } from './4-authorise/decide-route.ts'
import type { StoredResponse } from './4-authorise/response-ids.ts'
import type { Admission } from './admission.ts'

export interface JourneyPorts {
  readonly clock: Clock
  readonly credentials: CredentialPorts
  readonly catalogue: () => ModelCatalogue
  readonly signer: IdSigner
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
  const identity = await identify(arrival, ports)
  if (identity.verdict === 'deny') return identity
  const principal = identity.granted

  const body = await arrival.readBody()
  if (body.verdict === 'deny') return body

  const intake = readModelRequest(operation, arrival, body.granted, ports.settings.intake)
  if (intake.verdict === 'deny') return intake
  const ask = intake.granted

  const enforced = decideEnforcedParams(principal, ask.body, ports.settings.enforcedParams)
  if (enforced.verdict === 'deny') return enforced

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

  return allow({
    principal,
    ask,
    model: pinned(access.granted, objects.granted),
    continues: objects.granted,
    fallbacks,
    callId: arrival.callId,
    clientAddress: arrival.clientAddress,
    admittedAt: ports.clock.now(),
  })
}

/**
 * The part of the journey that every route shares: who calls, and may they call this route at all? It comes before the
 * body is looked at, so that a stranger learns nothing of what we would accept.
 */
export async function identify(
  arrival: Pick<Arrival, 'headers' | 'route'>,
  ports: Pick<JourneyPorts, 'clock' | 'credentials' | 'settings'>,
): Promise<Decision<Principal>> {
  const credential = findCredential(arrival.headers, ports.settings.keyHeader)
  if (credential.verdict === 'deny') return credential

  const verified = verifyCredential(credential.granted, ports.clock.now(), ports.credentials)
  const proof = verified instanceof Promise ? await verified : verified
  if (proof.verdict === 'deny') return proof
  const principal = resolvePrincipal(proof.granted)

  const route = decideRoute(principal, arrival.route, ports.settings.routes)
  return route.verdict === 'deny' ? route : allow(principal)
}

function accessTo(name: string, ask: ModelAsk, principal: Principal, ports: JourneyPorts): Decision<ResolvedModel> {
  const catalogue = ports.catalogue()
  const ownAliases = principal.kind === 'virtual-key' ? principal.key.modelAliases : {}
  const access = decideModelAccess(principal, name, catalogue.resolve(name, ownAliases), catalogue)
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

function shown(name: string): string {
  return name.replaceAll(/[^\u0020-\u007e]/g, '?').slice(0, 200)
}
