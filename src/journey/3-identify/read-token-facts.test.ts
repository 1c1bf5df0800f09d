import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makePolicy, makeProfile, makeToken } from '../../../test/support/token-makers.ts'
import type { FieldTexts } from '../../../test/support/token-makers.ts'
import type { Claims } from '../../domain/claims.ts'
import type { Decision } from '../../domain/decision.ts'
import { parseJson } from '../../domain/json.ts'
import type { JsonValue } from '../../domain/json.ts'
import type { TokenFacts } from '../../domain/token-facts.ts'
import type { TokenPolicy, TokenProfile } from '../../domain/token-settings.ts'
import { readTokenFacts } from './read-token-facts.ts'

function read(
  claims: Claims,
  fields: FieldTexts,
  policy: Partial<TokenPolicy> = {},
  profile: Partial<TokenProfile> = {},
): Decision<TokenFacts> {
  return readTokenFacts(makeToken(claims, makeProfile(fields, profile)), makePolicy(policy))
}

function facts(...input: Parameters<typeof read>): TokenFacts {
  const answer = read(...input)
  if (answer.verdict === 'deny') throw new Error(answer.say)
  return answer.granted
}

const WRONG: readonly JsonValue[] = [0, 5, true, false, {}, { a: 'x' }, [], ['x'], [['x']]]
const SPOILT: readonly JsonValue[] = [[''], ['T1', 7], ['T1', null], ['T1', ['T2']], [{}], ['T1', '']]

describe('places', () => {
  test('AT-064: a nested claim', () => {
    expect(facts({ user: { sub: 'ann' } }, { userId: 'user.sub' }).subject).toBe('ann')
  })

  test('AT-065: a dot in a name', () => {
    const claims = { 'kubernetes.io': 'blue', kubernetes: { io: 'red' } }
    expect(facts(claims, { teamAlias: 'kubernetes\\.io' }).teamAlias).toBe('blue')
  })

  test('D-35: a claim called metadata is read where it is', () => {
    expect(facts({ metadata: { team: 'in' }, team: 'out' }, { teamId: 'metadata.team' }).teamId).toBe('in')
  })

  test.each(['roles.0', 'roles[0]'])('AT-067, AT-068: %s leads nowhere', (teamId) => {
    expect(facts({ roles: ['t1', 't2'] }, { teamId }).teamId).toBeUndefined()
  })

  test.each([
    { 'roles.admin': ['proxy'] },
    { roles: ['admin'] },
    { roles: 'admin' },
    { roles: null },
    parseJson('{"__proto__": {"roles": {"admin": ["proxy"]}}}') as Claims,
    Object.create({ roles: { admin: ['proxy'] } }) as Claims,
  ])('AC-033: a path is never met by chance: %j', (claims) => {
    expect(facts(claims, { roles: 'roles.admin' }).roles).toEqual([])
  })

  test('nothing inherited is a claim', () => {
    expect(facts({}, { userId: 'toString' }).subject).toBeUndefined()
    expect(facts({ a: 'text' }, { userId: 'a.length' }).subject).toBeUndefined()
  })
})

describe('the user', () => {
  const fields = { userId: 'uid', email: 'email' }

  test.each([{}, { uid: null }, { uid: '' }])(
    'AT-073, AT-074: the e-mail stands in where %j names nobody',
    (claims) => {
      expect(facts({ ...claims, email: 'ann@x.org' }, fields).subject).toBe('ann@x.org')
    },
  )

  test('without a setting for it the e-mail is the user id', () => {
    expect(facts({ sub: 's', email: 'ann@x.org' }, { email: 'email' }).subject).toBe('ann@x.org')
  })

  test.each(WRONG)('AT-075: %j for a user id is refused, and the setting named', (uid) => {
    const answer = read({ uid, email: 'ann@x.org' }, fields)
    expect(answer).toMatchObject({ verdict: 'deny', problem: 'token-refused', because: 'jwt_claim_type' })
    expect(answer).toHaveProperty('say', expect.stringMatching(/^Authentication Error, .*user_id_jwt_field/))
  })

  test.each([7, null, '', ' a', 'a ', '\u00a0a', 'a\u0000', 'a\nb', 'é'.repeat(128), 'a\ud800', {}, [], ['a'], true])(
    'AC-024: %j as sub is refused whatever is mapped',
    (sub) => {
      for (const mapped of [fields, { userId: 'sub' }, {}]) {
        expect(read({ sub, uid: 'ann' }, mapped)).toMatchObject({
          problem: 'token-refused',
          because: 'jwt_sub_invalid',
        })
      }
    },
  )

  test('AC-024: a mapped sub has to be there, and nothing stands in for it', () => {
    const answer = read({ email: 'ann@x.org' }, { userId: 'sub', email: 'email' })
    expect(answer).toMatchObject({ problem: 'token-refused', because: 'jwt_sub_missing' })
  })

  test('a token of a machine needs no sub', () => {
    expect(facts({ team: 'blue' }, { ...fields, teamId: 'team' })).toMatchObject({ subject: undefined, teamId: 'blue' })
  })

  test.each([' ann', 'ann\t', 'x'.repeat(256), 'a\u0085'])('J-21: %j in another claim is refused as well', (uid) => {
    expect(read({ uid }, fields).verdict).toBe('deny')
  })

  test('AC-025: no folding, no normalisation', () => {
    for (const sub of ['Alice', 'alice', 'é', 'e\u0301', 'x'.repeat(255)]) {
      expect(facts({ sub }, { userId: 'sub' }).subject).toBe(sub)
    }
  })
})

describe('the e-mail', () => {
  const fields = { email: 'email' }
  const only = { emailDomain: 'a.com' }

  test.each([
    { email: 'x@a.com', allowed: true },
    { email: 'x@A.COM', allowed: true },
    { email: 'x@b.com', allowed: false },
    { email: 'x@evil-a.com', allowed: false },
    { email: 'x@sub.a.com', allowed: false },
    { email: 'x@b.com@a.com', allowed: false },
    { email: 'a.com', allowed: false },
    { email: '"x"@a.com', allowed: false },
    { email: 'x@a.com\u200b', allowed: false },
    { email: '', allowed: false },
    { email: null, allowed: false },
  ])('AT-076, J-28: $email is of the domain: $allowed', ({ email, allowed }) => {
    expect(facts({ email }, fields, only).domainIsAllowed).toBe(allowed)
  })

  test('AT-076: without an e-mail nobody is of the domain; without a rule nobody asks', () => {
    expect(facts({}, fields, only).domainIsAllowed).toBe(false)
    expect(facts({ email: 'x@a.com' }, {}, only).domainIsAllowed).toBe(false)
    expect(facts({ email: 'x@b.com' }, fields).domainIsAllowed).toBeUndefined()
  })

  test.each([false, 'false', 'true', null, 0, 1, '', [true]])(
    'J-28, INV-04: a mailbox of which the provider says %j is of no domain',
    (email_verified) => {
      const claims = { email: 'x@a.com', email_verified }
      expect(facts(claims, fields, only).domainIsAllowed).toBe(false)
      expect(facts(claims, fields, only, { emailDomains: ['A.com'] }).domainIsAllowed).toBe(true)
    },
  )

  test.each([
    { verified: true, domains: [], proven: true },
    { verified: 'true', domains: [], proven: false },
    { verified: 1, domains: [], proven: false },
    { verified: false, domains: [], proven: false },
    { verified: false, domains: ['X.org'], proven: true },
    { verified: null, domains: ['y.org'], proven: false },
  ])('AT-138: email_verified $verified, decides about $domains -> $proven', ({ verified, domains, proven }) => {
    const claims = { email: 'ann@x.org', email_verified: verified }
    expect(facts(claims, fields, {}, { emailDomains: domains }).emailIsProven).toBe(proven)
  })

  test.each([
    { verified: undefined, proven: true },
    { verified: true, proven: true },
    { verified: false, proven: false },
    { verified: 'false', proven: false },
    { verified: null, proven: false },
  ])('AT-138: in the domain of the only provider, email_verified $verified -> $proven', ({ verified, proven }) => {
    const claims = { email: 'ann@x.org', ...(verified === undefined ? {} : { email_verified: verified }) }
    expect(facts(claims, fields, {}, { presumedEmailDomain: 'x.org' }).emailIsProven).toBe(proven)
    expect(facts(claims, fields, {}, { presumedEmailDomain: 'y.org' }).emailIsProven).toBe(verified === true)
  })

  test('what is no address is proven by nothing', () => {
    expect(facts({ email: 'a@b@x.org', email_verified: true }, fields).emailIsProven).toBe(false)
  })
})

describe('teams', () => {
  const fields = { teamId: 'tid', teamIds: 'groups', teamAlias: 'team' }

  test('AT-066, A.8: the first of a list is the team', () => {
    expect(facts({ tid: ['x', 'y'] }, fields).teamId).toBe('x')
  })

  test.each([{}, { tid: null }, { tid: '' }, { tid: [] }])('A.5, A.6, A.7: %j names no team', (claims) => {
    expect(facts(claims, fields).teamId).toBeUndefined()
    expect(facts(claims, fields, { defaultTeam: 'base' })).toMatchObject({ teamId: undefined, tokenRole: 'team' })
  })

  test('absent groups are something else than no groups', () => {
    expect(facts({}, fields).teamIds).toBeUndefined()
    expect(facts({ groups: null }, fields).teamIds).toBeUndefined()
    expect(facts({ groups: [] }, fields).teamIds).toEqual([])
    expect(facts({ groups: ['b', 'a', 'b'] }, fields).teamIds).toEqual(['b', 'a', 'b'])
  })

  test('AT-070: a text for groups is no team, and known as such', () => {
    expect(facts({ groups: 't1' }, fields)).toMatchObject({ teamIds: undefined, hasTeamText: true })
    expect(facts({ groups: '' }, fields)).toMatchObject({ teamIds: undefined, hasTeamText: false })
  })

  test.each([0, {}, true, ...SPOILT])('AC-034: %j for a team is refused, and the setting named', (value) => {
    const settings = { tid: 'team_id_jwt_field', groups: 'team_ids_jwt_field' }
    for (const [claim, setting] of Object.entries(settings)) {
      const answer = read({ [claim]: value }, fields)
      expect(answer).toMatchObject({ problem: 'token-refused', because: 'jwt_claim_type' })
      expect(answer).toHaveProperty('say', expect.stringContaining(setting))
    }
  })

  test.each(WRONG)('D-59: %j for an alias, an organisation or an end user is refused', (value) => {
    const all = {
      teamAlias: 'a',
      organizationId: 'b',
      organizationAlias: 'c',
      endUserId: 'd',
      objectId: 'e',
      email: 'f',
    }
    for (const [name, text] of Object.entries(all)) {
      expect(read({ [text]: value }, { [name]: text }), name).toMatchObject({ because: 'jwt_claim_type' })
    }
  })

  test('an end user nobody could have is refused, not forgotten', () => {
    expect(read({ eu: 'a\u202eb' }, { endUserId: 'eu' })).toMatchObject({ because: 'jwt_claim_type' })
    expect(facts({ eu: 'Zoë' }, { endUserId: 'eu' }).endUserId).toBe('Zoë')
  })
})

describe('scopes and roles', () => {
  test('AT-071: a list and a text of scopes are the same', () => {
    expect(facts({ scope: 'a b' }, {}).scopes).toEqual(['a', 'b'])
    expect(facts({ scope: ['a', 'b'] }, {}).scopes).toEqual(['a', 'b'])
    expect(facts({ scope: null, scp: 'a', scopes: ['a'] }, {}).scopes).toEqual([])
  })

  test.each([5, true, {}, ['a', 5]])('AT-072: scope %j is refused', (scope) => {
    const answer = read({ scope }, {})
    expect(answer).toMatchObject({ problem: 'token-refused' })
    expect(answer).toHaveProperty('say', expect.stringMatching(/^Authentication Error, Unmapped scope type - /))
  })

  test.each([
    { scope: 'x litellm_proxy_admin', admin: true },
    { scope: ['litellm_proxy_admin'], admin: true },
    { scope: ['x litellm_proxy_admin'], admin: false },
    { scope: 'litellm_proxy_admins', admin: false },
    { scope: 'LITELLM_PROXY_ADMIN', admin: false },
    { scope: 'litellm_proxy_admin,x', admin: false },
  ])('5.11: $scope makes an administrator: $admin', ({ scope, admin }) => {
    expect(facts({ scope }, {})).toMatchObject({
      isScopeAdmin: admin,
      tokenRole: admin ? 'proxy_admin' : undefined,
    })
  })

  const roleMap = [
    { tokenRole: 'ADMIN_*', isGlob: true, role: 'proxy_admin_viewer' },
    { tokenRole: 'ADMIN_X', isGlob: false, role: 'proxy_admin' },
    { tokenRole: 'DEV', isGlob: false, role: 'internal_user' },
  ] as const

  test.each([
    { roles: 'DEV', role: 'internal_user' },
    { roles: ['DEV'], role: 'internal_user' },
    { roles: ['DEV', 'ADMIN_X'], role: 'proxy_admin_viewer' },
    { roles: ['ADMIN_READ'], role: 'proxy_admin_viewer' },
    { roles: ['admin_read'], role: undefined },
    { roles: 'D', role: undefined },
    { roles: 'user DEV', role: undefined },
    { roles: ['xDEV', 'dev', 'DEV '], role: undefined },
    { roles: [], role: undefined },
  ])('AT-078, AT-079, AT-080, AC-035: $roles maps to $role', ({ roles, role }) => {
    expect(facts({ roles }, { roles: 'roles' }, { roleMap }).mappedRole).toBe(role)
  })

  test('J-26: tokens of a provider that may not make administrators make none, by scope or role', () => {
    const bound = (claims: Claims) =>
      facts(claims, { roles: 'roles', userId: 'sub' }, { roleMap }, { mayAdminister: false })
    const claims = { sub: 'eve', scope: 'litellm_proxy_admin', roles: ['ADMIN_X', 'DEV'] }
    expect(bound(claims)).toMatchObject({
      isScopeAdmin: false,
      tokenRole: 'internal_user',
      mappedRole: 'internal_user',
    })
    expect(bound({ ...claims, roles: ['ADMIN_X'] }).mappedRole).toBeUndefined()
  })

  test.each([5, true, {}, ...SPOILT])('D-17: %j for roles is refused, and the setting named', (roles) => {
    expect(read({ roles }, { roles: 'roles' })).toHaveProperty('say', expect.stringContaining('roles_jwt_field'))
    const answer = read({ roles }, { allowedRoles: 'roles' })
    expect(answer).toHaveProperty('say', expect.stringContaining('user_roles_jwt_field'))
  })

  const mapped = {
    roleMappings: [
      { role: 'A', tokenRole: 'team' },
      { role: 'B', tokenRole: 'internal_user' },
    ],
    allowedRoles: ['dev'],
  } as const
  const fields = {
    userId: 'uid',
    email: 'email',
    teamId: 'tid',
    roles: 'roles',
    allowedRoles: 'groups',
    objectId: 'oid',
  }

  test.each([
    { claims: { tid: 't', scope: 'litellm_proxy_admin' }, role: 'proxy_admin' },
    { claims: { tid: 't', uid: 'u' }, role: 'team' },
    { claims: { uid: 'u', roles: ['A'] }, role: 'internal_user' },
    { claims: { groups: ['dev'], roles: ['A'] }, role: 'internal_user' },
    { claims: { groups: 'dev' }, role: 'internal_user' },
    { claims: { groups: 'd' }, role: undefined },
    { claims: { email: 'a@b.c', roles: ['B', 'A'] }, role: 'team' },
    { claims: { roles: ['B'] }, role: 'internal_user' },
    { claims: { email: 'a@b.c' }, role: undefined },
    { claims: { uid: '', tid: '' }, role: undefined },
  ])('5.12: $claims is $role', ({ claims, role }) => {
    expect(facts(claims, fields, mapped).tokenRole).toBe(role)
  })

  test('5.13: the object id is what the role says', () => {
    expect(facts({ oid: 'o', roles: ['A'] }, fields, mapped)).toMatchObject({ teamId: 'o', isObjectTeam: true })
    expect(facts({ oid: 'o', roles: ['B'] }, fields, mapped)).toMatchObject({ subject: 'o', teamId: undefined })
    const admin = facts({ oid: 'o', scope: 'litellm_proxy_admin' }, fields, mapped)
    expect(admin).toMatchObject({ subject: undefined, teamId: undefined })
    expect(read({ oid: ' o', roles: ['B'] }, fields, mapped)).toMatchObject({ because: 'jwt_sub_invalid' })
  })
})

describe('AT-077: each issuer has its own places', () => {
  test('one sub is a team here and a user there', () => {
    expect(facts({ sub: 's' }, { teamId: 'sub' })).toMatchObject({ teamId: 's', subject: undefined })
    expect(facts({ sub: 's' }, { userId: 'sub' })).toMatchObject({ teamId: undefined, subject: 's' })
  })
})

test('AT-056, AC-035: names of our own in a token mean nothing', () => {
  const claims = { sub: 's', groups: ['t1'] }
  const imitated = {
    ...claims,
    _litellm_user_id: 'root',
    _litellm_team_ids: ['t9'],
    _litellm_jwt_issuer: 'https://other',
  }
  const fields = { userId: 'sub', teamIds: 'groups' }
  expect(read(imitated, fields)).toEqual(read(claims, fields))
})

describe('for any token', () => {
  const fields = {
    userId: 'user.id',
    email: 'email',
    teamId: 'tid',
    teamIds: 'groups',
    roles: 'roles',
    organizationId: 'org',
  }
  const value = fc.oneof(
    fc.constantFrom<JsonValue>(null, '', 'a', 'b c', 0, false, 'x@a.com'),
    fc.array(fc.constantFrom<JsonValue>('a', 'b', '', 7), { maxLength: 3 }),
    fc.record({ id: fc.constantFrom<JsonValue>('u', null, 3) }),
  )
  const claims = fc.dictionary(fc.constantFrom('user', 'email', 'tid', 'groups', 'roles', 'org', 'scope', 'sub'), value)

  test('the order of its members says nothing', () => {
    fc.assert(
      fc.property(claims, (some) => {
        const turned = Object.fromEntries(Object.entries(some).toReversed())
        expect(read(turned, fields)).toEqual(read(some, fields))
      }),
    )
  })

  test('what no setting names says nothing', () => {
    const others = fc.dictionary(fc.constantFrom('x', 'team', 'team_id', 'role', 'admin', 'user_id'), value)
    fc.assert(
      fc.property(claims, others, (some, more) => {
        expect(read({ ...more, ...some }, fields)).toEqual(read(some, fields))
      }),
    )
  })

  test('no claims make it throw', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const odd = { user: a, email: b, tid: a, groups: b, roles: a, scope: b, sub: a, org: b } as unknown as Claims
        expect(['allow', 'deny']).toContain(read(odd, fields).verdict)
      }),
    )
  })
})
