import { deny } from '../../domain/decision.ts'
import type { Denied } from '../../domain/decision.ts'
import { shown } from '../../domain/shown-text.ts'
import type { ClaimFields } from '../../domain/token-settings.ts'

/** The sentences by which clients know refusals of tokens. They name what the caller sent, and nothing else. */

export function noTeamInToken({ teamId, teamAlias }: ClaimFields): Denied {
  const [id, alias] = [teamId?.text ?? 'None', teamAlias?.text ?? 'None']
  return deny(
    'token-unresolved',
    'jwt_claim_missing',
    `Authentication Error, No team found in token. Checked team_id field '${id}' and team_alias field '${alias}'.${indexHint(id)}`,
  )
}

/** For settings that number an element of a list, which no path can. */
function indexHint(field: string): string {
  const dotted = /^(.+)\.\d+$/.exec(field)?.[1]
  const base = dotted ?? /^(.+)\[\d+\]$/.exec(field)?.[1]
  if (base === undefined) return ''
  const what =
    dotted === undefined
      ? `array indexing (e.g. '${field}') is not supported in team_id_jwt_field`
      : `dot-notation array indexing (e.g. '${field}') is not supported`
  return ` Hint: ${what}. Use '${base}' instead — Latchkey automatically uses the first element when the field value is a list.`
}

export function noTeamsInToken(): Denied {
  return deny(
    'token-denied',
    'team_required',
    'No teams found in token. `enforce_team_based_model_access` is set to True. Token must belong to a team.',
  )
}

/** The id came from a claim that stands for a group. */
export function noSuchTeam(id: string): Denied {
  return deny(
    'token-team-not-found',
    'team_unknown',
    `{'error': "Team doesn't exist in db. Team=${shown(id)}. Create team via \`/team/new\` call."}`,
  )
}

/** The id came from the object that the token is about: without a row there would be no rules. */
export function noSuchObjectTeam(id: string): Denied {
  return deny('token-denied', 'team_unknown', `The team of this token is not known here. Team=${shown(id)}`)
}

export function noSuchAlias(alias: string): Denied {
  return deny(
    'token-team-not-found',
    'team_unknown',
    `Team with alias '${shown(alias)}' doesn't exist in db. Create team via \`/team/new\` call.`,
  )
}

export function ambiguousAlias(alias: string): Denied {
  return deny(
    'token-name-ambiguous',
    'team_ambiguous',
    `Multiple teams found with alias '${shown(alias)}'. Please use team_id_jwt_field instead or ensure team aliases are unique.`,
  )
}

/** The same for teams that are somebody else's and for those that are not there. */
export function headerOutsideToken(header: string, claimed: readonly string[]): Denied {
  const ids = claimed.toSorted().map((id) => `'${shown(id)}'`)
  return deny(
    'token-denied',
    'team_not_in_token',
    `x-litellm-team-id '${shown(header)}' does not resolve to a team id or a unique team alias in your JWT's allowed teams. Allowed team ids: [${ids.join(', ')}]`,
  )
}

/** The same for teams that are somebody else's and for those that are not there. */
export function headerOutsideMemberships(header: string): Denied {
  return deny(
    'token-denied',
    'team_not_in_token',
    `x-litellm-team-id '${shown(header)}' does not resolve to a team id or a unique team alias among your team memberships.`,
  )
}

export function noOrganization(id: string): Denied {
  return deny(
    'token-unresolved',
    'organization_unknown',
    `Authentication Error, Organization doesn't exist in db. Organization=${shown(id)}. Create organization via \`/organization/new\` call.`,
  )
}

export function noOrganizationAlias(alias: string): Denied {
  return deny(
    'token-team-not-found',
    'organization_unknown',
    `Organization with alias '${shown(alias)}' doesn't exist in db. Create organization via \`/organization/new\` call.`,
  )
}

export function ambiguousOrganization(alias: string): Denied {
  return deny(
    'token-name-ambiguous',
    'organization_ambiguous',
    `Multiple organizations found with alias '${shown(alias)}'. Please use org_id_jwt_field instead or ensure organization aliases are unique.`,
  )
}

export function noSuchUser(id: string): Denied {
  return deny(
    'token-unresolved',
    'principal_unknown',
    `Authentication Error, User doesn't exist in db. 'user_id'=${shown(id)}. Create user via \`/user/new\` call. Got error - user not found`,
  )
}

export function ambiguousEmail(): Denied {
  return deny(
    'token-unresolved',
    'jwt_email_ambiguous',
    'Authentication Error, The e-mail address of the token belongs to more than one user.',
  )
}

export function deletedUser(): Denied {
  return deny('token-denied', 'principal_blocked', 'The user of this token was deleted.')
}

export function nobody(isEnforced: boolean): Denied {
  return isEnforced
    ? deny(
        'token-denied',
        'principal_unknown',
        'No user or team id found in token. enforce_rbac is set to True. Token must belong to a proxy admin, team, or user.',
      )
    : deny(
        'token-unresolved',
        'principal_unknown',
        'Authentication Error, No user or team id found in token. Token must belong to a proxy admin, team, or user.',
      )
}

export function listed(entries: readonly string[]): string {
  return `[${entries.map((entry) => `'${entry}'`).join(', ')}]`
}
