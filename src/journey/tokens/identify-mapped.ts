import { allow } from '../../domain/decision.ts'
import type { Allowed, Decision } from '../../domain/decision.ts'
import type { UserId } from '../../domain/ids.ts'
import type { UserDefaults } from '../../domain/key-rules.ts'
import type { MappedClaim, MappedKey } from '../../domain/key-mapping.ts'
import type { Bearer, Principal } from '../../domain/principal.ts'
import type { TokenFacts, VerifiedToken } from '../../domain/token-facts.ts'
import type { UserMatch } from '../../domain/token-ground.ts'
import type { TokenPolicy } from '../../domain/token-settings.ts'
import type { Clock } from '../../ports/clock.ts'
import type { WarmDirectory } from '../../ports/directory.ts'
import type { RouteFacts } from '../1-intake/arrival.ts'
import { judgeKey } from '../2-authenticate/verify-credential.ts'
import type { Unproven } from '../2-authenticate/verify-credential.ts'
import { matchTokenUser } from '../3-identify/gather-ground.ts'
import { allSeen, conclude, concludeSeeing, learn } from '../3-identify/learn.ts'
import type { Learned } from '../3-identify/learn.ts'
import { resolvePrincipal } from '../3-identify/resolve-principal.ts'
import { decideKeyMapping } from '../4-authorise/decide-key-mapping.ts'
import type { Mapping } from '../4-authorise/decide-key-mapping.ts'
import { decideRegisteredKey } from '../4-authorise/decide-registered-key.ts'
import { decideStandIn } from '../4-authorise/decide-token.ts'
import { decideKnownUser } from '../4-authorise/decide-token-user.ts'
import { limitsOf, routesInTeam } from '../4-authorise/token-limits.ts'
import { checkRevocation } from './check-revocation.ts'
import { describeMappedKey, describeMapping } from './describe-mapping.ts'
import { Recollections } from './recollections.ts'
import type { Trail } from '../trail.ts'

interface MappedPorts {
  readonly clock: Clock
  readonly directory: WarmDirectory
  readonly trail?: Trail
}

interface Rules {
  readonly policy: TokenPolicy
  readonly userDefaults: UserDefaults
  readonly newUserId: () => UserId
}

/** Who each remembered token's bearer is beside the key, by the rules and for the route that it came for last. */
const bearers = new Recollections<VerifiedToken, readonly [TokenPolicy, WarmDirectory, RouteFacts], Bearer>()

const UNMAPPED = allow<Mapping>({ is: 'none' })

/** Whether the token stands for a key. Without a promise where that is known. */
export function findMapping(
  token: VerifiedToken,
  claim: MappedClaim | undefined,
  { keyMapping }: Pick<TokenPolicy, 'keyMapping'>,
  { directory, trail }: Pick<MappedPorts, 'directory' | 'trail'>,
): Decision<Mapping> | Promise<Decision<Mapping>> {
  if (keyMapping === undefined) return UNMAPPED
  const decide = (mappings: readonly MappedKey[]): Decision<Mapping> => {
    const mapping = decideKeyMapping(token, claim, mappings, keyMapping)
    trail?.note('key-mapping', mapping, describeMapping(mapping, claim, mappings, keyMapping))
    return mapping
  }
  if (claim === undefined) return decide([])
  const known = conclude(
    learn(
      () => directory.peekKeyMappings(claim),
      () => directory.findKeyMappings(claim),
    ),
  )
  return known instanceof Promise ? known.then((found) => decide(found ?? [])) : decide(known ?? [])
}

/** The principal of a mapped key, or why there is none. */
export type Mapped = Allowed<Principal> | Unproven

/**
 * The principal of the key that a token stands for. What the operator asks of tokens is asked first, as of every other one;
 * then the key counts, as if it had been presented.
 */
export function identifyMapped(
  token: VerifiedToken,
  facts: TokenFacts,
  { key, isRegistered }: MappedKey,
  route: RouteFacts,
  { policy, userDefaults, newUserId }: Rules,
  ports: MappedPorts,
): Mapped | Promise<Mapped> {
  const { directory, trail } = ports
  const lets = decideStandIn(token, facts, policy, route)
  trail?.note('token-policy', lets, { route: route.path })
  if (lets.verdict === 'deny') return lets

  const now = ports.clock.now()
  const usable = judgeKey(key, now)
  trail?.note('mapped-key', usable, describeMappedKey(key))
  if (usable.verdict === 'deny') return usable

  const resolve = (itself: Bearer): Decision<Principal> | Promise<Decision<Principal>> => {
    // What a token registered is as wide as the token, and not wider.
    const isBound = isRegistered && key.teamId !== undefined
    const bearer = isBound ? { ...itself, routes: routesInTeam(itself.routes, policy) } : itself
    const finish = (principal: Principal): Decision<Principal> => {
      if (!isRegistered || principal.kind !== 'virtual-key') return allow(principal)
      const registered = decideRegisteredKey(principal, bearer, policy, route)
      trail?.note('registered-key', registered)
      return registered.verdict === 'deny' ? registered : allow(principal)
    }
    const principal = resolvePrincipal({ kind: 'virtual-key', key }, directory, bearer)
    return principal instanceof Promise ? principal.then(finish) : finish(principal)
  }
  const of = [policy, directory, route] as const
  const recalled = trail === undefined ? bearers.recall(token, ...of) : undefined
  if (recalled !== undefined) return resolve(recalled)

  const decide = ({ result: match, seen }: Learned<UserMatch | undefined>): ReturnType<typeof resolve> => {
    const known = decideKnownUser(facts, match)
    trail?.note('bearer', known, { user_id: match?.is === 'found' ? match.facts.user.id : null })
    if (known.verdict === 'deny') return known
    const user = known.granted.isNew ? undefined : known.granted.user
    const bearer = { token, facts, user, ...limitsOf(facts, policy, route) }
    if (seen !== undefined) bearers.keep(token, of, bearer, seen)
    return resolve(bearer)
  }
  const { profile } = token
  const check = (match: Learned<UserMatch | undefined>): ReturnType<typeof resolve> => {
    const stands = checkRevocation(token, facts, match.result, ports)
    const go = ({ result: may, seen }: Learned<Decision<undefined>>): ReturnType<typeof resolve> =>
      may.verdict === 'deny' ? may : decide({ result: match.result, seen: allSeen(match.seen, seen) })
    return stands instanceof Promise ? stands.then(go) : go(stands)
  }
  const match = concludeSeeing(matchTokenUser(facts, { profile, userDefaults, newId: newUserId, now }, directory))
  return match instanceof Promise ? match.then(check) : check(match)
}
