import { parseBudgetId, parseOrganizationId, parseUserId } from '../../../domain/ids.ts'
import { callOf } from '../change-call.ts'
import { changeClaim, forOperators } from '../change-claims.ts'
import { makeOrganization } from '../change-groups.ts'
import { makeUser } from '../change-people.ts'
import type { Change } from '../scene.ts'
import type { Situation } from '../situation.ts'

/** The token names somebody who is nobody here, or names nobody. */
export function forUnknownOwner({ facts, token, now }: Situation): readonly Change[] {
  if (facts === undefined) return []
  if (facts.subject === undefined) {
    const field = facts.fields.userId ?? facts.fields.email
    return field === undefined ? [] : [changeClaim(field.path, 'somebody', token)]
  }
  const id = parseUserId(facts.subject)
  return id === undefined ? [] : [makeUser(id, 'internal_user', now)]
}

export function forUnknownOrganization({ facts, now }: Situation): readonly Change[] {
  const name = facts?.organizationId ?? facts?.organizationAlias
  if (name === undefined) return []
  const id = parseOrganizationId(name)
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
