import type { JsonValue } from '../../domain/json.ts'
import type { TokenProfile, TokenSettings } from '../../domain/token-settings.ts'
import type { TokenFlaw } from './refuse-token.ts'

export interface ChosenProfile {
  readonly profile: TokenProfile
  /** Of a directory with many tenants: the one that `iss` names, which the tenant claim has to repeat. */
  readonly tenant: string | undefined
}

export const TENANT = '{tenantid}'

/** J-08 and J-09: the exact text of `iss` chooses, and nothing else of an unproven token does. */
export function profileChooser(settings: TokenSettings): (iss: JsonValue | undefined) => ChosenProfile | TokenFlaw {
  const byIssuer = new Map<string, ChosenProfile>()
  const templates: { readonly head: string; readonly tail: string }[] = []
  for (const profile of settings.issuers) {
    const { issuer, tenants } = profile
    if (issuer === undefined) continue
    if (tenants === undefined) {
      byIssuer.set(issuer, { profile, tenant: undefined })
      continue
    }
    const [head = '', tail = ''] = issuer.split(TENANT)
    templates.push({ head, tail })
    for (const tenant of tenants.ids) byIssuer.set(`${head}${tenant}${tail}`, { profile, tenant })
  }
  const shared = settings.shared === undefined ? undefined : { profile: settings.shared, tenant: undefined }
  const isOfTemplate = (iss: string) =>
    templates.some(
      ({ head, tail }) => iss.length > head.length + tail.length && iss.startsWith(head) && iss.endsWith(tail),
    )

  return (iss) => {
    if (iss !== undefined && typeof iss !== 'string') return 'jwt_iss_type'
    const listed = iss === undefined ? undefined : byIssuer.get(iss)
    if (listed === undefined && iss !== undefined && isOfTemplate(iss)) return 'jwt_tenant_denied'
    const chosen = listed ?? shared
    const wanted = listed === undefined ? shared?.profile.issuer : iss
    if (iss === undefined || iss === '') {
      if (chosen === undefined || wanted !== undefined) return 'jwt_iss_missing'
    } else if (chosen === undefined || (wanted !== undefined && wanted !== iss)) {
      return 'jwt_iss_unknown'
    }
    return chosen.profile.isDisabled ? 'jwt_provider_disabled' : chosen
  }
}
