import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { describeIdentities, describeNames } from '../../test/support/describe-identities.ts'
import { describeKeyMappings } from '../../test/support/describe-key-mappings.ts'
import { describeRevocations } from '../../test/support/describe-revocations.ts'
import { digestOf, makeKey, NOON } from '../../test/support/entries.ts'
import {
  ABOUT,
  budgetId,
  endUserId,
  makeBudget,
  makeEndUser,
  makeOrganization,
  makeTeam,
  makeUser,
  ORIGIN,
  organizationId,
  teamId,
  userId,
} from '../../test/support/rows.ts'
import { allow } from '../domain/decision.ts'
import { epochMs } from '../domain/ids.ts'
import { DEFAULT_MEMBER_PERMISSIONS } from '../domain/team.ts'
import type { Directory } from './directory.ts'
import type { Registry, Rooms } from './registry.ts'

export interface OpenedDirectory {
  readonly directory: Directory
  /** Through which the facts come in. */
  readonly registry: Registry
  close(): Promise<void>
}

/** What every directory promises, with a cache in front of it or without. */
export function describeDirectory(name: string, open: () => Promise<OpenedDirectory>): void {
  describe(`the directory in ${name}`, () => {
    let opened: OpenedDirectory

    beforeEach(async () => {
      opened = await open()
    })
    afterEach(() => opened.close())

    async function write(work: (rooms: Rooms) => Promise<unknown>): Promise<void> {
      await opened.registry.change(ORIGIN, ABOUT, async (rooms) => {
        await work(rooms)
        return allow({ outcome: undefined, records: [] })
      })
    }

    test('what is not on record is absent, of every kind', async () => {
      const { directory } = opened
      expect(await directory.findKey(digestOf(1), NOON)).toBeUndefined()
      expect(await directory.findUser(userId("ana' or 1=1"))).toBeUndefined()
      expect(await directory.findTeam(teamId('nobody'))).toBeUndefined()
      expect(await directory.findOrganization(organizationId('nobody'))).toBeUndefined()
      expect(await directory.findEndUser(endUserId('nobody'))).toBeUndefined()
      expect(await directory.findBudget(budgetId('nobody'))).toBeUndefined()
    })

    test('a change is seen by the next read, in each direction', async () => {
      const { directory } = opened
      await write(async ({ keys, budgets, organizations, teams, endUsers }) => {
        await keys.insert(makeKey(1))
        await budgets.insert(makeBudget('b'))
        await organizations.insert(makeOrganization('o', 'b'))
        await teams.insert(makeTeam('t'))
        await endUsers.insert(makeEndUser('Ωmega'))
      })
      expect(await directory.findKey(digestOf(1), NOON)).toEqual({ key: makeKey(1), graceEndsAt: undefined })
      expect(await directory.findBudget(budgetId('b'))).toEqual(makeBudget('b'))
      expect(await directory.findOrganization(organizationId('o'))).toEqual(makeOrganization('o', 'b'))
      expect(await directory.findTeam(teamId('t'))).toEqual(makeTeam('t'))
      expect(await directory.findEndUser(endUserId('Ωmega'))).toEqual(makeEndUser('Ωmega'))

      await write(async ({ keys, budgets, organizations, teams, endUsers }) => {
        await keys.update(makeKey(1, { blocked: true }))
        await budgets.update(makeBudget('b', { allowedModels: ['o3'] }))
        await organizations.update(makeOrganization('o', 'b', { models: ['o3'] }))
        await teams.update(makeTeam('t', { blocked: true }))
        await endUsers.update(makeEndUser('Ωmega', { blocked: true }))
      })
      expect((await directory.findKey(digestOf(1), NOON))?.key.blocked).toBe(true)
      expect((await directory.findBudget(budgetId('b')))?.allowedModels).toEqual(['o3'])
      expect((await directory.findOrganization(organizationId('o')))?.models).toEqual(['o3'])
      expect((await directory.findTeam(teamId('t')))?.blocked).toBe(true)
      expect((await directory.findEndUser(endUserId('Ωmega')))?.blocked).toBe(true)

      await write(async ({ keys, budgets, organizations, teams, endUsers }) => {
        await keys.archive([digestOf(1)], 'root')
        await endUsers.delete([endUserId('Ωmega')])
        await teams.archive([teamId('t')], 'root')
        await organizations.delete([organizationId('o')])
        await budgets.delete([budgetId('b')])
      })
      expect(await directory.findKey(digestOf(1), NOON)).toBeUndefined()
      expect(await directory.findBudget(budgetId('b'))).toBeUndefined()
      expect(await directory.findOrganization(organizationId('o'))).toBeUndefined()
      expect(await directory.findTeam(teamId('t'))).toBeUndefined()
      expect(await directory.findEndUser(endUserId('Ωmega'))).toBeUndefined()
    })

    test('K-09: an earlier digest leads to the key until its grace period is over', async () => {
      const graceEndsAt = epochMs(NOON + 1_000)
      await write(({ keys }) => keys.insert(makeKey(1)))
      await write(({ keys }) => keys.rotate(digestOf(1), makeKey(2), graceEndsAt))
      const { directory } = opened
      expect(await directory.findKey(digestOf(1), epochMs(graceEndsAt - 1))).toEqual({ key: makeKey(2), graceEndsAt })
      expect(await directory.findKey(digestOf(1), graceEndsAt)).toBeUndefined()
      expect(await directory.findKey(digestOf(2), graceEndsAt)).toEqual({ key: makeKey(2), graceEndsAt: undefined })
    })

    test('K-09: a second rotation, or an end of the key, ends every earlier digest at once', async () => {
      const graceEndsAt = epochMs(NOON + 1_000)
      await write(({ keys }) => keys.insert(makeKey(1)))
      await write(({ keys }) => keys.rotate(digestOf(1), makeKey(2), graceEndsAt))
      await write(({ keys }) => keys.rotate(digestOf(2), makeKey(3), graceEndsAt))
      const { directory } = opened
      expect(await directory.findKey(digestOf(1), NOON)).toBeUndefined()
      expect((await directory.findKey(digestOf(2), NOON))?.key.digest).toBe(digestOf(3))
      await write(({ keys }) => keys.archive([digestOf(3)], 'root'))
      expect(await directory.findKey(digestOf(2), NOON)).toBeUndefined()
    })

    test('a user comes with every membership and what of the team decides about scope', async () => {
      await write(async ({ users, budgets, organizations, organizationMembers, teams, teamMembers }) => {
        await users.insert(makeUser('ana', { email: 'ana@example.com' }))
        await users.insert(makeUser('bob'))
        await budgets.insert(makeBudget('b'))
        await organizations.insert(makeOrganization('o', 'b'))
        await teams.insert(makeTeam('z', { organizationId: organizationId('o'), memberPermissions: ['/key/generate'] }))
        await teams.insert(makeTeam('a'))
        const membership = { userId: userId('ana'), budgetId: undefined }
        await teamMembers.insert({ ...membership, teamId: teamId('z'), role: 'user' }, 'https://idp.example')
        await teamMembers.insert({ ...membership, teamId: teamId('a'), role: 'admin' })
        await organizationMembers.insert({
          organizationId: organizationId('o'),
          userId: userId('ana'),
          role: 'org_admin',
          budgetId: budgetId('b'),
        })
      })
      const { directory } = opened
      const ana = await directory.findUser(userId('ana'))
      const outside = {
        budgetId: undefined,
        organizationId: undefined,
        permissions: DEFAULT_MEMBER_PERMISSIONS,
        source: undefined,
      }
      const inside = {
        budgetId: undefined,
        organizationId: 'o',
        permissions: ['/key/generate'],
        source: 'https://idp.example',
      }
      expect({ ...ana, teams: ana?.teams.toSorted((one, two) => (one.teamId < two.teamId ? -1 : 1)) }).toEqual({
        user: makeUser('ana', { email: 'ana@example.com' }),
        teams: [
          { teamId: 'a', userId: 'ana', role: 'admin', ...outside },
          { teamId: 'z', userId: 'ana', role: 'user', ...inside },
        ],
        organizations: [{ organizationId: 'o', userId: 'ana', role: 'org_admin', budgetId: 'b' }],
        identities: [],
      })
      const nothing = { teams: [], organizations: [], identities: [] }
      expect(await directory.findUser(userId('bob'))).toEqual({ user: makeUser('bob'), ...nothing })
    })

    test('a change of a team or of a membership is a change of what is known of its members', async () => {
      const ana = userId('ana')
      const member = { teamId: teamId('t'), userId: ana, role: 'user', budgetId: undefined } as const
      const { directory } = opened
      const standing = async () =>
        (await directory.findUser(ana))?.teams.map(({ role, permissions }) => [role, ...permissions])
      await write(({ users }) => users.insert(makeUser('ana')))
      expect(await standing()).toEqual([])
      await write(async ({ teams, teamMembers }) => {
        await teams.insert(makeTeam('t'))
        await teamMembers.insert(member)
      })
      expect(await standing()).toEqual([['user', ...DEFAULT_MEMBER_PERMISSIONS]])
      await write(({ teams }) => teams.update(makeTeam('t', { memberPermissions: ['/key/update'] })))
      expect(await standing()).toEqual([['user', '/key/update']])
      await write(({ teamMembers }) => teamMembers.update({ ...member, role: 'admin' }))
      expect(await standing()).toEqual([['admin', '/key/update']])
      await write(({ teams }) => teams.archive([teamId('t')], 'root'))
      expect(await standing()).toEqual([])
    })

    describeIdentities(() => opened, write)
    describeNames(() => opened, write)
    describeKeyMappings(() => opened, write)
    describeRevocations(() => opened, write)
  })
}
