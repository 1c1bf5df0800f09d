import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { TokenFacts, VerifiedToken } from '../../domain/token-facts.ts'
import type { TokenPolicy } from '../../domain/token-settings.ts'
import type { RouteFacts } from '../1-intake/arrival.ts'
import { shown } from '../../domain/shown-text.ts'
import { listed } from './token-denials.ts'
import { listCovers, permissionOf } from './token-limits.ts'

/** What can be said about a proven token on this route before anybody is looked up. Administrators included. */
export function decideToken(
  token: VerifiedToken,
  facts: TokenFacts,
  policy: TokenPolicy,
  route: RouteFacts,
): Decision<TokenFacts> {
  const claims = decideClaims(token, facts, policy, route)
  if (claims.verdict === 'deny') return claims

  if (facts.isScopeAdmin) {
    const admin = decideAdminRoute(policy, route)
    if (admin.verdict === 'deny') return admin
  }
  return decideDomain(facts, policy)
}

/** The same where a key stands in for the token: the key counts then, and nobody is an administrator by a scope. */
export function decideStandIn(
  token: VerifiedToken,
  facts: TokenFacts,
  policy: TokenPolicy,
  route: RouteFacts,
): Decision<TokenFacts> {
  const claims = decideClaims(token, facts, policy, route)
  return claims.verdict === 'deny' ? claims : decideDomain(facts, policy)
}

function decideClaims(
  token: VerifiedToken,
  facts: TokenFacts,
  policy: TokenPolicy,
  route: RouteFacts,
): Decision<undefined> {
  const custom = decideCustom(token, policy)
  return custom.verdict === 'deny' ? custom : decideRole(facts, policy, route)
}

function decideDomain(facts: TokenFacts, policy: TokenPolicy): Decision<TokenFacts> {
  if (facts.domainIsAllowed !== false) return allow(facts)
  const email = facts.email === undefined ? 'None' : shown(facts.email)
  return deny(
    'token-denied-email',
    'jwt_email_denied',
    `Email domain not allowed. User email: ${email}. Allowed domain: ${policy.emailDomain ?? 'None'}`,
  )
}

/** The operator's own question; only `true` is a yes. */
function decideCustom({ claims }: VerifiedToken, { customValidate }: TokenPolicy): Decision<undefined> {
  if (customValidate === undefined) return allow(undefined)
  try {
    const answer = customValidate(claims)
    // Nobody waits for a promise here, and its failure must not end the process.
    if (answer instanceof Promise) answer.catch(() => undefined)
    return answer === true ? allow(undefined) : deny('token-denied', 'jwt_custom_denied', 'Invalid JWT token')
  } catch (cause) {
    const text = cause instanceof Error ? shown(cause.message) : 'custom_validate failed.'
    return deny('token-refused', 'jwt_custom_denied', `Authentication Error, ${text}`)
  }
}

function decideRole(facts: TokenFacts, policy: TokenPolicy, route: RouteFacts): Decision<undefined> {
  if (!policy.enforcesRoles) return allow(undefined)
  if (facts.tokenRole === undefined) {
    return deny(
      'token-denied',
      'jwt_role_unmapped',
      'Unmatched token passed in. enforce_rbac is set to True. Token must belong to a proxy admin, team, or user.',
    )
  }
  const routes = permissionOf(facts, policy)?.routes
  if (routes === undefined || listCovers(routes, route)) return allow(undefined)
  return deny(
    'token-denied',
    'jwt_role_route',
    `Role=${facts.tokenRole} not allowed to call route=${route.path}. Allowed routes=${listed(routes)}`,
  )
}

/** For whoever is an administrator by a token, by its scope or by a stored role. */
export function decideAdminRoute({ adminRoutes }: TokenPolicy, route: RouteFacts): Decision<undefined> {
  if (listCovers(adminRoutes, route)) return allow(undefined)
  return deny(
    'token-unresolved',
    'jwt_admin_route',
    `Authentication Error, Admin not allowed to access this route. Route=${route.path}, Allowed Routes=${listed(adminRoutes)}`,
  )
}
