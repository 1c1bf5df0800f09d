import fc from 'fast-check'
import type { Claims } from '../../src/domain/claims.ts'
import type { TokenPolicy } from '../../src/domain/token-settings.ts'
import { makeBudget, makeOrganization, makeTeam, makeUser } from './rows.ts'
import type { SmallWorld } from './small-directory.ts'
import { CHAT, ISSUER, makeMembership, makePolicy, makeRoute } from './token-makers.ts'
import type { FieldTexts } from './token-makers.ts'

const OTHER = 'https://other.example'
const ROUTES = [CHAT, makeRoute('/v1/embeddings'), makeRoute('/v1/models', 'GET'), makeRoute('/key/generate')]
const NAMES = ['ann', 'bob', 'root', 'gone', 'nobody', 'S', 't1', 't2', 't3', 't4', 'One', 'Twins', 'acme', 'Acme']
const MAILS = ['ann@a.com', 'ANN@a.com', 'bob@b.com', 'two@a.com', 'new@a.com']

const of = (
  id: string,
  user: object,
  memberships: readonly (readonly [string, string?])[] = [],
  links: readonly string[] = [],
) => ({
  user: makeUser(id, user),
  teams: memberships.map(([team, source]) => ({
    ...makeMembership(id, team, source),
    ...(team === 't3' ? { budgetId: makeBudget('few').id } : {}),
  })),
  organizations: [],
  identities: links.map((link) => ({
    issuer: link.startsWith('other ') ? OTHER : ISSUER,
    subject: link.replace('other ', ''),
  })),
})

export const WORLD: SmallWorld = {
  users: [
    of('ann', { email: 'Ann@a.com' }, [['t1'], ['t2', ISSUER]]),
    of('bob', { email: 'bob@b.com', models: ['m1'] }, [['t3']], ['S']),
    of('root', { role: 'proxy_admin', email: 'root@a.com' }),
    of('one', { email: 'two@a.com' }, [], ['other x']),
    of('two', { email: 'TWO@a.com', ssoUserId: 'nobody' }),
  ],
  teams: [
    makeTeam('t1', { alias: 'One', models: ['m1'], organizationId: makeOrganization('acme', 'b').id }),
    makeTeam('t2', { alias: 'Twins', models: ['m2'] }),
    makeTeam('t3', { alias: 'Twins', allowedPassThroughRoutes: ['/azure'] }),
  ],
  organizations: [makeOrganization('acme', 'b', { alias: 'Acme' }), makeOrganization('zeta', 'b', { alias: 'Zeta' })],
  budgets: [makeBudget('few', { allowedModels: ['m3'] })],
  deleted: ['gone'],
}

const FIELDS: FieldTexts = {
  userId: 'uid',
  email: 'email',
  teamId: 'tid',
  teamIds: 'groups',
  teamAlias: 'team',
  organizationId: 'org',
  organizationAlias: 'org_name',
  endUserId: 'customer',
  objectId: 'oid',
  roles: 'roles',
  allowedRoles: 'realm.roles',
}

/** Without those that make a team mandatory. */
const WITHOUT_NEED = Object.entries(FIELDS).filter(([field]) => field !== 'teamId' && field !== 'teamAlias')

export interface Scene {
  readonly fields: FieldTexts
  readonly policy: TokenPolicy
  readonly header: string | undefined
  readonly route: (typeof ROUTES)[number]
  readonly model: string | undefined
}

export const name = fc.constantFrom(...NAMES)
const team = fc.oneof({ weight: 5, arbitrary: fc.constantFrom('t1', 't2', 't3') }, { weight: 1, arbitrary: name })
const person = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('ann', 'bob', 'S', 'root', 'new') },
  { weight: 1, arbitrary: name },
)
const flag = (ofTen: number): fc.Arbitrary<boolean> => fc.nat(9).map((drawn) => drawn < ofTen)

/** Present in so many of ten cases: most scenes have to let most tokens through, or nothing would be seen. */
function now<T>(value: fc.Arbitrary<T>, ofTen: number): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 10 - ofTen, arbitrary: fc.constant(undefined) }, { weight: ofTen, arbitrary: value })
}

export const claimsOf: fc.Arbitrary<Claims> = fc
  .record({
    sub: now(name, 5),
    uid: now(person, 8),
    email: now(fc.constantFrom(...MAILS), 5),
    email_verified: now(fc.boolean(), 5),
    tid: now(fc.oneof(team, fc.array(team, { maxLength: 2 })), 4),
    groups: now(fc.array(team, { maxLength: 3 }), 5),
    team: now(fc.constantFrom('One', 'One', 'Twins', 'nobody'), 2),
    org: now(fc.constantFrom('acme', 'acme', 'gone'), 2),
    org_name: now(fc.constantFrom('zeta', 'Zeta', 'Acme'), 2),
    customer: now(name, 3),
    oid: now(fc.oneof(team, person), 2),
    roles: now(fc.oneof(fc.constantFrom('ADMIN', 'svc', 'dev'), fc.subarray(['ADMIN', 'svc', 'dev', 'x'])), 4),
    realm: now(fc.record({ roles: fc.subarray(['dev', 'x']) }), 3),
    scope: now(fc.constantFrom('a', 'a b', 'b', 'c', 'litellm_proxy_admin', 'litellm_proxy_admin a', ''), 4),
  })
  .map((claims) => Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined)) as Claims)

const policyOf: fc.Arbitrary<TokenPolicy> = fc
  .record({
    exemptsStoredAdmins: flag(5),
    emailDomain: now(fc.constant('a.com'), 1),
    createsUsers: flag(8),
    allowedRoles: now(fc.constant(['dev']), 3),
    defaultTeam: now(fc.constantFrom('t1', 't4'), 2),
    createsTeams: flag(3),
    teamRoutes: fc.constantFrom(['openai_routes', 'info_routes'], ['/v1/chat/completions']),
    writesMemberships: flag(5),
    needsTeam: flag(2),
    claimedTeamsAreAdvice: flag(3),
    fallsBackToStoredTeams: flag(3),
    enforcesRoles: flag(2),
    needsSomebody: flag(5),
    syncs: flag(3),
    scopeMappings: now(
      fc.constant([
        { scope: 'a', models: ['m1'], routes: undefined },
        { scope: 'b', models: ['m2'], routes: ['/v1/embeddings'] },
      ]),
      3,
    ),
  })
  .map((some) =>
    makePolicy({
      ...some,
      adminRoutes: ['openai_routes', 'management_routes'],
      roleMappings: [{ role: 'svc', tokenRole: 'team' }],
      roleMap: [{ tokenRole: 'ADMIN', isGlob: false, role: 'proxy_admin' }],
      rolePermissions: [
        { role: 'team', models: ['m1', 'm2'], routes: ['/v1/chat/completions', '/v1/models'] },
        { role: 'internal_user', models: undefined, routes: ['openai_routes'] },
      ],
    }),
  )

export const sceneOf: fc.Arbitrary<Scene> = fc.record({
  fields: fc
    .record({ ids: fc.subarray(Object.entries(FIELDS)), isAll: flag(5) })
    .map(({ ids, isAll }) => ({ userId: 'uid', ...(Object.fromEntries(isAll ? WITHOUT_NEED : ids) as FieldTexts) })),
  policy: policyOf,
  header: now(fc.constantFrom('t1', 't2', 't3', 'One', 'Twins', 'nobody'), 2),
  route: fc.constantFrom(CHAT, CHAT, ...ROUTES),
  model: now(fc.constantFrom('m1', 'm2', 'm3'), 7),
})
