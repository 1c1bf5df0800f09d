import { expect, test } from 'vitest'
import { makeKey } from '../../../test/support/entries.ts'
import { makeTeam } from '../../../test/support/rows.ts'
import type { KeyPrincipal, Principal } from '../../domain/principal.ts'
import { callTags } from './call-tags.ts'

const told = (principal: Principal, ...tags: readonly string[]): readonly string[] =>
  callTags(principal, { attribution: { tags } })

function principal(ofKey: readonly string[], ofTeam: readonly string[]): KeyPrincipal {
  const team = makeTeam('t1', { tags: ofTeam })
  const standing = { user: undefined, team, organization: undefined, memberModels: [] }
  return { kind: 'virtual-key', key: makeKey(1, { teamId: team.id, tags: ofKey }), bearer: undefined, standing }
}

test('a call counts under the words of its key, of its team and its own, each of them once', () => {
  expect(told(principal(['a'], ['b']), 'c')).toEqual(['a', 'b', 'c'])
  expect(told(principal(['a', 'b'], ['b', 'c']), 'c', 'd')).toEqual(['a', 'b', 'c', 'd'])
  expect(told(principal([], ['b']))).toEqual(['b'])
  expect(told(principal([], []), 'c')).toEqual(['c'])
  expect(told({ kind: 'master' }, 'c')).toEqual(['c'])
})
