import { JWT } from './known-jwt-auth.ts'
import { readKeyMapping } from './read-key-mapping.ts'
import type { RolePermission, TokenPolicy } from '../../domain/token-settings.ts'
import type { Findings } from '../finding.ts'
import type { Section } from '../section.ts'

const ADMIN_ROUTES = ['management_routes', 'spend_tracking_routes', 'global_spend_tracking_routes', 'info_routes']
const TEAM_ROUTES = ['openai_routes', 'info_routes', 'mcp_routes', '/v1/messages', '/v1/messages/count_tokens']

/** What is decided about proven tokens. The operator's own module is put in where it has been loaded. */
export function readTokenPolicy(
  jwt: Section,
  general: { readonly rolePermissions: readonly RolePermission[]; readonly enforcesRbac: boolean },
  findings: Findings,
): TokenPolicy {
  const enforcesRoles = jwt.take(JWT.enforcesRoles) ?? false
  const scopeMappings = jwt.take(JWT.scopeMappings)
  const enforcesScopes = jwt.take(JWT.enforcesScopes) ?? false
  return {
    adminScope: jwt.take(JWT.adminScope) ?? 'litellm_proxy_admin',
    adminRoutes: jwt.take(JWT.adminRoutes) ?? ADMIN_ROUTES,
    exemptsStoredAdmins: jwt.take(JWT.exemptsStoredAdmins) ?? false,
    emailDomain: jwt.take(JWT.emailDomain),
    createsUsers: jwt.take(JWT.createsUsers) ?? false,
    allowedRoles: jwt.take(JWT.allowedRoles),
    defaultTeam: jwt.take(JWT.defaultTeam),
    createsTeams: jwt.take(JWT.createsTeams) ?? false,
    teamRoutes: jwt.take(JWT.teamRoutes) ?? TEAM_ROUTES,
    writesMemberships: jwt.take(JWT.writesMemberships) ?? false,
    needsTeam: jwt.take(JWT.needsTeam) ?? false,
    claimedTeamsAreAdvice: jwt.take(JWT.claimedTeamsAreAdvice) ?? false,
    fallsBackToStoredTeams: jwt.take(JWT.fallsBackToStoredTeams) ?? false,
    roleMappings: jwt.take(JWT.roleMappings) ?? [],
    enforcesRoles,
    scopeMappings: enforcesScopes ? scopeMappings : undefined,
    roleMap: jwt.take(JWT.roleMap) ?? [],
    syncs: jwt.take(JWT.syncs) ?? false,
    floorRole: jwt.take(JWT.floorRole),
    rolePermissions: general.rolePermissions,
    needsSomebody: general.enforcesRbac || enforcesRoles,
    keyMapping: readKeyMapping(jwt, findings),
    customValidate: undefined,
  }
}
