import { describe, expect, test } from 'vitest'
import { NOON } from '../../../test/support/entries.ts'
import { makeUser, userId } from '../../../test/support/rows.ts'
import type { User, UserFacts } from '../../domain/user.ts'
import type { IdentityLink } from '../../domain/token-facts.ts'
import { resolveUser } from './resolve-user.ts'
import type { UserHints } from './resolve-user.ts'

const ONE = 'https://one.example'
const TWO = 'https://two.example'

interface Row extends Partial<User> {
  readonly links?: readonly IdentityLink[]
}

interface People {
  readonly users?: Readonly<Record<string, Row>>
  /** By id: deleted, or merged into somebody. */
  readonly former?: Readonly<Record<string, Former>>
}

interface Former {
  readonly into?: string
  readonly links?: readonly IdentityLink[]
  /** The links are known as they were before. */
  readonly isStale?: boolean
}

/** A directory in memory, all of it known. */
function people({ users = {}, former = {} }: People, isWarm = true) {
  const facts = new Map<string, UserFacts>(
    Object.entries(users).map(([id, { links = [], ...row }]) => [
      id,
      { user: makeUser(id, row), teams: [], organizations: [], identities: links },
    ]),
  )
  const isLink = (one: IdentityLink) => (other: IdentityLink) =>
    one.issuer === other.issuer && one.subject === other.subject
  const known = {
    identity: (link: IdentityLink) => {
      const holder = Object.entries(users).find(([, { links = [] }]) => links.some(isLink(link)))
      if (holder !== undefined) return { userId: userId(holder[0]), isDeleted: false }
      const gone = Object.entries(former).find(([, { links = [] }]) => links.some(isLink(link)))
      return gone === undefined ? undefined : { userId: userId(gone[0]), isDeleted: gone[1].isStale !== true }
    },
    user: (id: string) => facts.get(id),
    former: (id: string) => {
      const found = former[id]
      return found === undefined ? undefined : { mergedInto: found.into === undefined ? undefined : userId(found.into) }
    },
    sso: (subject: string) => {
      const holder = [...facts.values()].find(({ user }) => user.ssoUserId === subject)
      return holder === undefined ? undefined : { userId: holder.user.id, isDeleted: false }
    },
    emails: (email: string) =>
      [...facts.values()]
        .filter(({ user }) => user.email?.toLowerCase() === email.toLowerCase())
        .map(({ user }) => user.id),
  }
  const peek =
    <Key, Fact>(read: (key: Key) => Fact) =>
    (key: Key): Fact | 'ask' =>
      isWarm ? read(key) : 'ask'
  return {
    peekIdentity: peek(known.identity),
    peekUser: peek(known.user),
    peekFormerUser: peek(known.former),
    peekUserBySsoSubject: peek(known.sso),
    peekUsersByEmail: peek(known.emails),
    findIdentity: async (link: IdentityLink) => known.identity(link),
    findUser: async (id: string) => known.user(id),
    findFormerUser: async (id: string) => known.former(id),
    findUserBySsoSubject: async (subject: string) => known.sso(subject),
    findUsersByEmail: async (email: string) => known.emails(email),
  }
}

function hints(subject: string, overrides: Partial<UserHints> = {}): UserHints {
  return {
    issuer: ONE,
    subject,
    email: undefined,
    emailIsProven: true,
    emailIsIssuers: false,
    trustsUserIds: true,
    defaults: {},
    newId: () => userId('made-up'),
    now: NOON,
    ...overrides,
  }
}

const link = (subject: string, issuer = ONE): IdentityLink => ({ issuer, subject })
const mail = { email: 'ana@x.io' } as const

/** Short for what came of it. */
async function said(who: People, asked: UserHints): Promise<string> {
  const warm = resolveUser(asked, people(who))
  if (warm instanceof Promise) throw new Error('a promise although all is known')
  expect(await resolveUser(asked, people(who, false))).toEqual(warm)
  switch (warm.is) {
    case 'found':
      return `${warm.facts.user.id} by ${warm.by}${warm.needsLink ? ', to link' : ''}`
    case 'new':
      return `${warm.wasDeleted ? 'deleted' : 'new'} ${warm.facts.user.id}`
    case 'ambiguous-email':
      return warm.is
  }
}

describe('whom a subject leads to', () => {
  test.each<{ name: string; who: People; asked: UserHints; is: string }>([
    {
      name: 'AT-129: the row whose id is the e-mail claim’s row',
      who: { users: { U: { email: 'Ana@X.io' } } },
      asked: hints('ana@x.io', mail),
      is: 'U by email, to link',
    },
    {
      name: 'AT-130: the row that was given the subject by hand',
      who: { users: { U: { ssoUserId: 'S' } } },
      asked: hints('S'),
      is: 'U by sso-subject, to link',
    },
    { name: 'AT-131: nobody yet, under the claim’s text', who: {}, asked: hints('S'), is: 'new S' },
    {
      name: 'nobody yet, whose text is no id here',
      who: {},
      asked: hints('Ωmega'),
      is: 'new made-up',
    },
    { name: 'the row of that id', who: { users: { S: {} } }, asked: hints('S'), is: 'S by id, to link' },
    {
      name: 'the link before everything else',
      who: { users: { S: {}, T: { ssoUserId: 'S' }, V: mail, U: { links: [link('S')] } } },
      asked: hints('S', mail),
      is: 'U by link',
    },
    {
      name: 'the id before the subject, the subject before the address',
      who: { users: { T: { ssoUserId: 'S' }, V: mail } },
      asked: hints('S', mail),
      is: 'T by sso-subject, to link',
    },
    {
      name: 'the survivor, where the link is known from before a merge',
      who: { users: { U: {} }, former: { D: { into: 'U', links: [link('S')], isStale: true } } },
      asked: hints('S'),
      is: 'U by link',
    },
    {
      name: 'nobody, where the link is known from before a deletion',
      who: { former: { D: { links: [link('S')], isStale: true } } },
      asked: hints('S'),
      is: 'deleted made-up',
    },
    {
      name: 'AC-022: the same subject at another issuer is another user',
      who: { users: { alice: { links: [link('alice', TWO)] } } },
      asked: hints('alice'),
      is: 'new made-up',
    },
    {
      name: 'AC-022: also with the same proven e-mail',
      who: { users: { alice: { ...mail, links: [link('alice', TWO)] } } },
      asked: hints('alice', mail),
      is: 'new made-up',
    },
    {
      name: 'AC-022: also where the issuer decides about the mailbox',
      who: { users: { alice: { ...mail, links: [link('alice', TWO)] } } },
      asked: hints('alice', { ...mail, emailIsIssuers: true }),
      is: 'new made-up',
    },
    {
      name: 'a second issuer that decides about the mailbox, with a subject of its own',
      who: { users: { U: { ...mail, links: [link('a1', TWO)] } } },
      asked: hints('b1', { ...mail, emailIsIssuers: true }),
      is: 'U by email, to link',
    },
    {
      name: 'a second issuer that only vouches does not reach a row that another links already',
      who: { users: { U: { ...mail, links: [link('a1', TWO)] } } },
      asked: hints('b1', mail),
      is: 'new b1',
    },
    {
      name: 'AT-136: two rows of one address are none',
      who: { users: { U: mail, V: { email: 'ANA@x.io' } } },
      asked: hints('S', mail),
      is: 'ambiguous-email',
    },
    {
      name: 'AT-137: a row with another subject of this issuer is not linked again',
      who: { users: { U: { ...mail, links: [link('S1')] } } },
      asked: hints('S2', { ...mail, emailIsIssuers: true }),
      is: 'new S2',
    },
    {
      name: 'AT-135: a person whom the provider names by the address, by another spelling of it',
      who: { users: { U: { ...mail, links: [link('ANA@x.io')] } } },
      asked: hints('Ana@X.io', mail),
      is: 'U by email',
    },
    {
      name: 'AT-135: and not by what another provider named so',
      who: { users: { U: { ...mail, links: [link('ANA@x.io', TWO)] } } },
      asked: hints('Ana@X.io', mail),
      is: 'new Ana@X.io',
    },
    {
      name: 'AT-135: nor by a subject that is no address',
      who: { users: { U: { ...mail, links: [link('S')] } } },
      asked: hints('s', mail),
      is: 'new s',
    },
    {
      name: 'AT-138: an unproven address leads nowhere',
      who: { users: { U: mail } },
      asked: hints('S', { ...mail, emailIsProven: false }),
      is: 'new S',
    },
    {
      name: 'an unproven address is not even ambiguous',
      who: { users: { U: mail, V: mail } },
      asked: hints('S', { ...mail, emailIsProven: false }),
      is: 'new S',
    },
    {
      name: 'an address never leads to an administrator',
      who: { users: { U: { ...mail, role: 'proxy_admin' } } },
      asked: hints('S', { ...mail, emailIsIssuers: true }),
      is: 'new S',
    },
    {
      name: 'an address never leads to a viewer of everything',
      who: { users: { U: { ...mail, role: 'proxy_admin_viewer' } } },
      asked: hints('S', mail),
      is: 'new S',
    },
    {
      name: 'AT-143: the only issuer’s subjects are ids of administrators as well',
      who: { users: { S: { role: 'proxy_admin' } } },
      asked: hints('S'),
      is: 'S by id, to link',
    },
    {
      name: 'one issuer of several can’t make itself an administrator by an id',
      who: { users: { S: { role: 'proxy_admin' } } },
      asked: hints('S', { trustsUserIds: false }),
      is: 'new made-up',
    },
    {
      name: 'nor by a subject given by hand',
      who: { users: { U: { ssoUserId: 'S', role: 'proxy_admin' } } },
      asked: hints('S', { trustsUserIds: false }),
      is: 'new S',
    },
    {
      name: 'an administrator’s link counts from every issuer',
      who: { users: { U: { role: 'proxy_admin', links: [link('S')] } } },
      asked: hints('S', { trustsUserIds: false }),
      is: 'U by link',
    },
    {
      name: 'nobody is the holder of the master key by a token',
      who: { users: { default_user_id: { role: 'proxy_admin' } } },
      asked: hints('default_user_id'),
      is: 'new made-up',
    },
    {
      name: 'a subject given by hand does not reach a row that has a link',
      who: { users: { U: { ssoUserId: 'S', links: [link('other', TWO)] } } },
      asked: hints('S'),
      is: 'new S',
    },
    {
      name: 'a deleted user’s link revives nobody',
      who: { former: { U: { links: [link('S')] } }, users: { S: {} } },
      asked: hints('S'),
      is: 'deleted made-up',
    },
    {
      name: 'a deleted user’s id revives nobody',
      who: { former: { S: {} } },
      asked: hints('S'),
      is: 'deleted made-up',
    },
    {
      name: 'a deleted user’s id does not lead elsewhere either',
      who: { former: { S: {} }, users: { U: mail } },
      asked: hints('S', mail),
      is: 'deleted made-up',
    },
    {
      name: 'the id of a merged duplicate is its survivor’s',
      who: { former: { S: { into: 'U' } }, users: { U: {} } },
      asked: hints('S'),
      is: 'U by id, to link',
    },
    {
      name: 'the id of a merged duplicate, where the survivor is linked at this issuer already',
      who: { former: { S: { into: 'U' } }, users: { U: { links: [link('other')] } } },
      asked: hints('S'),
      is: 'U by id',
    },
    {
      name: 'the id of a merged duplicate is no way in for one issuer of several',
      who: { former: { S: { into: 'U' } }, users: { U: { links: [link('other', TWO)] } } },
      asked: hints('S', { trustsUserIds: false }),
      is: 'new made-up',
    },
    {
      name: 'the id of a merged duplicate whose survivor was deleted',
      who: { former: { S: { into: 'U' }, U: {} } },
      asked: hints('S'),
      is: 'deleted made-up',
    },
    {
      name: 'AT-142: a subject that spells something else is just that subject',
      who: {},
      asked: hints('team_id:x'),
      is: 'new team_id:x',
    },
  ])('$name', async ({ who, asked, is }) => {
    expect(await said(who, asked)).toBe(is)
  })
})

test('J-29: who is new has the operator’s defaults, and is no administrator whatever they say', async () => {
  const defaults = { role: 'proxy_admin', maxBudget: 5, budgetDuration: '30d', models: ['m'] } as const
  const match = await resolveUser(hints('S', { ...mail, defaults }), people({}))
  expect(match).toMatchObject({
    is: 'new',
    facts: {
      user: {
        id: 'S',
        email: 'ana@x.io',
        role: 'internal_user',
        models: ['m'],
        limits: { maxBudget: 5_000_000_000_000n, window: { duration: '30d', anchor: NOON } },
      },
      teams: [],
      identities: [],
    },
  })
  const viewer = await resolveUser(hints('S', { defaults: { role: 'internal_user_viewer' } }), people({}))
  expect(viewer).toMatchObject({ facts: { user: { role: 'internal_user_viewer' } } })
})

test.each(['findIdentity', 'findFormerUser', 'findUser', 'findUserBySsoSubject', 'findUsersByEmail'] as const)(
  'an error of %s is never an absence',
  async (broken) => {
    const directory = { ...people({}, false), [broken]: () => Promise.reject(new Error('away')) }
    await expect(resolveUser(hints('S', mail), directory)).rejects.toMatchObject({ code: 'store-unavailable' })
  },
)
