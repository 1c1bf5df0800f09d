import type { Claims } from '../../domain/claims.ts'
import { allow, deny } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import { domainOf } from '../../domain/email-address.ts'
import { foldEmail } from '../../domain/fold-email.ts'
import { parseEndUserId } from '../../domain/ids.ts'
import type { TokenFacts, VerifiedToken } from '../../domain/token-facts.ts'
import type { ClaimField, TokenPolicy, TokenProfile } from '../../domain/token-settings.ts'
import { lookUp, readFirstText, readText, readTexts, typeName } from './read-claim.ts'
import type { Claim } from './read-claim.ts'
import { mapRole, roleOfToken } from './read-token-role.ts'

/**
 * What the token says, by the settings that say where. What has the wrong type refuses the token and names its setting:
 * read as absent, it would take a restriction away.
 */
export function readTokenFacts({ claims, profile, issuer }: VerifiedToken, policy: TokenPolicy): Decision<TokenFacts> {
  const { fields } = profile
  const refusals: Denied[] = []
  const take = <Value>(field: ClaimField | undefined, read: Reader<Value>): Value | undefined => {
    if (field === undefined) return undefined
    const claim = read(claims, field.path)
    if (claim.is === 'wrong') refusals.push(wrongType(field, claim.found))
    return claim.is === 'value' ? claim.value : undefined
  }

  const subject = readSubject(claims, fields.userId)
  if (subject.verdict === 'deny') return subject
  const scopes = readScopes(claims)
  if (scopes.verdict === 'deny') return scopes

  const email = take(fields.email, readText)
  const claimedTeam = take(fields.teamId, readFirstText)
  const hasTeamText = isText(claims, fields.teamIds)
  const teamIds = hasTeamText ? undefined : take(fields.teamIds, readTexts)
  const teamAlias = take(fields.teamAlias, readText)
  const organizationId = take(fields.organizationId, readText)
  const organizationAlias = take(fields.organizationAlias, readText)
  const endUserId = take(fields.endUserId, readText)
  const objectId = take(fields.objectId, readText)
  const roles = take(fields.roles, readTexts) ?? []
  const listedRoles = take(fields.allowedRoles, readTexts) ?? []
  if (fields.endUserId !== undefined && endUserId !== undefined && parseEndUserId(endUserId) === undefined) {
    refusals.push(wrongType(fields.endUserId, 'unprintable or too long'))
  }

  const isScopeAdmin = profile.mayAdminister && scopes.granted.includes(policy.adminScope)
  const hasSubject = subject.granted !== undefined
  const says = { isScopeAdmin, hasTeam: claimedTeam !== undefined, hasSubject, roles, listedRoles }
  const tokenRole = roleOfToken(says, policy)
  const objectUser = tokenRole === 'internal_user' ? objectId : undefined
  const objectTeam = tokenRole === 'team' ? objectId : undefined
  const name = objectUser ?? subject.granted ?? email
  if (name !== undefined && !isSubject(name)) {
    const field = objectUser === undefined ? (fields.userId ?? fields.email) : fields.objectId
    refusals.push(badSubject(field?.setting ?? 'sub'))
  }

  const [refusal] = refusals
  if (refusal !== undefined) return refusal
  return allow({
    issuer,
    fields,
    subject: name,
    email,
    emailIsProven: isProven(email, claims, profile),
    domainIsAllowed: policy.emailDomain === undefined ? undefined : isOf(policy.emailDomain, email, claims, profile),
    teamId: objectTeam ?? claimedTeam,
    isObjectTeam: objectTeam !== undefined,
    teamIds,
    hasTeamText,
    teamAlias,
    organizationId,
    organizationAlias,
    endUserId,
    scopes: scopes.granted,
    roles,
    isScopeAdmin,
    tokenRole,
    mappedRole: mapRole(roles, policy, profile),
  })
}

type Reader<Value> = (claims: Claims, path: ClaimField['path']) => Claim<Value>

function wrongType({ setting, text }: ClaimField, found: string): Denied {
  return deny(
    'token-refused',
    'jwt_claim_type',
    `Authentication Error, The claim '${text}' (${setting}) is of the wrong type: ${found}.`,
  )
}

/**
 * The claim that names the user. `sub` is of one form whatever is mapped, and where it is the mapped one it has to be
 * there; another claim may be missing, and the e-mail stands in for it.
 */
function readSubject(claims: Claims, field: ClaimField | undefined): Decision<string | undefined> {
  const sub = lookUp(claims, ['sub'])
  if (sub.is !== 'absent' && !(sub.is === 'value' && typeof sub.value === 'string' && isSubject(sub.value))) {
    return badSubject(field !== undefined && isSub(field) ? field.setting : 'sub')
  }
  if (field === undefined) return allow(undefined)
  if (isSub(field)) {
    return sub.is === 'value' && typeof sub.value === 'string'
      ? allow(sub.value)
      : deny(
          'token-refused',
          'jwt_sub_missing',
          `Authentication Error, The token has no 'sub', which ${field.setting} names.`,
        )
  }
  const claim = readText(claims, field.path)
  if (claim.is === 'wrong') return wrongType(field, claim.found)
  return allow(claim.is === 'value' ? claim.value : undefined)
}

function isSub({ path }: ClaimField): boolean {
  return path.length === 1 && path[0] === 'sub'
}

function badSubject(setting: string): Denied {
  return deny(
    'token-refused',
    'jwt_sub_invalid',
    `Authentication Error, The subject of the token (${setting}) is not a text of 1 to 255 bytes without control characters and blanks around it.`,
  )
}

function isSubject(text: string): boolean {
  return readText({ text }, ['text']).is === 'value' && text.trim() === text
}

/** Only the top-level claim `scope`: a list, or texts between blanks. */
function readScopes(claims: Claims): Decision<readonly string[]> {
  const scope = lookUp(claims, ['scope'])
  if (scope.is !== 'value') return allow([])
  if (typeof scope.value === 'string') return allow(scope.value.split(' ').filter((text) => text !== ''))
  const listed = Array.isArray(scope.value) ? readTexts(claims, ['scope']) : undefined
  if (listed?.is === 'value') return allow(listed.value)
  const found = listed?.is === 'wrong' ? listed.found : typeName(scope.value)
  return deny(
    'token-refused',
    'jwt_claim_type',
    `Authentication Error, Unmapped scope type - ${found}. Supported types - list, str.`,
  )
}

/** A text where a list of teams is expected; older deployments rely on its being no team. */
function isText(claims: Claims, field: ClaimField | undefined): boolean {
  if (field === undefined) return false
  const claim = lookUp(claims, field.path)
  return claim.is === 'value' && typeof claim.value === 'string' && claim.value !== ''
}

function isProven(email: string | undefined, claims: Claims, profile: TokenProfile): boolean {
  const domain = email === undefined ? undefined : domainOf(email.trim())
  if (domain === undefined) return false
  const verified = verifiedBy(claims)
  const isPresumed = verified === 'unsaid' && domain === profile.presumedEmailDomain
  return verified === 'yes' || isPresumed || decidesAbout(domain, profile)
}

/** The whole domain, and no mailbox of which the provider says anything but that it is verified. */
function isOf(wanted: string, email: string | undefined, claims: Claims, profile: TokenProfile): boolean {
  const domain = email === undefined ? undefined : domainOf(email)
  if (domain === undefined || domain !== foldEmail(wanted)) return false
  return verifiedBy(claims) !== 'no' || decidesAbout(domain, profile)
}

/** Several providers write the text "false": what is not the boolean is no yes (J-28). */
function verifiedBy(claims: Claims): 'yes' | 'no' | 'unsaid' {
  const claim = lookUp(claims, ['email_verified'])
  if (claim.is === 'absent') return 'unsaid'
  return claim.is === 'value' && claim.value === true ? 'yes' : 'no'
}

function decidesAbout(domain: string, { emailDomains }: TokenProfile): boolean {
  return emailDomains.some((own) => foldEmail(own) === domain)
}
