import { allow, deny } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import type { CallId, EpochMs } from '../../domain/ids.ts'
import type { Principal } from '../../domain/principal.ts'
import { Problem } from '../../domain/problem.ts'
import type { Provision } from '../../domain/provision.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { Arrival, HeaderReader } from '../1-intake/arrival.ts'
import { GuessLimits } from '../2-authenticate/guess-limits.ts'
import { judgeKey, verifyCredential } from '../2-authenticate/verify-credential.ts'
import type { Proof } from '../2-authenticate/verify-credential.ts'
import { anyKeyOf } from '../3-identify/any-key.ts'
import { decideModelLookup } from '../4-authorise/decide-model-lookup.ts'
import { reachOn } from '../4-authorise/decide-route.ts'
import { describeModelAccess, describeReach } from '../describe-decision.ts'
import { identifyAndProvision } from '../identify.ts'
import { admit } from '../journey.ts'
import type { TokenPorts } from '../tokens/identify-token.ts'
import type { JourneyPorts } from '../journey-ports.ts'
import { ImaginedDirectory } from './imagined-directory.ts'
import { Observer } from './observe.ts'
import type { NoRate, NoRoom, TrailStep } from './observe.ts'
import type { ExplainedCall, Scene, Subject } from './scene.ts'

/** What came of it, and how. */
export interface Outcome {
  /** Undefined: it is allowed. */
  readonly denied: Denied | undefined
  readonly steps: readonly TrailStep[]
  readonly proof: Proof | undefined
  readonly principal: Principal | undefined
  readonly provisions: readonly Provision[]
  readonly noRoom: NoRoom | undefined
  readonly noRate: NoRate | undefined
}

/** Sends the call on its journey: the same one that calls make, without effects. */
export async function runScene(scene: Scene, callId: CallId, real: JourneyPorts): Promise<Outcome> {
  const observer = new Observer()
  const ports = withoutEffects(scene, observer, real)
  const proof = await prove(scene.subject, ports)
  const denied =
    proof.verdict === 'deny' ? refused(proof, observer) : await travel(scene.call, callId, proof.granted, ports)
  if (denied !== undefined) observer.conclude(denied)
  else if (scene.call.operation === undefined && scene.call.route.passThrough === undefined)
    tellReach(scene.call, observer)
  return {
    denied,
    steps: observer.steps,
    proof: proof.verdict === 'allow' ? proof.granted : undefined,
    principal: observer.principal,
    provisions: observer.provisions,
    noRoom: observer.noRoom,
    noRate: observer.noRate,
  }
}

function withoutEffects({ facts, settings }: Scene, observer: Observer, real: JourneyPorts): JourneyPorts {
  const directory = new ImaginedDirectory(real.directory, facts)
  const { tokens } = real
  return {
    ...real,
    directory,
    credentials: { ...real.credentials, directory, guesses: new GuessLimits(), load: { isHigh: () => false } },
    meter: {
      ...real.meter,
      directory,
      budgets: observer.watching(real.meter.budgets),
      rates: observer.counting(real.meter.rates),
    },
    tokens:
      tokens === undefined || settings.policy === undefined
        ? undefined
        : { ...tokens, policy: settings.policy, provisioner: foresightOf(tokens) },
    settings: { ...real.settings, routes: settings.routes },
    afresh: undefined,
    trail: observer,
  }
}

function foresightOf({ provisioner }: TokenPorts): TokenPorts['provisioner'] {
  return provisioner === 'done' ? provisioner : { foresee: (effects) => provisioner.foresee(effects) }
}

function refused(denied: Denied, observer: Observer): Denied {
  observer.note('proof', denied)
  return denied
}

async function travel(
  call: ExplainedCall,
  callId: CallId,
  proven: Proof,
  ports: JourneyPorts,
): Promise<Denied | undefined> {
  const arrival: Arrival = {
    route: call.route,
    headers: readerOf(call.headers),
    readBody: async () => allow(JSON.stringify(call.body)),
    pathModel: call.pathModel,
    callId,
    clientAddress: undefined,
  }
  if (call.operation !== undefined) {
    const admission = await admit(call.operation, arrival, { ...ports, proven })
    return admission.verdict === 'deny' ? admission : undefined
  }
  const identity = await identifyAndProvision(arrival, { ...ports, proven })
  if (identity.verdict === 'deny') return identity
  return call.pathModel === undefined ? undefined : lookAtModel(call.pathModel, identity.granted, ports)
}

/** A route that tells of a model and calls none. */
function lookAtModel(name: string, principal: Principal, { catalogue, trail }: JourneyPorts): Denied | undefined {
  const found = decideModelLookup(principal, name, catalogue())
  trail?.note('model-lookup', found, describeModelAccess(principal, name, catalogue()))
  return found.verdict === 'deny' ? found : undefined
}

function readerOf(headers: ReadonlyMap<string, string>): HeaderReader {
  return {
    get: (name) => headers.get(name) || undefined,
    repeated: () => false,
    find: (fits) => [...headers].find(([name, value]) => value !== '' && fits(name))?.[1],
  }
}

/** The route is theirs; which objects are, depends on what the call names. */
function tellReach({ route }: ExplainedCall, observer: Observer): void {
  if (observer.principal === undefined) return
  const reach = reachOn(observer.principal, route.row)
  observer.note('objects', allow(reach), describeReach(reach))
}

async function prove(subject: Subject, ports: JourneyPorts): Promise<Decision<Proof>> {
  const now = ports.clock.now()
  switch (subject.is) {
    case 'master':
      return allow({ kind: 'master-key' })
    case 'token':
      return allow({ kind: 'token', token: subject.token })
    case 'credential':
      return verifyCredential(subject.text, { now, address: undefined }, ports.credentials)
    case 'user':
      return allow({ kind: 'virtual-key', key: anyKeyOf(subject, now) })
    case 'key': {
      const found = await findKey(subject, now, ports)
      return found === undefined ? deny('key-unknown', 'key_unknown') : judgeKey(found, now)
    }
    case 'claims': {
      const judged = ports.tokens?.verifier.judgeClaims(subject.claims, subject.issuer, now)
      if (judged === undefined)
        return deny('key-form', 'key_malformed', 'Tokens of identity providers are not taken here.')
      return judged.verdict === 'deny' ? judged : allow({ kind: 'token', token: judged.granted })
    }
  }
}

async function findKey(
  { digest }: Extract<Subject, { is: 'key' }>,
  now: EpochMs,
  { directory }: JourneyPorts,
): Promise<VirtualKey | undefined> {
  try {
    return (await directory.findKey(digest, now))?.key
  } catch (cause) {
    throw new Problem('store-unavailable', undefined, { because: 'store_unavailable' }, cause)
  }
}
