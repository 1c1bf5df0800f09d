import { expect, test } from 'vitest'
import { makeKey } from '../../../test/support/entries.ts'
import { makeOrganization, makeTeam, makeUser, userId } from '../../../test/support/rows.ts'
import type { UserFacts } from '../../domain/user.ts'
import type { UserId } from '../../domain/ids.ts'
import { resolvePrincipal } from './resolve-principal.ts'
import type { Owners } from './resolve-principal.ts'

const ANA = userId('ana')

/** Everything is known: who there is, and who was merged into whom. */
function people(present: readonly string[], merged: Readonly<Record<string, string>> = {}): Owners {
  const facts = (id: string): UserFacts | undefined =>
    present.includes(id) ? { user: makeUser(id), teams: [], organizations: [], identities: [] } : undefined
  const survivorOf = (id: UserId) => {
    const into = merged[id]
    return into === undefined ? undefined : { mergedInto: userId(into) }
  }
  const nothing = async (): Promise<undefined> => undefined
  return {
    peekUser: facts,
    findUser: async (id) => facts(id),
    findFormerUser: async (id) => survivorOf(id),
    peekTeam: () => undefined,
    findTeam: nothing,
    peekOrganization: () => undefined,
    findOrganization: nothing,
    peekBudget: () => undefined,
    findBudget: nothing,
  }
}

async function ownerOf(who: Owners): Promise<unknown> {
  const principal = await resolvePrincipal({ kind: 'virtual-key', key: makeKey(1, { userId: ANA }) }, who)
  return principal.kind === 'virtual-key' ? [principal.key.userId, principal.standing.user?.user.id] : principal
}

test('a key is its user’s, without a promise where all is known', async () => {
  const key = makeKey(1, { userId: ANA })
  expect(resolvePrincipal({ kind: 'virtual-key', key }, people(['ana']))).not.toBeInstanceOf(Promise)
  expect(await ownerOf(people(['ana']))).toEqual(['ana', 'ana'])
})

test('7.4.8: a key that is still known as a merged duplicate’s is the survivor’s, under that one id', async () => {
  expect(await ownerOf(people(['zoe'], { ana: 'zoe' }))).toEqual(['zoe', 'zoe'])
})

test('a key whose user is gone is nobody else’s', async () => {
  expect(await ownerOf(people(['zoe']))).toEqual(['ana', undefined])
  expect(await ownerOf(people([], { ana: 'zoe' }))).toEqual(['zoe', undefined])
})

test('a key in a team is in the team’s organisation, whatever else is written on it', async () => {
  const [own, other] = [makeOrganization('own', 'b'), makeOrganization('other', 'b')]
  const team = makeTeam('t', { organizationId: own.id })
  const organization = (id: string) => [own, other].find((each) => each.id === id)
  const there = { peekTeam: () => team, findTeam: async () => team, peekOrganization: organization }
  const key = makeKey(1, { userId: ANA, teamId: team.id, organizationId: other.id })
  const warm: Owners = { ...people(['ana']), ...there }
  const cold: Owners = { ...warm, peekTeam: () => 'ask', findOrganization: async (id) => organization(id) }
  for (const who of [warm, cold]) {
    const principal = await resolvePrincipal({ kind: 'virtual-key', key }, who)
    expect(principal).toMatchObject({ standing: { organization: { id: 'own' } } })
  }
})
