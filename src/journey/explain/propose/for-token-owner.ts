import { parseBudgetId, parseOrganizationId, parseUserId } from '../../../domain/ids.ts'
import type { UserId } from '../../../domain/ids.ts'
import type { IdentityLink } from '../../../domain/token-facts.ts'
import { callOf, together } from '../change-call.ts'
import { changeClaim, forOperators } from '../change-claims.ts'
import { makeOrganization } from '../change-groups.ts'
import { makeUser } from '../change-people.ts'
import { linkName } from '../imagined-directory.ts'
import type { Change } from '../scene.ts'
import type { Situation } from '../situation.ts'
import { freeId } from './free-id.ts'

/** The token names somebody who is nobody here, or names nobody. */
export async function forUnknownOwner(situation: Situation): Promise<readonly Change[]> {
  const { facts, token, directory } = situation
  if (facts === undefined) return []
  if (facts.subject === undefined) {
    const field = facts.fields.userId ?? facts.fields.email
    return field === undefined ? [] : [changeClaim(field.path, 'somebody', token)]
  }
  const { issuer, subject } = facts
  const id = parseUserId(subject)
  const find = (wanted: UserId) => directory.findUser(wanted)
  const isFree = id !== undefined && (await find(id)) === undefined
  const named = isFree ? [makeUser(id, 'internal_user', situation)] : []
  // Where the id that the token says is somebody else's, or none that anybody could have.
  const other = await freeId(`${id ?? 'somebody'}-2`, parseUserId, find)
  if (other === undefined) return named
  const made = makeUser(other, 'internal_user', situation)
  const linked = linkUser(other, { issuer, subject })
  return [...named, together(`${made.say} ${linked.say}`, made, linked)]
}

/** Whose id is not the one that the token says. */
function linkUser(id: UserId, link: IdentityLink): Change {
  return callOf(
    `Link the subject ${link.subject} to the user ${id}.`,
    '/user/identity/link',
    { user_id: id, issuer: link.issuer, subject: link.subject },
    { identities: new Map([[linkName(link), () => ({ userId: id, isDeleted: false })]]) },
  )
}

export async function forUnknownOrganization({ facts, directory, now }: Situation): Promise<readonly Change[]> {
  const name = facts?.organizationId ?? facts?.organizationAlias
  if (name === undefined) return []
  const id = await freeId(name, parseOrganizationId, (wanted) => directory.findOrganization(wanted))
  const budgetId = parseBudgetId(`of-${name}`)
  return id === undefined || budgetId === undefined ? [] : [makeOrganization(id, name, budgetId, now)]
}

export async function forAmbiguousOrganization({ facts, directory }: Situation): Promise<readonly Change[]> {
  const alias = facts?.organizationAlias
  if (alias === undefined) return []
  const [first, second] = await directory.findOrganizationsByAlias(alias)
  if (first === undefined || second === undefined) return []
  const renamed = `${alias} (${second})`
  return [
    forOperators(
      callOf(
        `Give the organisation ${second} another alias.`,
        '/organization/update',
        { organization_id: second, organization_alias: renamed },
        { organizationAliases: new Map([[alias, () => [first]]]) },
        'PATCH',
      ),
    ),
  ]
}
