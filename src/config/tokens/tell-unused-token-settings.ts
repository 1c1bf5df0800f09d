import { JWT_AUTH_TABLE } from './known-jwt-auth.ts'
import { ISSUER_TABLE } from './known-token-origins.ts'
import { TOKEN_LIST_TABLES } from './known-token-lists.ts'
import type { Findings } from '../finding.ts'
import { fateOf, knownNames } from '../key-table.ts'
import type { KeyTable } from '../key-table.ts'
import { ENV, TOKEN_ENV } from '../known-environment.ts'
import { isOff, kindOf } from '../located.ts'
import type { Located } from '../located.ts'
import { nearestName } from '../nearest-name.ts'
import type { Section } from '../section.ts'
import { showKey } from '../show-name.ts'

const WITHOUT = 'it is read only together with enable_jwt_auth or enable_oauth2_auth.'

/** While no tokens are accepted, a file that is prepared for them is checked for mistyped names only. */
export function tellUnusedTokenSettings(general: Section, env: Section, findings: Findings): void {
  const node = general.node('litellm_jwtauth')
  if (node !== undefined && !isOff(node)) {
    checkNames(node, general.pathOf('litellm_jwtauth'), JWT_AUTH_TABLE, findings)
    findings.note(node.place, general.pathOf('litellm_jwtauth'), `Accepted without effect: ${WITHOUT}`)
  }
  for (const name of ['role_permissions', 'enforce_rbac']) {
    const written = general.node(name)
    if (written === undefined || isOff(written)) continue
    findings.note(general.placeOf({ name }), general.pathOf(name), `Accepted without effect: ${WITHOUT}`)
  }
  for (const { name } of TOKEN_ENV) {
    if (env.node(name) !== undefined) findings.warn({}, name, `This environment variable has no effect: ${WITHOUT}`)
  }
}

/** Variables about keys, or about introspection, while none of the two is in use. */
export function tellIdleVariables(
  env: Section,
  { introspects, takesJwts }: { readonly introspects: boolean; readonly takesJwts: boolean },
  findings: Findings,
): void {
  const idle: Readonly<Record<string, string>> = {
    ...(introspects ? {} : { OAUTH: WITHOUT_INTROSPECTION }),
    // Of those that issuers keep out of use, the addresses are told of by themselves.
    ...(takesJwts && env.node(ENV.jwtKeyUrls.name) !== undefined
      ? {}
      : { JWT: takesJwts ? WITHOUT_KEYS : WITHOUT_JWTS }),
  }
  for (const { name } of TOKEN_ENV) {
    const why = idle[name.slice(0, name.indexOf('_'))]
    if (why !== undefined && env.node(name) !== undefined)
      findings.warn({}, name, `This environment variable has no effect: ${why}`)
  }
}

const WITHOUT_INTROSPECTION = 'it is read only together with enable_oauth2_auth or routing_overrides.'
const WITHOUT_JWTS = 'it is read only together with enable_jwt_auth.'
const WITHOUT_KEYS = 'it is about tokens of JWT_PUBLIC_KEY_URL; entries of issuers have an audience of their own.'

const INNER_TABLES: ReadonlyMap<string, KeyTable> = new Map([...TOKEN_LIST_TABLES, ['issuers', ISSUER_TABLE]])

function checkNames(node: Located, key: string, table: KeyTable, findings: Findings): void {
  if (node.kind !== 'map') {
    findings.error(node.place, key, `Expected a map, found ${kindOf(node)}.`)
    return
  }
  for (const [name, { place, value }] of node.entries) {
    const path = `${key}.${showKey(name)}`
    if (fateOf(name, table).is === 'unknown') {
      const nearest = nearestName(name, knownNames(table))
      const suggestion = nearest === undefined ? undefined : `Did you mean ${nearest}?`
      findings.error(place, path, 'There is no such setting.', suggestion)
    }
    const inner = INNER_TABLES.get(name)
    if (inner === undefined || value.kind !== 'list') continue
    value.items.forEach((item, index) => checkNames(item, `${path}[${index}]`, inner, findings))
  }
}
