import type { Denied } from '../../domain/decision.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { KeyUpperBounds, UserDefaults } from '../../domain/key-rules.ts'
import type { JsonValue } from '../../domain/json.ts'
import type { ModelCatalogue } from '../../domain/model-catalogue.ts'
import { bearingOf, keyOf } from '../../domain/principal.ts'
import type { Principal } from '../../domain/principal.ts'
import type { TokenFacts, VerifiedToken } from '../../domain/token-facts.ts'
import type { TokenPolicy, TokenProfile } from '../../domain/token-settings.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { WarmDirectory } from '../../ports/directory.ts'
import { readTokenFacts } from '../3-identify/read-token-facts.ts'
import type { JourneyPorts } from '../journey-ports.ts'
import { ImaginedDirectory } from './imagined-directory.ts'
import { keyOfToken } from './key-of-token.ts'
import type { NoRate, NoRoom, TrailStep } from './observe.ts'
import type { Outcome } from './run-scene.ts'
import type { Scene } from './scene.ts'

/** A refusal and everything around it that may say what to do about it. */
export interface Situation {
  readonly scene: Scene
  readonly denied: Denied
  readonly step: TrailStep
  readonly principal: Principal | undefined
  readonly key: VirtualKey | undefined
  readonly token: VerifiedToken | undefined
  /** What the token says, where one was proven and could be read. */
  readonly facts: TokenFacts | undefined
  readonly profile: TokenProfile | undefined
  readonly policy: TokenPolicy | undefined
  readonly model: string | undefined
  readonly noRoom: NoRoom | undefined
  readonly noRate: NoRate | undefined
  /** Of every call, by the operator. */
  readonly enforcedParams: readonly string[]
  readonly catalogue: ModelCatalogue
  readonly directory: WarmDirectory
  readonly now: EpochMs
  /** The most that the operator lets keys have. */
  readonly keyBounds: KeyUpperBounds
  readonly userDefaults: UserDefaults
  /** The name among others that a mistyped one most likely meant. */
  readonly nearest: (written: string, known: Iterable<string>) => string | undefined
}

export interface SituationPorts extends Pick<
  JourneyPorts,
  'clock' | 'catalogue' | 'directory' | 'credentials' | 'tokens' | 'settings'
> {
  readonly nearest: Situation['nearest']
  readonly keyBounds: KeyUpperBounds
  readonly userDefaults: UserDefaults
}

/** Undefined: nothing was refused. */
export async function situationOf(
  scene: Scene,
  { denied, steps, proof, principal, noRoom, noRate }: Outcome,
  ports: SituationPorts,
): Promise<Situation | undefined> {
  const step = steps.at(-1)
  if (denied === undefined || step === undefined) return undefined
  const directory = new ImaginedDirectory(ports.directory, scene.facts)
  const now = ports.clock.now()
  const { policy } = scene.settings
  const token = proof?.kind === 'token' ? proof.token : undefined
  const facts = token === undefined || policy === undefined ? undefined : readTokenFacts(token, policy)
  const named = scene.subject.is === 'claims' ? ports.tokens?.verifier.profileOf(scene.subject.issuer) : undefined
  return {
    scene,
    denied,
    step,
    principal,
    key: (principal === undefined ? undefined : keyOf(principal)) ?? (await keyOfSubject()),
    token,
    facts: (principal === undefined ? undefined : bearingOf(principal)?.facts) ?? allowed(facts),
    profile: token?.profile ?? named,
    policy,
    model: modelOf(scene),
    noRoom,
    noRate,
    enforcedParams: ports.settings.enforcedParams,
    catalogue: ports.catalogue(),
    directory,
    now,
    nearest: ports.nearest,
    keyBounds: ports.keyBounds,
    userDefaults: ports.userDefaults,
  }

  async function keyOfSubject(): Promise<VirtualKey | undefined> {
    const { subject } = scene
    if (token !== undefined) return keyOfToken(token, policy, directory)
    if (subject.is !== 'key' && subject.is !== 'credential') return undefined
    const digest = subject.is === 'key' ? subject.digest : ports.credentials.digests.digestKey(subject.text)
    return (await directory.findKey(digest, now))?.key
  }
}

function allowed(facts: ReturnType<typeof readTokenFacts> | undefined): TokenFacts | undefined {
  return facts?.verdict === 'allow' ? facts.granted : undefined
}

function modelOf({ call }: Scene): string | undefined {
  const named: JsonValue | undefined = call.pathModel ?? call.body['model']
  return typeof named === 'string' ? named : undefined
}
