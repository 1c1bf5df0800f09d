import { allow, deny } from '../domain/decision.ts'
import type { Decision, Denied } from '../domain/decision.ts'
import { isTokenPrincipal } from '../domain/principal.ts'
import type { Principal, TokenPrincipal } from '../domain/principal.ts'
import type { Provision } from '../domain/provision.ts'
import type { Arrival, RouteFacts } from './1-intake/arrival.ts'
import { findCredential, misplaced } from './2-authenticate/find-credential.ts'
import { verifyCredential } from './2-authenticate/verify-credential.ts'
import type { Proof, Proven } from './2-authenticate/verify-credential.ts'
import { resolvePrincipal } from './3-identify/resolve-principal.ts'
import { decideRoute } from './4-authorise/decide-route.ts'
import { decideStanding } from './4-authorise/decide-standing.ts'
import { describeProof, describeRoute, describeStanding } from './describe-decision.ts'
import { chooseCaller } from './choose-caller.ts'
import { TEAM_HEADER, identifyToken } from './tokens/identify-token.ts'
import type { Caller, Identified } from './tokens/identify-token.ts'
import type { JourneyPorts } from './journey-ports.ts'
import type { Afresh } from './second-looks.ts'

type IdentifyPorts = Pick<
  JourneyPorts,
  'clock' | 'credentials' | 'directory' | 'afresh' | 'settings' | 'tokens' | 'trail' | 'proven'
>
type Asked = Pick<Arrival, 'headers' | 'route' | 'clientAddress' | 'hasStrayCredential'>

/**
 * The part of the journey that every route shares: who calls, and may they call this route at all? It comes before the
 * body is looked at, so that a stranger learns nothing of what we would accept. Without a promise where the key is known.
 */
export function identify(arrival: Asked, ports: IdentifyPorts): Identified | Promise<Identified> {
  if (ports.proven !== undefined) return decideProof(allow(ports.proven), arrival, ports)
  const credential = findCredential(arrival.headers, ports.settings.keyHeader, arrival.route.passThrough?.credential)
  ports.trail?.note('credential', credential)
  if (credential.verdict === 'deny') return misplaced(credential, arrival)

  const moment = { now: ports.clock.now(), address: arrival.clientAddress }
  const verified = verifyCredential(credential.granted, moment, ports.credentials)
  if (!(verified instanceof Promise)) return decideProof(verified, arrival, ports)
  return verified.then((proof) => decideProof(proof, arrival, ports))
}

/** The same for routes that ask for no model: a token's team is chosen, and what it makes of the directory is made. */
export async function identifyAndProvision(
  arrival: Asked & Pick<Arrival, 'callId'>,
  ports: Omit<IdentifyPorts, 'catalogue'> & Pick<JourneyPorts, 'catalogue'>,
): Promise<Identified> {
  const identity = await identify(arrival, ports)
  if (identity.verdict === 'deny') return identity
  const principal = identity.granted
  if (!isTokenPrincipal(principal)) return identity
  const chosen = await chooseWithCare(identity, undefined, arrival, ports)
  if (chosen.verdict === 'deny') return { ...chosen, caller: principal }
  if (chosen.effects.length > 0) {
    const made = await provision(chosen.effects, principal, arrival, ports)
    if (made.verdict === 'deny') return made
    if (made.granted === 'made') return identifyAndProvision(arrival, makingNothing(ports))
  }
  // Lists of models show what any of the teams would let through, as calls do.
  const { granted } = chosen
  return isTokenPrincipal(granted) ? { ...chosen, granted: { ...granted, choice: principal.choice } } : chosen
}

export function decideProof(proof: Proven, arrival: Asked, ports: IdentifyPorts): Identified | Promise<Identified> {
  ports.trail?.note('proof', proof, describeProof(proof))
  if (proof.verdict === 'deny') return proof
  const { granted } = proof
  const { afresh } = ports
  const identity = decideOnce(granted, arrival, ports)
  if (granted.kind !== 'token' || afresh === undefined) return identity
  const reconsider = (known: Identified): Identified | Promise<Identified> =>
    known.verdict === 'allow'
      ? known
      : afresh.looks.again(known, granted.token, () => decideOnce(granted, arrival, lookingAt(afresh, ports)))
  return identity instanceof Promise ? identity.then(reconsider) : reconsider(identity)
}

function lookingAt<Ports extends Pick<JourneyPorts, 'directory'>>({ directory }: Afresh, ports: Ports): Ports {
  return { ...ports, directory }
}

function decideOnce(proof: Proof, arrival: Asked, ports: IdentifyPorts): Identified | Promise<Identified> {
  const identified = identifyProof(proof, arrival, ports)
  return identified instanceof Promise
    ? identified.then((one) => decideCaller(one, arrival.route, ports))
    : decideCaller(identified, arrival.route, ports)
}

function identifyProof(proof: Proof, arrival: Asked, ports: IdentifyPorts): Identified | Promise<Identified> {
  if (proof.kind !== 'token') {
    const resolved = resolvePrincipal(proof, ports.directory)
    const known = (principal: Principal): Identified => ({ verdict: 'allow', granted: principal, effects: NO_EFFECTS })
    return resolved instanceof Promise ? resolved.then(known) : known(resolved)
  }
  const { tokens } = ports
  // Nothing proves a token where none are taken.
  if (tokens === undefined) return deny('key-form', 'key_malformed')
  const ask = { route: arrival.route, teamHeader: arrival.headers.get(TEAM_HEADER) }
  return identifyToken(proof.token, ask, tokens, ports)
}

const NO_EFFECTS: readonly Provision[] = []

function decideCaller(identified: Identified, asked: RouteFacts, ports: IdentifyPorts): Identified {
  if (identified.verdict === 'deny') return identified
  const principal = identified.granted
  ports.trail?.caller(principal)
  const standing = decideStanding(principal)
  ports.trail?.note('standing', standing, describeStanding(principal))
  if (standing.verdict === 'deny') return { ...standing, payer: principal }
  const route = decideRoute(principal, asked, ports.settings.routes)
  ports.trail?.note('route', route, describeRoute(principal, asked, ports.settings.routes))
  return route.verdict === 'deny' ? { ...route, caller: principal, payer: principal } : identified
}

/** Closes the choice that a token with several teams leaves open; with a second look where none of them will do. */
export function chooseWithCare(
  identity: Caller,
  model: string | undefined,
  arrival: Asked,
  ports: IdentifyPorts & Pick<JourneyPorts, 'catalogue'>,
): Caller | Denied | Promise<Caller | Denied> {
  const chosen = chooseCaller(identity, model, arrival.route, ports)
  const { granted: principal } = identity
  const { afresh } = ports
  if (chosen.verdict === 'allow' || !isTokenPrincipal(principal) || afresh === undefined) return chosen
  const { token } = principal
  return afresh.looks.again(chosen, token, async () => {
    const known = await decideOnce({ kind: 'token', token }, arrival, lookingAt(afresh, ports))
    return known.verdict === 'deny' ? known : chooseCaller(known, model, arrival.route, ports)
  })
}

/** `nothing`: an explanation changes nothing, and neither does the second look at what was just made. */
export async function provision(
  effects: readonly Provision[],
  { token }: TokenPrincipal,
  { route, callId, clientAddress }: Pick<Arrival, 'route' | 'callId' | 'clientAddress'>,
  { tokens, trail }: Pick<JourneyPorts, 'tokens' | 'trail'>,
): Promise<Decision<'made' | 'nothing'>> {
  trail?.effects(effects)
  if (tokens === undefined) return allow('nothing')
  const { provisioner } = tokens
  if (provisioner === 'done') {
    // The key that this very request was to have, its own or another's, is gone again; it gets no wider door instead.
    return effects.some(({ make }) => make === 'key')
      ? deny('registration-lost', 'jwt_registration_lost')
      : allow('nothing')
  }
  if (!('carryOut' in provisioner)) {
    const may = await provisioner.foresee(effects)
    return may.verdict === 'deny' ? may : allow('nothing')
  }
  const made = await provisioner.carryOut(effects, token, {
    route: route.path,
    requestId: callId,
    clientAddress,
  })
  return made.verdict === 'deny' ? made : allow('made')
}

export function makingNothing<Ports extends Pick<JourneyPorts, 'tokens'>>(ports: Ports): Ports {
  return ports.tokens === undefined ? ports : { ...ports, tokens: { ...ports.tokens, provisioner: 'done' } }
}
