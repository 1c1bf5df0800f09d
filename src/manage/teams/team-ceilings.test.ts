import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { epochMs, parseTeamId } from '../../domain/ids.ts'
import type { Team } from '../../domain/team.ts'
import { blankTeam } from '../../domain/team.ts'
import { decideBlock } from '../decide-block.ts'
import { decideTeamChange } from './team-ceilings.ts'

const id = parseTeamId('t')
if (id === undefined) throw new Error('no id')

const TEAM = blankTeam(id, 'somebody', epochMs(0))

const GROUPS = new Map([['group', ['a', 'b']]])

function asTeamAdmin(before: Team, after: Team): boolean {
  const surroundings = {
    organization: undefined,
    organizationBudget: undefined,
    principal: { kind: 'master' },
  } as const
  return decideTeamChange({ before, after, ...surroundings, authority: 'team', groups: GROUPS }).verdict === 'allow'
}

const models = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'group', '*'), { maxLength: 3 })

/** What a list lets through, of all that there is. */
function reached({ models: list, accessGroupIds }: Team): ReadonlySet<string> {
  const names = [...list, ...accessGroupIds]
  const all = ['a', 'b', 'c']
  if (names.length === 0 || names.includes('*')) return new Set(all)
  return new Set(names.flatMap((name) => GROUPS.get(name) ?? [name]))
}

describe('a team admin’s change', () => {
  test('INV-13 never lets the team reach a model that it did not reach before', () => {
    fc.assert(
      fc.property(models, models, models, models, (had, groupsHad, has, groupsHas) => {
        const before = { ...TEAM, models: had, accessGroupIds: groupsHad }
        const after = { ...TEAM, models: has, accessGroupIds: groupsHas }
        const gained = [...reached(after)].filter((model) => !reached(before).has(model))
        if (asTeamAdmin(before, after)) expect(gained).toEqual([])
      }),
    )
  })

  test('that changes nothing is always allowed', () => {
    fc.assert(fc.property(models, (had) => asTeamAdmin({ ...TEAM, models: had }, { ...TEAM, models: had })))
  })
})

test('Z-20 however often others block it, what a proxy administrator blocked stays theirs to open', () => {
  const roles = fc.constantFrom('internal_user', 'proxy_admin', 'internal_user_viewer')
  fc.assert(
    fc.property(fc.array(roles), (blockers) => {
      const blocked = blockers.reduce<ReturnType<typeof decideBlock>>(
        (state, role) => (state.verdict === 'deny' ? state : decideBlock(state.granted, true, role)),
        decideBlock({ blocked: false, blockedByRole: undefined }, true, 'proxy_admin'),
      )
      if (blocked.verdict === 'deny') throw new Error('blocking is always allowed')
      expect(decideBlock(blocked.granted, false, 'internal_user').verdict).toBe('deny')
      expect(decideBlock(blocked.granted, false, 'proxy_admin').verdict).toBe('allow')
    }),
  )
})
