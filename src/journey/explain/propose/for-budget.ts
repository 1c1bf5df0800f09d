import { parseOrganizationId, parseTeamId, parseUserId, parseEndUserId } from '../../../domain/ids.ts'
import { PICO_PER_USD, picoUsd } from '../../../domain/money.ts'
import type { PicoUsd } from '../../../domain/money.ts'
import { membershipOf } from '../../../domain/principal.ts'
import { parseMemberSpendId } from '../../../ports/ledger.ts'
import { raiseMember, raiseOrganization, raiseTeam } from '../change-groups.ts'
import { raiseCustomer, raiseKey, raiseUser } from '../change-people.ts'
import type { Change } from '../scene.ts'
import type { Situation } from '../situation.ts'

const CENT = PICO_PER_USD / 100n

/** A ceiling under which the call has room, at the budget that had none. */
export async function forBudget({ noRoom, principal, key, directory }: Situation): Promise<readonly Change[]> {
  if (noRoom === undefined) return []
  const ceiling = toTheNextCent(noRoom.needed)
  const { kind, id } = noRoom.level
  switch (kind) {
    case 'key':
      return key === undefined ? [] : [raiseKey(key, ceiling)]
    case 'user': {
      const userId = parseUserId(id)
      return userId === undefined ? [] : [raiseUser(userId, ceiling)]
    }
    case 'team': {
      const teamId = parseTeamId(id)
      const team = teamId === undefined ? undefined : await directory.findTeam(teamId)
      return team === undefined ? [] : [raiseTeam(team, ceiling)]
    }
    case 'organization': {
      const organizationId = parseOrganizationId(id)
      const organization = organizationId === undefined ? undefined : await directory.findOrganization(organizationId)
      return organization === undefined ? [] : [raiseOrganization(organization, ceiling)]
    }
    case 'end_user': {
      const endUserId = parseEndUserId(id)
      const endUser = endUserId === undefined ? undefined : await directory.findEndUser(endUserId)
      return endUser === undefined ? [] : [raiseCustomer(endUser, ceiling)]
    }
    case 'member': {
      if (principal === undefined || principal.kind === 'master') return []
      const [team, user] = parseMemberSpendId(id)
      const [teamId, userId] = [parseTeamId(team), parseUserId(user)]
      const budgetId = membershipOf(principal)?.budgetId ?? principal.standing.team?.memberBudgetId
      if (teamId === undefined || userId === undefined || budgetId === undefined) return []
      return [raiseMember(teamId, userId, budgetId, ceiling)]
    }
  }
}

function toTheNextCent(amount: PicoUsd): PicoUsd {
  return picoUsd(((amount + CENT - 1n) / CENT) * CENT)
}
