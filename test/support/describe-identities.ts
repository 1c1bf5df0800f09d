import { describe, expect, test } from 'vitest'
import { makeBudget, makeOrganization, makeTeam, makeUser, organizationId, teamId, userId } from './rows.ts'
import type { IdentityLink } from '../../src/domain/token-facts.ts'
import type { Directory } from '../../src/ports/directory.ts'
import type { Rooms } from '../../src/ports/registry.ts'

type Write = (work: (rooms: Rooms) => Promise<unknown>) => Promise<void>

const ISSUER = 'https://idp.example'
const ANA = userId('ana')
const BOB = userId('bob')

function at(subject: string, issuer = ISSUER): IdentityLink {
  return { issuer, subject }
}

/** Who a provider's subject is, on every directory. */
export function describeIdentities(opened: () => { readonly directory: Directory }, write: Write): void {
  describe('identities', () => {
    test('a link leads to its user, and is part of what is known of that one, the latest last', async () => {
      const { directory } = opened()
      await write(({ users }) => users.insert(makeUser('ana')))
      expect((await directory.findUser(ANA))?.identities).toEqual([])
      expect(await directory.findIdentity(at('s1'))).toBeUndefined()
      await write(({ identities }) => identities.insert(at('s1'), ANA, 'tests'))
      await write(({ identities }) => identities.insert(at('s0', 'https://other.example'), ANA, 'tests'))
      expect(await directory.findIdentity(at('s1'))).toEqual({ userId: 'ana', isDeleted: false })
      expect((await directory.findUser(ANA))?.identities).toEqual([at('s1'), at('s0', 'https://other.example')])
      await write(({ identities }) => identities.delete(at('s1')))
      expect(await directory.findIdentity(at('s1'))).toBeUndefined()
      expect((await directory.findUser(ANA))?.identities).toEqual([at('s0', 'https://other.example')])
    })

    test('INV-05: one subject at two issuers is two links, and a link that is there is never overwritten', async () => {
      const { directory } = opened()
      await write(async ({ users, identities }) => {
        await users.insert(makeUser('ana'))
        await users.insert(makeUser('bob'))
        expect(await identities.insert(at('alice', 'https://one'), ANA, 'tests')).toBe('inserted')
        expect(await identities.insert(at('alice', 'https://two'), BOB, 'tests')).toBe('inserted')
        expect(await identities.insert(at('alice', 'https://one'), BOB, 'tests')).toBe('taken')
      })
      expect((await directory.findIdentity(at('alice', 'https://one')))?.userId).toBe('ana')
      expect((await directory.findIdentity(at('alice', 'https://two')))?.userId).toBe('bob')
    })

    test('AC-025: subjects are exact bytes', async () => {
      const { directory } = opened()
      const spellings = ['Alice', 'alice', 'é', 'e\u0301', 'ﬁ', 'fi', 'ß', 'ss', 'a b', 'a  b', 'ı', 'i']
      await write(async ({ users, identities }) => {
        for (const [index, subject] of spellings.entries()) {
          await users.insert(makeUser(`u${index}`))
          await identities.insert(at(subject), userId(`u${index}`), 'tests')
        }
      })
      for (const [index, subject] of spellings.entries()) {
        expect((await directory.findIdentity(at(subject)))?.userId, subject).toBe(`u${index}`)
      }
      for (const subject of ['ALICE', 'alice ', ' alice', '', 'alice\0', '\ud800', '\ufffd', 'a\nb']) {
        expect(await directory.findIdentity(at(subject)), JSON.stringify(subject)).toBeUndefined()
      }
    })

    test('what the store can’t hold is not mistaken for what it turns into', async () => {
      const { directory } = opened()
      await write(async ({ users, identities }) => {
        await users.insert(makeUser('ana', { ssoUserId: '\ufffd' }))
        await identities.insert(at('\ufffd'), ANA, 'tests')
      })
      expect((await directory.findIdentity(at('\ufffd')))?.userId).toBe('ana')
      expect(await directory.findIdentity(at('\ud800'))).toBeUndefined()
      expect(await directory.findUserBySsoSubject('\udfff')).toBeUndefined()
    })

    test('a deleted user stays known by its links, its id and its sso subject, until the id is freed', async () => {
      const { directory } = opened()
      await write(async ({ users, identities }) => {
        await users.insert(makeUser('ana', { ssoUserId: 'sso' }))
        await identities.insert(at('s1'), ANA, 'tests')
      })
      expect((await directory.findIdentity(at('s1')))?.isDeleted).toBe(false)
      expect(await directory.findFormerUser(ANA)).toBeUndefined()
      expect(await directory.findUserBySsoSubject('sso')).toEqual({ userId: 'ana', isDeleted: false })

      await write(({ users }) => users.delete([ANA]))
      expect(await directory.findUser(ANA)).toBeUndefined()
      expect(await directory.findIdentity(at('s1'))).toEqual({ userId: 'ana', isDeleted: true })
      expect(await directory.findFormerUser(ANA)).toEqual({ mergedInto: undefined })
      expect(await directory.findUserBySsoSubject('sso')).toEqual({ userId: 'ana', isDeleted: true })

      await write(({ users }) => users.insert(makeUser('ana')))
      expect((await directory.findIdentity(at('s1')))?.isDeleted).toBe(true)
      await write(({ formerUsers }) => formerUsers.free(ANA))
      expect(await directory.findIdentity(at('s1'))).toBeUndefined()
      expect(await directory.findFormerUser(ANA)).toBeUndefined()
      expect(await directory.findUserBySsoSubject('sso')).toBeUndefined()
    })

    test('freeing an id that nobody had before takes nothing from who has it', async () => {
      const { directory } = opened()
      await write(async ({ users, identities, formerUsers }) => {
        await users.insert(makeUser('ana'))
        await identities.insert(at('s1'), ANA, 'tests')
        await formerUsers.free(ANA)
      })
      expect(await directory.findIdentity(at('s1'))).toEqual({ userId: 'ana', isDeleted: false })
    })

    test('who has an sso subject now stands before who had it', async () => {
      const { directory } = opened()
      await write(async ({ users }) => {
        await users.insert(makeUser('ana', { ssoUserId: 'sso' }))
        await users.delete([ANA])
        await users.insert(makeUser('bob', { ssoUserId: 'sso' }))
      })
      expect(await directory.findUserBySsoSubject('sso')).toEqual({ userId: 'bob', isDeleted: false })
      await write(({ users }) => users.update(makeUser('bob', { ssoUserId: 'other' })))
      expect(await directory.findUserBySsoSubject('sso')).toEqual({ userId: 'ana', isDeleted: true })
      expect(await directory.findUserBySsoSubject('other')).toEqual({ userId: 'bob', isDeleted: false })
    })
  })
}

/** Who has a name, on every directory. */
export function describeNames(opened: () => { readonly directory: Directory }, write: Write): void {
  describe('names', () => {
    test('AT-135: addresses are the same without blanks around them and in whatever case, by ASCII alone', async () => {
      const { directory } = opened()
      await write(({ users }) => users.insert(makeUser('ana', { email: 'Ana.İ@Example.COM' })))
      expect(await directory.findUsersByEmail('ana.İ@example.com')).toEqual(['ana'])
      expect(await directory.findUsersByEmail(' ANA.İ@EXAMPLE.com\n')).toEqual(['ana'])
      expect(await directory.findUsersByEmail('ana.i̇@example.com')).toEqual([])
      expect(await directory.findUsersByEmail('ana.\ud800@example.com')).toEqual([])
    })

    test('an address that changes, comes or goes leads elsewhere at once; of several, two are told', async () => {
      const { directory } = opened()
      const found = () => Promise.all(['a@x.io', 'b@x.io'].map((email) => directory.findUsersByEmail(email)))
      expect(await found()).toEqual([[], []])
      await write(({ users }) => users.insert(makeUser('ana', { email: 'a@x.io' })))
      expect(await found()).toEqual([['ana'], []])
      await write(({ users }) => users.update(makeUser('ana', { email: 'B@x.io' })))
      expect(await found()).toEqual([[], ['ana']])
      await write(async ({ users }) => {
        await users.insert(makeUser('bob', { email: 'b@x.io' }))
        await users.insert(makeUser('cleo', { email: 'b@X.io' }))
      })
      expect(await found()).toEqual([[], ['ana', 'bob']])
      await write(({ users }) => users.delete([ANA, BOB]))
      expect(await found()).toEqual([[], ['cleo']])
    })

    test('an address that a token only claims leads nowhere, until somebody who may says it', async () => {
      const { directory } = opened()
      await write(({ users }) => users.insert(makeUser('ana', { email: 'a@x.io' })))
      expect(await directory.findUsersByEmail('a@x.io')).toEqual(['ana'])
      await write(({ users }) => users.markEmailAsClaim(ANA))
      expect(await directory.findUsersByEmail('a@x.io')).toEqual([])
      await write(({ users }) => users.update(makeUser('ana', { email: 'a@x.io', blocked: true })))
      expect(await directory.findUsersByEmail('a@x.io')).toEqual([])
      await write(({ users }) => users.update(makeUser('ana', { email: 'a@y.io' })))
      expect(await directory.findUsersByEmail('a@y.io')).toEqual(['ana'])
    })

    test('a team’s alias leads to it, two are told of several, and each change is seen', async () => {
      const { directory } = opened()
      const found = () => Promise.all(['Red', 'Blue', 'red'].map((alias) => directory.findTeamsByAlias(alias)))
      expect(await found()).toEqual([[], [], []])
      await write(({ teams }) => teams.insert(makeTeam('t1', { alias: 'Red' })))
      expect(await found()).toEqual([['t1'], [], []])
      await write(({ teams }) => teams.update(makeTeam('t1', { alias: 'Blue' })))
      expect(await found()).toEqual([[], ['t1'], []])
      await write(async ({ teams }) => {
        await teams.insert(makeTeam('t2', { alias: 'Blue' }))
        await teams.insert(makeTeam('t3', { alias: 'Blue' }))
      })
      expect(await found()).toEqual([[], ['t1', 't2'], []])
      await write(({ teams }) => teams.archive([teamId('t1'), teamId('t2')], 'root'))
      expect(await found()).toEqual([[], ['t3'], []])
      expect(await directory.findTeamsByAlias('\0')).toEqual([])
    })

    test('an organisation’s alias leads to it, two are told of several, and each change is seen', async () => {
      const { directory } = opened()
      const found = () => Promise.all(['Acme', 'Bolt'].map((alias) => directory.findOrganizationsByAlias(alias)))
      expect(await found()).toEqual([[], []])
      await write(async ({ budgets, organizations }) => {
        await budgets.insert(makeBudget('b'))
        await organizations.insert(makeOrganization('o1', 'b', { alias: 'Acme' }))
      })
      expect(await found()).toEqual([['o1'], []])
      await write(({ organizations }) => organizations.update(makeOrganization('o1', 'b', { alias: 'Bolt' })))
      expect(await found()).toEqual([[], ['o1']])
      await write(({ organizations }) => organizations.insert(makeOrganization('o2', 'b', { alias: 'Bolt' })))
      expect(await found()).toEqual([[], ['o1', 'o2']])
      await write(({ organizations }) => organizations.delete([organizationId('o1')]))
      expect(await found()).toEqual([[], ['o2']])
      expect(await directory.findOrganizationsByAlias('\0')).toEqual([])
    })
  })
}
