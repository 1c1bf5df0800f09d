import { sql } from 'kysely'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { epochMs } from '../../../src/domain/ids.ts'
import type { EpochMs } from '../../../src/domain/ids.ts'
import { createUser } from '../../../src/manage/users/create-user.ts'
import { deleteUsers } from '../../../src/manage/users/delete-users.ts'
import { deleteTeams } from '../../../src/manage/teams/delete-teams.ts'
import { linkIdentity, readIdentities, unlinkIdentity } from '../../../src/manage/identities/link-identity.ts'
import { readUser } from '../../../src/manage/users/read-user.ts'
import { updateUser } from '../../../src/manage/users/update-user.ts'
import type { UserWish } from '../../../src/manage/users/revise-user.ts'
import { AS_MASTER, granted, idOf, issuer, openDesk } from '../../support/identity-desk.ts'
import type { Desk } from '../../support/identity-desk.ts'
import { readAudit } from '../../support/read-audit.ts'
import { makeTeam, makeUser, teamId, userId } from '../../support/rows.ts'
import { emptied, openEmbedded, openServer } from '../../support/stores.ts'
import type { Store } from '../../../src/adapters/sql/open-store.ts'
import { makeFields } from '../../support/token-makers.ts'
import { writeRows } from '../../support/write-rows.ts'

describe.each([
  { name: 'the embedded database', open: openEmbedded },
  { name: 'a PostgreSQL server', open: openServer },
])('tokens and users in $name', ({ open }) => {
  const shared = emptied(open)
  let store: Store
  let desk: Desk

  beforeEach(async () => {
    store = await shared.open()
    desk = openDesk({ store })
  })
  afterAll(() => shared.close())

  const ana = { sub: 'ana@x.io', email: 'ana@x.io', email_verified: true }

  function makeUserRow(id: string, wish: UserWish = {}): Promise<unknown> {
    const order = { id, wish, teams: [], organizations: [], key: undefined }
    return createUser(order, AS_MASTER, desk.ports).then(granted)
  }

  async function users(): Promise<readonly string[]> {
    const { rows } = await sql<{ user_id: string }>`
      select user_id from latchkey.user_account where user_id <> 'default_user_id' order by user_id`.execute(store.db)
    return rows.map((row) => row.user_id)
  }

  async function shownSubject(id: string): Promise<string | undefined> {
    const info = granted(await readUser(id, AS_MASTER, desk.ports))
    return info.view === 'whole' ? (info.user.subject ?? info.user.user.ssoUserId) : undefined
  }

  test('AT-129, AT-139: an e-mail claim is the row with that e-mail, and a link from then on', async () => {
    await makeUserRow('U', { email: 'Ana@X.io' })
    const first = await desk.arrive(ana)
    expect(idOf(first)).toBe('U')
    expect(await desk.arrive(ana)).toMatchObject({ effects: [] })
    expect(await users()).toEqual(['U'])
    expect((await desk.directory.findIdentity({ issuer: 'https://idp.example', subject: 'ana@x.io' }))?.userId).toBe(
      'U',
    )
  })

  test('AT-130: a subject given by hand, and what the API shows before and after', async () => {
    await makeUserRow('U', { ssoUserId: 'S' })
    expect(await shownSubject('U')).toBe('S')
    expect(idOf(await desk.arrive({ sub: 'S' }))).toBe('U')
    granted(
      await linkIdentity({ userId: 'U', link: { issuer: 'https://two.example', subject: 'T' } }, AS_MASTER, desk.ports),
    )
    expect(await shownSubject('U')).toBe('T')
    const { identities } = granted(await readIdentities('U', AS_MASTER, desk.ports))
    expect(identities.map(({ issuer: from, subject, createdBy }) => [from, subject, createdBy])).toEqual([
      ['https://idp.example', 'S', 'jwt-provisioner'],
      ['https://two.example', 'T', 'root'],
    ])
  })

  test('AT-131, AT-115: nobody yet becomes a row of the claim’s id, once, with one record', async () => {
    expect(idOf(await desk.arrive(ana))).toBe('ana@x.io')
    expect(await desk.arrive(ana)).toMatchObject({ effects: [] })
    expect(await users()).toEqual(['ana@x.io'])
    const [record, ...others] = await readAudit(store.db)
    expect(others).toEqual([])
    expect(record).toMatchObject({
      actor: 'jwt-provisioner',
      actorRole: 'provisioner',
      onBehalfOf: 'ana@x.io at https://idp.example',
      action: 'created',
      objectType: 'LiteLLM_UserTable',
      objectId: 'ana@x.io',
      after: { identity: { issuer: 'https://idp.example', subject: 'ana@x.io' }, email: 'ana@x.io' },
    })
  })

  describe('what another process was quicker to write', () => {
    const profile = issuer('idp', { fields: makeFields({ userId: 'sub', teamId: 'team' }) })
    const policy = { createsTeams: true, writesMemberships: true }
    /** Of whom nobody tells anything, and who believes to know everything. */
    const deaf = () => ({ watch: 1, completeUntil: epochMs(Date.now()), subscribe: () => {} })

    beforeEach(async () => {
      desk = openDesk({ store }, { policy, changes: deaf() })
      await writeRows(store, ({ teams }) => teams.insert(makeTeam('blue')))
      await desk.arrive({ sub: 'ana', team: 'blue' }, profile)
    })

    test('is what the token leads to: the membership as it is', async () => {
      await writeRows(store, async ({ teams, teamMembers }) => {
        await teams.insert(makeTeam('red'))
        await teamMembers.insert({ teamId: teamId('red'), userId: userId('ana'), role: 'admin', budgetId: undefined })
      })
      const arrived = await desk.arrive({ sub: 'ana', team: 'red' }, profile)
      expect(arrived).toMatchObject({ principal: { membership: { teamId: 'red', role: 'admin' } } })
    })

    test('the team with the limits that it was given', async () => {
      expect(await desk.directory.findTeam(teamId('green'))).toBeUndefined()
      await writeRows(store, ({ teams }) => teams.insert(makeTeam('green', { models: ['m1'] })))
      const arrived = await desk.arrive({ sub: 'ana', team: 'green' }, profile)
      expect(arrived).toMatchObject({ principal: { standing: { team: { id: 'green', models: ['m1'] } } } })
    })
  })

  test('AC-025: subjects that differ in a byte are different users', async () => {
    const subjects = ['Alice', 'alice', 'é', 'e\u0301', 'ﬁ', 'fi']
    const ids = []
    for (const sub of subjects) ids.push(idOf(await desk.arrive({ sub })))
    expect(new Set(ids).size).toBe(subjects.length)
    for (const [index, sub] of subjects.entries()) expect(idOf(await desk.arrive({ sub }))).toBe(ids[index])
  })

  test.each([false, true])(
    'AC-022, INV-05: one subject at two issuers is two users, authoritative: %s',
    async (isTheirs) => {
      const domains = isTheirs ? { emailDomains: ['x.io'] } : {}
      const one = issuer('one', { trustsUserIds: false, ...domains })
      const two = issuer('two', { trustsUserIds: false, ...domains })
      const token = { sub: 'alice', email: 'alice@x.io', email_verified: true }
      const first = idOf(await desk.arrive(token, one))
      const second = idOf(await desk.arrive(token, two))
      expect(first).toBe('alice')
      expect(second).not.toBe('alice')
      expect([idOf(await desk.arrive(token, one)), idOf(await desk.arrive(token, two))]).toEqual([first, second])
    },
  )

  test('AT-136: two rows of one address are refused, and stay as they are', async () => {
    await writeRows(store, async ({ users: rows }) => {
      await rows.insert(makeUser('U', { email: 'ana@x.io' }))
      await rows.insert(makeUser('V', { email: 'ANA@x.io' }))
    })
    expect(await desk.arrive({ ...ana, sub: 'S' })).toMatchObject({ because: 'jwt_email_ambiguous' })
    expect(await users()).toEqual(['U', 'V'])
    expect((await desk.directory.findUser(userId('U')))?.identities).toEqual([])
  })

  test('AT-137: a row with a subject of this issuer is not linked again', async () => {
    await makeUserRow('U', { email: 'ana@x.io' })
    expect(idOf(await desk.arrive({ ...ana, sub: 'S1' }))).toBe('U')
    const second = idOf(await desk.arrive({ ...ana, sub: 'S2' }))
    expect(second).toBe('S2')
    expect((await desk.directory.findUser(userId('U')))?.identities).toHaveLength(1)
    // The address stays the first one's alone.
    expect((await desk.directory.findUser(userId('S2')))?.user.email).toBeUndefined()
  })

  test('AT-138: who only claims an address gets a row of its own, which later leads nobody astray', async () => {
    await makeUserRow('U', { email: 'ana@x.io' })
    expect(idOf(await desk.arrive({ sub: 'mallory', email: 'ana@x.io' }))).toBe('mallory')
    expect(idOf(await desk.arrive({ sub: 'early', email: 'new@x.io' }))).toBe('early')
    expect((await desk.directory.findUser(userId('early')))?.user.email).toBe('new@x.io')
    const two = issuer('two', { emailDomains: ['x.io'] })
    expect(idOf(await desk.arrive({ sub: 'rightful', email: 'new@x.io' }, two))).toBe('rightful')
  })

  test.each([1, 2, 3])('AT-140: simultaneous first requests all succeed with one row (%i)', async () => {
    const replicas = [openDesk({ store }), openDesk({ store })]
    const arrivals = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => replicas[index % 2]?.arrive({ ...ana, sub: 'S' })),
    )
    for (const arrived of arrivals) expect(arrived === undefined ? '' : idOf(arrived)).toBe('S')
    expect(await users()).toEqual(['S'])
    expect(await readAudit(store.db)).toHaveLength(1)
  })

  test('AT-140: simultaneous first requests of two who want one id are two rows, each its own', async () => {
    const profiles = [issuer('one', { trustsUserIds: false }), issuer('two', { trustsUserIds: false })]
    const arrivals = await Promise.all(
      Array.from({ length: 6 }, (_, index) => desk.arrive({ sub: 'alice' }, profiles[index % 2])),
    )
    const ids = new Set(arrivals.map(idOf))
    expect(ids.size).toBe(2)
    expect(await users()).toHaveLength(2)
    for (const profile of profiles) expect(ids).toContain(idOf(await desk.arrive({ sub: 'alice' }, profile)))
  })

  test('AT-140: who comes second, where nobody has heard of the first yet, is the same user', async () => {
    const deaf: Store = Object.create(store, { changes: { value: { watch: undefined, subscribe: () => {} } } })
    const far = openDesk({ store: deaf })
    const two = issuer('two', { trustsUserIds: false })
    const token = { sub: 'alice' }
    expect(await far.directory.findIdentity({ issuer: two.issuer ?? '', subject: 'alice' })).toBeUndefined()
    expect(await far.directory.findUser(userId('alice'))).toBeUndefined()
    expect(idOf(await desk.arrive(token, issuer('one', { trustsUserIds: false })))).toBe('alice')
    const id = idOf(await desk.arrive(token, two))
    expect(id).not.toBe('alice')
    expect(idOf(await far.arrive(token, two))).toBe(id)
    expect(await users()).toEqual(['alice', id].toSorted())
  })

  test('AT-141: a change of a role counts at once for a token of any alias', async () => {
    await makeUserRow('U', { email: 'ana@x.io' })
    const aliases = [{ ...ana }, { sub: 'other', email: 'ana@x.io' }]
    await desk.arrive(ana)
    granted(
      await linkIdentity(
        { userId: 'U', link: { issuer: 'https://two.example', subject: 'other' } },
        AS_MASTER,
        desk.ports,
      ),
    )
    const roles = async () =>
      Promise.all(
        aliases.map(async (claims, index) => {
          const arrived = await desk.arrive(claims, index === 0 ? issuer('idp') : issuer('two'))
          return 'verdict' in arrived ? arrived.because : arrived.principal.standing.user?.user.role
        }),
      )
    expect(await roles()).toEqual(['internal_user', 'internal_user'])
    granted(
      await updateUser({ id: 'U', email: undefined, wish: { role: 'internal_user_viewer' } }, AS_MASTER, desk.ports),
    )
    expect(await roles()).toEqual(['internal_user_viewer', 'internal_user_viewer'])
  })

  test('AT-142: a subject equal to another object’s cache entry touches nothing of it', async () => {
    await writeRows(store, ({ teams }) => teams.insert(makeTeam('x', { models: ['m1'] })))
    await desk.directory.findTeam(teamId('x'))
    for (const sub of ['team_id:x', 'team:x', 'x', 'user:x', 'identity:x'])
      expect(idOf(await desk.arrive({ sub }))).toBe(sub)
    expect((await desk.directory.findTeam(teamId('x')))?.models).toEqual(['m1'])
    expect((await store.directory.findTeam(teamId('x')))?.models).toEqual(['m1'])
  })

  test('a deleted user’s tokens are refused, until the id is given out anew or an operator links again', async () => {
    await makeUserRow('U', { email: 'ana@x.io' })
    await desk.arrive(ana)
    await desk.arrive({ sub: 'plain' })
    granted(await deleteUsers(['U', 'plain'], AS_MASTER, desk.ports))
    for (const claims of [ana, { sub: 'plain' }, { sub: 'U' }]) {
      expect(await desk.arrive(claims)).toMatchObject({ problem: 'token-denied', because: 'principal_blocked' })
    }
    // The same subject at another issuer was never anybody; the id is a tombstone all the same.
    expect(await desk.arrive({ sub: 'U' }, issuer('two'))).toMatchObject({ because: 'principal_blocked' })
    expect(await users()).toEqual([])

    await makeUserRow('plain')
    expect(idOf(await desk.arrive({ sub: 'plain' }))).toBe('plain')
    await makeUserRow('V')
    const link = { issuer: 'https://idp.example', subject: 'ana@x.io' }
    granted(await linkIdentity({ userId: 'V', link }, AS_MASTER, desk.ports))
    expect(idOf(await desk.arrive(ana))).toBe('V')
  })

  test('a user who is made by the way, under a deleted id, is nobody’s by token', async () => {
    await desk.arrive({ sub: 'U' })
    granted(await deleteUsers(['U'], AS_MASTER, desk.ports))
    await writeRows(store, ({ users: rows }) => rows.insert(makeUser('U')))
    expect(await desk.arrive({ sub: 'U' })).toMatchObject({ because: 'principal_blocked' })
    const link = { issuer: 'https://idp.example', subject: 'U' }
    granted(await linkIdentity({ userId: 'U', link }, AS_MASTER, desk.ports))
    expect(idOf(await desk.arrive({ sub: 'U' }))).toBe('U')
  })

  test('a blocked user stays blocked, whatever comes', async () => {
    await makeUserRow('U', { email: 'ana@x.io', blocked: true })
    await desk.arrive(ana)
    expect((await desk.directory.findUser(userId('U')))?.user.blocked).toBe(true)
    expect(await users()).toEqual(['U'])
  })

  test('identities are taken from one before they are given to another', async () => {
    await makeUserRow('U')
    await makeUserRow('V')
    const link = { issuer: 'https://idp.example', subject: 'S' }
    granted(await linkIdentity({ userId: 'U', link }, AS_MASTER, desk.ports))
    expect(await linkIdentity({ userId: 'V', link }, AS_MASTER, desk.ports)).toMatchObject({
      problem: 'identity-taken',
    })
    granted(await linkIdentity({ userId: 'U', link }, AS_MASTER, desk.ports))
    expect(await unlinkIdentity({ userId: 'V', link }, AS_MASTER, desk.ports)).toMatchObject({
      problem: 'identity-not-found',
    })
    granted(await unlinkIdentity({ userId: undefined, link }, AS_MASTER, desk.ports))
    granted(await linkIdentity({ userId: 'V', link }, AS_MASTER, desk.ports))
    expect(idOf(await desk.arrive({ sub: 'S' }))).toBe('V')
    expect(await linkIdentity({ userId: 'default_user_id', link }, AS_MASTER, desk.ports)).toMatchObject({
      problem: 'user-not-found',
    })
    for (const subject of [' S', 'S ', 'a\nb', '\ud800', 'é'.repeat(128)]) {
      const odd = { userId: 'U', link: { issuer: 'https://idp.example', subject } }
      expect(await linkIdentity(odd, AS_MASTER, desk.ports)).toMatchObject({ problem: 'bad-request' })
    }
    // One record for each change, none for the repetition.
    const records = (await readAudit(store.db)).filter(({ outcome }) => outcome === 'done')
    expect(records.map(({ action, objectId }) => `${action} ${objectId}`)).toEqual([
      'created U',
      'created V',
      'updated U',
      'updated U',
      'updated V',
    ])
  })

  describe('teams and roles', () => {
    const red = teamId('red')
    const claims = (teams: readonly string[] | undefined) => ({ sub: 'ana', ...(teams === undefined ? {} : { teams }) })

    async function memberships(): Promise<readonly string[]> {
      const facts = await store.directory.findUser(userId('ana'))
      return (facts?.teams ?? []).map(({ teamId: team, source }) => `${team} by ${source ?? 'people'}`).toSorted()
    }

    test('AT-118, AT-119, AT-120, AT-128: sync touches what its issuer made, and only by a claim that is there', async () => {
      desk = openDesk({ store }, { policy: { writesMemberships: true, syncs: true } })
      await writeRows(store, async ({ teams, users: rows, teamMembers }) => {
        for (const id of ['red', 'blue', 'green']) await teams.insert(makeTeam(id))
        await rows.insert(makeUser('ana'))
        const member = { userId: userId('ana'), role: 'user', budgetId: undefined } as const
        await teamMembers.insert({ ...member, teamId: teamId('green') })
      })
      await desk.arrive(claims(['red', 'blue']))
      const both = ['blue by https://idp.example', 'green by people', 'red by https://idp.example']
      expect(await memberships()).toEqual(both)
      expect(await desk.arrive(claims(['red', 'blue']))).toMatchObject({ effects: [] })
      await desk.arrive(claims(undefined))
      expect(await memberships()).toEqual(both)
      await desk.arrive(claims(['red']))
      expect(await memberships()).toEqual(['green by people', 'red by https://idp.example'])
      await desk.arrive(claims([]))
      expect(await memberships()).toEqual(['green by people'])
      const records = (await readAudit(store.db)).filter(({ actor }) => actor === 'jwt-provisioner')
      expect(records).toHaveLength(3)
    })

    test('AT-096: a team that never was is made once; one that was deleted is not', async () => {
      desk = openDesk({ store }, { policy: { createsTeams: true, writesMemberships: true } })
      const profile = issuer('idp', {
        fields: { ...issuer('idp').fields, teamId: teamField, teamIds: undefined },
      })
      expect(idOf(await desk.arrive({ sub: 'ana', team: 'red' }, profile))).toBe('ana')
      expect((await store.directory.findTeam(red))?.createdBy).toBe('jwt-provisioner')
      expect(await memberships()).toEqual(['red by https://idp.example'])
      granted(await deleteTeams(['red'], AS_MASTER, desk.ports))
      expect(await desk.arrive({ sub: 'ana', team: 'red' }, profile)).toMatchObject({ because: 'team_unknown' })
      expect(await store.directory.findTeam(red)).toBeUndefined()
    })

    test('AT-117: a role that the token maps is the stored one at once; the last administrator stays one', async () => {
      desk = openDesk(
        { store },
        {
          policy: {
            syncs: true,
            exemptsStoredAdmins: true,
            roleMap: [
              { tokenRole: 'ADMIN', isGlob: false, role: 'proxy_admin' },
              { tokenRole: 'STAFF', isGlob: false, role: 'internal_user' },
            ],
          },
        },
      )
      const profile = issuer('idp', { fields: { ...issuer('idp').fields, roles: rolesField } })
      const role = async (roles: readonly string[]) => {
        const arrived = await desk.arrive({ sub: 'ana', roles }, profile)
        return 'verdict' in arrived ? arrived.because : (await store.directory.findUser(userId('ana')))?.user.role
      }
      expect(await role(['STAFF'])).toBe('internal_user')
      await role(['ADMIN'])
      expect((await store.directory.findUser(userId('ana')))?.user.role).toBe('proxy_admin')
      await role(['STAFF'])
      expect((await store.directory.findUser(userId('ana')))?.user.role).toBe('proxy_admin')
      await makeUserRow('root', { role: 'proxy_admin' })
      expect(await role(['STAFF'])).toBe('internal_user')
    })
  })

  test('J-29: sixty newcomers in a minute from one issuer, and not one of another is hindered', async () => {
    for (let count = 0; count < 60; count += 1) idOf(await desk.arrive({ sub: `u${count}` }))
    expect(await desk.arrive({ sub: 'late' })).toMatchObject({
      problem: 'too-many-newcomers',
      because: 'jwt_provisioning_limit',
    })
    expect(idOf(await desk.arrive({ sub: 'u1' }))).toBe('u1')
    expect(idOf(await desk.arrive({ sub: 'other' }, issuer('two')))).toBe('other')
    desk.time.now += 60_001
    expect(idOf(await desk.arrive({ sub: 'late' }))).toBe('late')
  })

  test('a start value of who is made: the defaults of the operator', async () => {
    desk = openDesk({ store }, { userDefaults: { role: 'internal_user_viewer', maxBudget: 3, budgetDuration: '1d' } })
    await desk.arrive({ sub: 'S' })
    const facts = await store.directory.findUser(userId('S'))
    expect(facts?.user).toMatchObject({
      role: 'internal_user_viewer',
      createdBy: 'jwt-provisioner',
      limits: { maxBudget: 3_000_000_000_000n, window: { duration: '1d', anchor: desk.time.now as EpochMs } },
    })
  })
})

const teamField = { path: ['team'], text: 'team', setting: 'team_id_jwt_field' }
const rolesField = { path: ['roles'], text: 'roles', setting: 'roles_jwt_field' }
