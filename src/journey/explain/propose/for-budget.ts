import type { Budget } from '../../../domain/budget.ts'
import { parseEndUserId, parseOrganizationId, parseTeamId, parseUserId } from '../../../domain/ids.ts'
import type { BudgetId } from '../../../domain/ids.ts'
import type { Limits } from '../../../domain/limits.ts'
import { PICO_PER_USD, picoUsd } from '../../../domain/money.ts'
import type { PicoUsd } from '../../../domain/money.ts'
import { membershipOf } from '../../../domain/principal.ts'
import type { VirtualKey } from '../../../domain/virtual-key.ts'
import { parseMemberSpendId } from '../../../ports/ledger.ts'
import { memberBudgetId } from '../../5-meter/budgets-of.ts'
import { raiseMember, raiseOrganization, raiseTeam } from '../change-groups.ts'
import { raiseCustomer, raiseKey, raiseTag, raiseUser } from '../change-people.ts'
import { isBeyond } from '../raise-ceiling.ts'
import type { BudgetRaise } from '../raise-ceiling.ts'
import type { Change } from '../scene.ts'
import type { Situation } from '../situation.ts'

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
  const rowOf = async (budgetId: BudgetId | undefined): Promise<Budget | undefined> =>
    budgetId === undefined ? undefined : directory.findBudget(budgetId)
  switch (kind) {
    case 'key':
      return key && !isBeyond(raise, keyBounds)
        ? raiseKey(key, countingLimits(key, await rowOf(key.budgetId)), raise)
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
      const row = await rowOf(organization?.budgetId)
      return organization && row && raiseOrganization(organization, row, raise)
    }
    case 'end_user': {
      const endUserId = parseEndUserId(id)
      const endUser = endUserId && (await directory.findEndUser(endUserId))
      const row = await rowOf(endUser?.budgetId)
      return endUser && row && raiseCustomer(endUser, row, raise)
    }
    case 'member': {
      const [team, user] = parseMemberSpendId(id)
      const [teamId, userId] = [parseTeamId(team), parseUserId(user)]
      if (principal === undefined || principal.kind === 'master') return undefined
      const row = await rowOf(memberBudgetId(principal))
      const isMember = membershipOf(principal) !== undefined
      return teamId && userId && row && raiseMember({ teamId, userId, isMember }, row, raise)
    }
    case 'tag': {
      const row = await rowOf((await directory.findTagBudgets()).get(id))
      return row && raiseTag(id, row, raise)
    }
    // They stand in the operator's file.
    case 'provider':
    case 'all':
      return undefined
  }
}

/** What a key says about single models replaces what its row of limits says. */
function countingLimits({ limits }: VirtualKey, row: Budget | undefined): Limits {
  const says = Object.keys(limits.perModel.maxBudget ?? {}).length > 0
  return says || row === undefined
    ? limits
    : { ...limits, perModel: { ...limits.perModel, maxBudget: row.limits.perModel.maxBudget } }
}

function toTheNextCent(amount: PicoUsd): PicoUsd {
  return picoUsd(((amount + CENT - 1n) / CENT) * CENT)
}
