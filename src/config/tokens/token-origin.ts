import { CHECK, FIELD, ORIGIN } from './known-token-origins.ts'
import { ALGORITHMS } from './token-readers.ts'
import type { ClaimFields, TokenProfile } from '../../domain/token-settings.ts'
import type { Section } from '../section.ts'

type Checks = Pick<
  TokenProfile,
  'algorithms' | 'requiresTyp' | 'leewaySeconds' | 'maxLifetimeSeconds' | 'maxTokenBytes'
>
type Origin = Pick<
  TokenProfile,
  'acceptsIdTokens' | 'requiresExp' | 'clients' | 'conditions' | 'emailDomains' | 'mayAdminister'
> & {
  readonly trustsUserIds: boolean | undefined
  readonly keyHosts: readonly string[]
}
export type OwnFields = Pick<ClaimFields, 'userId' | 'email' | 'teamId' | 'teamIds' | 'organizationId' | 'endUserId'>

export const DEFAULT_CHECKS: Checks = {
  algorithms: ALGORITHMS,
  requiresTyp: false,
  leewaySeconds: 30,
  maxLifetimeSeconds: 86_400,
  maxTokenBytes: 12_288,
}

export function takeChecks(section: Section, otherwise: Checks): Checks {
  return {
    algorithms: section.take(CHECK.algorithms) ?? otherwise.algorithms,
    requiresTyp: section.take(CHECK.requiresTyp) ?? otherwise.requiresTyp,
    leewaySeconds: section.take(CHECK.leeway) ?? otherwise.leewaySeconds,
    maxLifetimeSeconds: section.take(CHECK.maxLifetime) ?? otherwise.maxLifetimeSeconds,
    maxTokenBytes: section.take(CHECK.maxBytes) ?? otherwise.maxTokenBytes,
  }
}

export function takeOrigin(section: Section): Origin {
  return {
    acceptsIdTokens: section.take(ORIGIN.acceptsIdTokens) ?? false,
    requiresExp: !(section.take(ORIGIN.allowsWithoutExp) ?? false),
    clients: section.take(ORIGIN.clients),
    conditions: section.take(ORIGIN.conditions) ?? [],
    emailDomains: (section.take(ORIGIN.emailDomains) ?? []).map((domain) => domain.toLowerCase()),
    mayAdminister: section.take(ORIGIN.mayAdminister) ?? true,
    trustsUserIds: section.take(ORIGIN.trustsUserIds),
    keyHosts: section.take(ORIGIN.keyHosts) ?? [],
  }
}

export function takeFields(section: Section): OwnFields {
  return {
    userId: section.take(FIELD.userId),
    email: section.take(FIELD.email),
    teamId: section.take(FIELD.teamId),
    teamIds: section.take(FIELD.teamIds),
    organizationId: section.take(FIELD.organizationId),
    endUserId: section.take(FIELD.endUserId),
  }
}

/** What holds for every origin: the settings at the top, and how many providers there are. */
export interface Common {
  readonly checks: Checks
  readonly fields: ClaimFields
  /** There is one provider only, so that nobody else can bring the id of one of its users. */
  readonly isOnlyOne: boolean
  /** Of the only provider that there is: `user_allowed_email_domain`. */
  readonly emailDomain: string | undefined
}

/** A profile without keys of its own. */
export function baseProfile(id: string, origin: Origin, checks: Checks, common: Common): TokenProfile {
  const { trustsUserIds, emailDomains, keyHosts: _, ...checked } = origin
  return {
    ...checked,
    ...checks,
    id,
    issuer: undefined,
    audiences: undefined,
    keys: [],
    tenants: undefined,
    isDisabled: false,
    fields: common.fields,
    emailDomains: [...new Set(emailDomains)],
    presumedEmailDomain: common.isOnlyOne ? common.emailDomain?.toLowerCase() : undefined,
    trustsUserIds: trustsUserIds ?? common.isOnlyOne,
  }
}
