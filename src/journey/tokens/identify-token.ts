import type { Allowed, Decision, Denied } from '../../domain/decision.ts'
import type { UserId } from '../../domain/ids.ts'
import type { UserDefaults } from '../../domain/key-rules.ts'
import type { Principal, TokenPrincipal } from '../../domain/principal.ts'
import type { Provision } from '../../domain/provision.ts'
import type { TokenFacts, VerifiedToken } from '../../domain/token-facts.ts'
import type { TokenGround } from '../../domain/token-ground.ts'
import type { TokenPolicy } from '../../domain/token-settings.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { Clock } from '../../ports/clock.ts'
import type { WarmDirectory } from '../../ports/directory.ts'
import type { OperatorLog } from '../../ports/operator-log.ts'
import type { Foresight, Provisioner } from '../../ports/provisioner.ts'
import type { ClaimJudge, TokenVerifier } from '../../ports/token-verifier.ts'
import type { RouteFacts } from '../1-intake/arrival.ts'
import { gatherGround } from '../3-identify/gather-ground.ts'
import { readTokenOnce } from '../3-identify/read-token-once.ts'
import { allSeen } from '../3-identify/learn.ts'
import type { Learned } from '../3-identify/learn.ts'
import type { Mapping } from '../4-authorise/decide-key-mapping.ts'
import { decideTokenCaller } from '../4-authorise/decide-token-caller.ts'
import { covers } from '../4-authorise/decide-route.ts'
import { decideToken } from '../4-authorise/decide-token.ts'
import { checkRevocation } from './check-revocation.ts'
import { describeFacts, describeGround } from './describe-token.ts'
import { findMapping, identifyMapped } from './identify-mapped.ts'
import type { Mapped } from './identify-mapped.ts'
import { Recollections } from './recollections.ts'
import type { Trail } from '../trail.ts'

/** What tokens of identity providers need; absent where they are not taken. */
export interface TokenPorts {
  readonly verifier: TokenVerifier & ClaimJudge
  readonly policy: TokenPolicy
  readonly userDefaults: UserDefaults
  /** For who is nobody yet and whose subject is no free id. */
  readonly newUserId: () => UserId
  /** `done`: what was to be made of the directory has been made; an explanation makes nothing. */
  readonly provisioner: Provisioner | Foresight | 'done'
  readonly log: OperatorLog
}

/** Chooses among the teams of a token. */
export const TEAM_HEADER = 'x-litellm-team-id'

export interface TokenAsk {
  readonly route: RouteFacts
  readonly teamHeader: string | undefined
}

/** Who comes with the token, and what the directory has to become for it. */
export type Caller = Allowed<Principal> & { readonly effects: readonly Provision[] }

/** Or why not, and who it is as far as known. */
export type Identified = Caller | UnmetCaller

export interface UnmetCaller extends Denied {
  /** Who it is, where only the route is not for them. */
  readonly caller?: Principal
  /** Whose call it would have been. */
  readonly payer?: Principal
  /** The same where a known key opens nothing any more, so that nobody has asked whose it is. */
  readonly lapsed?: VirtualKey
}

type TokenRules = Pick<TokenPorts, 'policy' | 'userDefaults' | 'newUserId' | 'log'>

export interface IdentifyTokenPorts {
  readonly clock: Clock
  readonly directory: WarmDirectory
  readonly trail?: Trail
}

/** Who it is whom the token names, be it by a key that it stands for. */
export function identifyToken(
  token: VerifiedToken,
  ask: TokenAsk,
  tokens: TokenRules,
  ports: IdentifyTokenPorts,
): Identified | Promise<Identified> {
  const { facts, claim } = readTokenOnce(token, tokens.policy)
  ports.trail?.note('claims', facts, describeFacts(facts))
  if (facts.verdict === 'deny') return facts

  const mapping = findMapping(token, claim, tokens.policy, ports)
  const identify = (mapped: Decision<Mapping>): Identified | Promise<Identified> => {
    if (mapped.verdict === 'deny') return mapped
    const { granted } = mapped
    if (granted.is !== 'mapped') {
      const registers = granted.is === 'pending' ? granted.claim : undefined
      return identifyItself(token, facts.granted, { ...ask, registers }, tokens, ports)
    }
    const principal = identifyMapped(token, facts.granted, granted.to, ask.route, tokens, ports)
    return principal instanceof Promise ? principal.then(asCaller) : asCaller(principal)
  }
  return mapping instanceof Promise ? mapping.then(identify) : identify(mapping)
}

function asCaller(principal: Mapped): Identified {
  return principal.verdict === 'deny' ? principal : { ...principal, effects: [] }
}

/** Whom each remembered token made its bearer, by the rules and for the route that it came for last. */
const callers = new Recollections<
  VerifiedToken,
  readonly [TokenPolicy, WarmDirectory, RouteFacts, string | undefined],
  Caller
>()

/** Facts in, decision out: what the token says, what the directory knows about that, and who it is by both. */
function identifyItself(
  token: VerifiedToken,
  facts: TokenFacts,
  ask: TokenAsk & Pick<TokenPrincipal, 'registers'>,
  { policy, userDefaults, newUserId, log }: TokenRules,
  ports: IdentifyTokenPorts,
): Identified | Promise<Identified> {
  const { trail } = ports
  const { route, teamHeader, registers } = ask
  const lets = decideToken(token, facts, policy, route)
  trail?.note('token-policy', lets, { route: route.path })
  if (lets.verdict === 'deny') return lets

  // An explanation shows each step, and for whom a key is to be made is not who it will be the next time.
  const mayRecall = trail === undefined && registers === undefined
  const of = [policy, ports.directory, route, teamHeader] as const
  const recalled = mayRecall ? callers.recall(token, ...of) : undefined
  if (recalled !== undefined) return recalled

  const decide = ({ result: ground, seen }: Learned<TokenGround>): Identified => {
    trail?.note('directory', { verdict: 'allow', granted: undefined }, describeGround(ground))
    const decided = decideTokenCaller(token, facts, ground, { policy, route, teamHeader })
    trail?.note('caller', decided, { [TEAM_HEADER]: teamHeader ?? null })
    if (decided.verdict === 'deny') return decided
    const { principal, effects } = decided.granted
    const passesOver = isPassedOver(ask, principal)
    if (passesOver && trail === undefined) {
      log.warn('x-litellm-team-id names no team: the administrator acts for none', { issuer: token.issuer })
    }
    const caller: Caller = {
      verdict: 'allow',
      granted: registers === undefined ? principal : { ...principal, registers },
      effects,
    }
    // Of whom the directory has yet to learn something is another one the next time.
    if (mayRecall && !passesOver && seen !== undefined && effects.length === 0) callers.keep(token, of, caller, seen)
    return caller
  }
  const { profile } = token
  const wanted = { policy, profile, teamHeader, now: ports.clock.now(), userDefaults, newId: newUserId }
  const check = (ground: Learned<TokenGround>): Identified | Promise<Identified> => {
    const stands = checkRevocation(token, facts, ground.result.user, ports)
    const go = ({ result: may, seen }: Learned<Decision<undefined>>): Identified =>
      may.verdict === 'deny' ? may : decide({ result: ground.result, seen: allSeen(ground.seen, seen) })
    return stands instanceof Promise ? stands.then(go) : go(stands)
  }
  const ground = gatherGround(facts, wanted, ports.directory)
  return ground instanceof Promise ? ground.then(check) : check(ground)
}

/** AT-093: administrators choose among all teams, and a wrong choice is no reason to refuse them. */
function isPassedOver({ teamHeader, route }: TokenAsk, { admin, standing }: TokenPrincipal): boolean {
  return (
    teamHeader !== undefined && admin === 'scope' && standing.team === undefined && covers('llm_api_routes', route.path)
  )
}
