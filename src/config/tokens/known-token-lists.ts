import { aUserRole, aScope, exactText, routes } from './token-readers.ts'
import { ADMINISTRATORS } from '../../domain/role.ts'
import type { RolePermission, RoutingOverride, TokenPolicy, TokenRole } from '../../domain/token-settings.ts'
import type { Findings } from '../finding.ts'
import { honour } from '../key-table.ts'
import type { KeyTable } from '../key-table.ts'
import { aFlag, aText, listOf, oneOf, oneOrMore } from '../readers.ts'
import type { Reader } from '../readers.ts'
import { need, sectionReader } from '../section-reader.ts'
import type { Section } from '../section.ts'

const TOKEN_ROLES = ['proxy_admin', 'team', 'internal_user'] as const satisfies readonly TokenRole[]
const aTokenRole = oneOf(...TOKEN_ROLES)

const MAPPING = {
  role: honour('role', exactText, 'A role of tokens.'),
  internalRole: honour('internal_role', aTokenRole, 'What tokens with it are: proxy_admin, team or internal_user.'),
}
const SCOPE = {
  scope: honour('scope', aScope, 'A scope of tokens.'),
  models: honour('models', listOf(aText), 'Models that it opens.'),
  routes: honour('routes', routes, 'Routes that it opens. Default all.'),
}
const ROLE_MAP = {
  tokenRole: honour('jwt_role', exactText, 'A role of tokens; with * or ? a pattern.'),
  role: honour('litellm_role', aUserRole, 'The role that is stored.'),
  isGlob: honour('glob', aFlag, 'Latchkey: whether * and ? stand for any text. Default: where there are any.'),
}
const PERMISSION = {
  role: honour('role', aTokenRole, 'proxy_admin, team or internal_user.'),
  models: honour('models', listOf(aText), 'The only models for it.'),
  routes: honour('routes', routes, 'The only routes for it.'),
}
const OVERRIDE = {
  iss: honour('iss', oneOrMore(aText), 'Tokens of these issuers.'),
  clientId: honour('client_id', oneOrMore(aText), 'Of these clients.'),
  scope: honour('scope', oneOrMore(aText), 'With one of these scopes.'),
  aud: honour('aud', oneOrMore(aText), 'For one of these audiences.'),
  path: honour('path', oneOf('oauth2'), '`oauth2`, which is also the default.'),
}

const MAPPING_TABLE = tableOf('litellm_jwtauth.role_mappings[]', MAPPING)
const SCOPE_TABLE = tableOf('litellm_jwtauth.scope_mappings[]', SCOPE)
const ROLE_MAP_TABLE = tableOf('litellm_jwtauth.jwt_litellm_role_map[]', ROLE_MAP)
const PERMISSION_TABLE = tableOf('role_permissions[]', PERMISSION)
const OVERRIDE_TABLE = tableOf('litellm_jwtauth.routing_overrides[]', OVERRIDE)

export const TOKEN_LIST_TABLES: ReadonlyMap<string, KeyTable> = new Map([
  ['routing_overrides', OVERRIDE_TABLE],
  ['role_mappings', MAPPING_TABLE],
  ['scope_mappings', SCOPE_TABLE],
  ['jwt_litellm_role_map', ROLE_MAP_TABLE],
  ['role_permissions', PERMISSION_TABLE],
])

function tableOf(section: string, known: Readonly<Record<string, KeyTable['honoured'][number]>>): KeyTable {
  return { section: `general_settings.${section}`, honoured: Object.values(known), moot: {}, unsupported: {} }
}

export const roleMappings: Reader<TokenPolicy['roleMappings']> = listOf(
  sectionReader(MAPPING_TABLE, (section, findings) => {
    const role = need(section, MAPPING.role, findings)
    const tokenRole = need(section, MAPPING.internalRole, findings)
    if (tokenRole === 'proxy_admin') {
      const message = 'It lets such tokens pass enforce_rbac, and makes nobody an administrator.'
      const suggestion = 'Administrators have the scope of admin_jwt_scope, or the stored role proxy_admin.'
      findings.warn(section.placeOf(MAPPING.internalRole), section.pathOf('internal_role'), message, suggestion)
    }
    return role === undefined || tokenRole === undefined ? undefined : { role, tokenRole }
  }),
)

export const scopeMappings: Reader<NonNullable<TokenPolicy['scopeMappings']>> = listOf(
  sectionReader(SCOPE_TABLE, (section, findings) => {
    const scope = need(section, SCOPE.scope, findings)
    const given = { models: section.take(SCOPE.models) ?? [], routes: section.take(SCOPE.routes) }
    return scope === undefined ? undefined : { scope, ...given }
  }),
)

export const roleMap: Reader<TokenPolicy['roleMap']> = listOf(
  sectionReader(ROLE_MAP_TABLE, (section, findings) => {
    const tokenRole = need(section, ROLE_MAP.tokenRole, findings)
    const role = need(section, ROLE_MAP.role, findings)
    const glob = section.take(ROLE_MAP.isGlob)
    if (tokenRole === undefined || role === undefined) return undefined
    const isGlob = glob ?? /[*?]/.test(tokenRole)
    if (isGlob) checkPattern(tokenRole, role, section, findings)
    return { tokenRole, isGlob, role }
  }),
)

function checkPattern(pattern: string, role: string, section: Section, findings: Findings): void {
  const place = section.placeOf(ROLE_MAP.tokenRole)
  const key = section.pathOf(ROLE_MAP.tokenRole.name)
  const governs = ADMINISTRATORS.has(role)
  if (governs && /^[*?]+$/.test(pattern)) {
    findings.error(place, key, `Every role would become ${role}.`, 'Name the role of your administrators in full.')
  } else if (governs) {
    const message = `Every role of this pattern becomes ${role}, also one that the provider adds later.`
    findings.warn(place, key, message, 'Name the role of your administrators in full.')
  }
  if (pattern.includes('[')) {
    findings.warn(place, key, 'Only * and ? are special here; a bracket stands for itself.')
  }
}

export const rolePermissions: Reader<readonly RolePermission[]> = listOf(
  sectionReader(PERMISSION_TABLE, (section, findings) => {
    const role = need(section, PERMISSION.role, findings)
    const given = { models: section.take(PERMISSION.models), routes: section.take(PERMISSION.routes) }
    return role === undefined ? undefined : { role, ...given }
  }),
)

export const routingOverrides: Reader<readonly RoutingOverride[]> = listOf(
  sectionReader(OVERRIDE_TABLE, (section, findings) => {
    const iss = need(section, OVERRIDE.iss, findings)
    section.take(OVERRIDE.path)
    const others = {
      clientId: section.take(OVERRIDE.clientId),
      scope: section.take(OVERRIDE.scope),
      aud: section.take(OVERRIDE.aud),
    }
    return iss === undefined ? undefined : { iss, ...others }
  }),
)
