import { parseOrganizationId, parseTeamId, parseUserId } from '../../../domain/ids.ts'
import { PICO_PER_USD, picoUsd } from '../../../domain/money.ts'
import type { PicoUsd } from '../../../domain/money.ts'
import { withRow } from '../../../domain/with-row.ts'
import { parseMemberSpendId } from '../../../ports/ledger.ts'
import { raiseOrganization, raiseTeam } from '../change-groups.ts'
import { raiseKey, raiseTag, raiseUser } from '../change-people.ts'
import { isBeyond } from '../raise-ceiling.ts'
import type { BudgetRaise } from '../raise-ceiling.ts'
import type { Change } from '../scene.ts'
import type { Situation } from '../situation.ts'
import { raiseCaller, raiseCustomerNamed, rowOf } from './raise-row.ts'

const CENT = PICO_PER_USD / 100n

/** A ceiling under which the call has room, at the budget that had none. */
export async function forBudget(situation: Situation): Promise<readonly Change[]> {
  const { noRoom } = situation
  if (noRoom === undefined) return []
  const change = await raiseAt({ of: 'budget', level: noRoom.level, ceiling: toTheNextCent(noRoom.needed) }, situation)
  return change === undefined ? [] : [change]
}

async function raiseAt(
  raise: BudgetRaise,
  { principal, key, directory, keyBounds }: Situation,
): Promise<Change | undefined> {
  const { kind, id } = raise.level
  switch (kind) {
    case 'key':
      return key && !isBeyond(raise, keyBounds)
        ? raiseKey(key, withRow(key.limits, (await rowOf(key.budgetId, directory))?.limits), raise)
        : undefined
    case 'user': {
      const userId = parseUserId(id)
      const facts = userId && (await directory.findUser(userId))
      return facts && raiseUser(facts.user, raise)
    }
    case 'team': {
      const teamId = parseTeamId(id)
      const team = teamId && (await directory.findTeam(teamId))
      return team && raiseTeam(team, raise)
    }
    case 'organization': {
      const organizationId = parseOrganizationId(id)
      const organization = organizationId && (await directory.findOrganization(organizationId))
      const row = await rowOf(organization?.budgetId, directory)
      return organization && row && raiseOrganization(organization, row, raise)
    }
    case 'end_user':
      return raiseCustomerNamed(id, raise, directory)
    case 'member': {
      const [team, user] = parseMemberSpendId(id)
      const [teamId, userId] = [parseTeamId(team), parseUserId(user)]
      return teamId && userId && raiseCaller({ teamId, userId }, raise, { principal, directory })
    }
    case 'tag': {
      const row = await rowOf((await directory.findTagBudgets()).get(id), directory)
      return row && raiseTag(id, row, raise)
    }
    // They stand in the operator's file.
    case 'provider':
    case 'all':
      return undefined
  }
}

function toTheNextCent(amount: PicoUsd): PicoUsd {
  return picoUsd(((amount + CENT - 1n) / CENT) * CENT)
}
