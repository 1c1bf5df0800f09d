import type { Findings } from './finding.ts'
import { fateOf, knownNames } from './key-table.ts'
import type { KeyTable } from './key-table.ts'
import { GENERAL } from './known-general-settings.ts'
import { JWT_AUTH_TABLE, JWT_MEMBER_TABLES } from './known-jwt-auth.ts'
import { isOff, kindOf } from './located.ts'
import type { Located } from './located.ts'
import { nearestName } from './nearest-name.ts'
import type { Section } from './section.ts'
import { showKey } from './show-name.ts'

/** JWT authentication is refused, but a file prepared for it is checked for mistakes already. */
export function readJwtAuth(general: Section, findings: Findings): void {
  const enabled = general.take(GENERAL.enableJwtAuth) ?? false
  if (enabled) {
    const message = 'Not supported: authentication by tokens of an identity provider is not in this version.'
    findings.error(
      general.placeOf(GENERAL.enableJwtAuth),
      'general_settings.enable_jwt_auth',
      message,
      'Use virtual keys.',
    )
  }
  const node = general.node('litellm_jwtauth')
  if (node === undefined || isOff(node)) return
  checkNames(node, 'general_settings.litellm_jwtauth', JWT_AUTH_TABLE, findings)
  if (enabled) return
  const message = 'Accepted without effect: it is read only together with enable_jwt_auth.'
  findings.note(node.place, 'general_settings.litellm_jwtauth', message)
}

function checkNames(node: Located, key: string, table: KeyTable, findings: Findings): void {
  if (node.kind !== 'map') {
    findings.error(node.place, key, `Expected a map, found ${kindOf(node)}.`)
    return
  }
  for (const [name, { place, value }] of node.entries) {
    const path = `${key}.${showKey(name)}`
    if (fateOf(name, table).is === 'unknown') {
      const nearest = nearestName(name, knownNames(table))
      findings.error(
        place,
        path,
        'There is no such setting.',
        nearest === undefined ? undefined : `Did you mean ${nearest}?`,
      )
    }
    const inner = JWT_MEMBER_TABLES.get(name)
    if (inner === undefined || value.kind !== 'list') continue
    value.items.forEach((item, index) => checkNames(item, `${path}[${index}]`, inner, findings))
  }
}
