import { describe, expect, test } from 'vitest'
import { makeTeam } from '../../../test/support/rows.ts'
import { admitted, makeMatch, makeMembership } from '../../../test/support/token-makers.ts'
import type { Case } from '../../../test/support/token-makers.ts'
import { makeKey } from '../../../test/support/entries.ts'
import { NOBODY } from '../../domain/principal.ts'
import type { Principal } from '../../domain/principal.ts'
import type { TokenPolicy } from '../../domain/token-settings.ts'
import { boundsOf, isNarrowed } from './own-bounds.ts'

const GIVEN: Case = {
  fields: { userId: 'uid', teamId: 'tid', roles: 'roles' },
  world: { teams: [makeTeam('t1')], users: { ann: makeMatch('ann', {}, [makeMembership('ann', 't1')]) } },
}
const CLAIMS = { uid: 'ann', tid: 't1' }
const EVERY = ['/*']
const ROUTES = ['/v1/chat/completions', '/key/generate']

function callerBy(policy: Partial<TokenPolicy>, claims: object = {}): Principal {
  return admitted({ ...CLAIMS, ...claims }, { ...GIVEN, policy: { teamRoutes: EVERY, ...policy } }).principal
}

const permits = (
  models: readonly string[] | undefined,
  routes: readonly string[] | undefined,
): Partial<TokenPolicy> => ({
  enforcesRoles: true,
  rolePermissions: [{ role: 'team', models, routes }],
})
const scoped: Partial<TokenPolicy> = {
  scopeMappings: [
    { scope: 'a', models: ['m1', 'm2'], routes: undefined },
    { scope: 'b', models: ['m3'], routes: undefined },
  ],
}

describe('INV-12: what a credential itself limits', () => {
  test.each<{
    name: string
    policy: Partial<TokenPolicy>
    claims?: object
    models: readonly string[]
    routes: readonly string[]
  }>([
    { name: 'nothing is said', policy: {}, models: [], routes: EVERY },
    { name: 'the routes of a role', policy: permits(undefined, ROUTES), models: [], routes: ROUTES },
    { name: 'the models of a role', policy: permits(['m1'], undefined), models: ['m1'], routes: EVERY },
    { name: 'both of a role', policy: permits(['m1'], ROUTES), models: ['m1'], routes: ROUTES },
    { name: 'a role without models', policy: permits([], ROUTES), models: ['no-default-models'], routes: ROUTES },
    { name: 'scopes', policy: scoped, claims: { scope: 'a' }, models: ['m1', 'm2'], routes: EVERY },
    { name: 'no scope', policy: scoped, models: ['no-default-models'], routes: EVERY },
    {
      name: 'what role and scopes both name',
      policy: { ...scoped, ...permits(['m2', 'm3'], ROUTES) },
      claims: { scope: 'a' },
      models: ['m2'],
      routes: ROUTES,
    },
    {
      name: 'role and scopes that have nothing in common',
      policy: { ...scoped, ...permits(['m3'], ROUTES) },
      claims: { scope: 'a' },
      models: ['no-default-models'],
      routes: ROUTES,
    },
    {
      name: 'a role of somebody else',
      policy: { ...permits(['m1'], ROUTES), enforcesRoles: false },
      models: [],
      routes: EVERY,
    },
    { name: 'D-14: the routes of teams', policy: { teamRoutes: ROUTES }, models: [], routes: ROUTES },
    {
      name: 'what role and team both open',
      policy: { ...permits(undefined, ROUTES), teamRoutes: ['openai_routes', 'info_routes'] },
      models: [],
      routes: ['/v1/chat/completions'],
    },
  ])('$name', ({ policy, claims, models, routes }) => {
    const caller = callerBy(policy, claims)
    expect(boundsOf(caller)).toMatchObject({ models, allowedRoutes: routes })
    expect(isNarrowed(caller)).toBe(models.length + routes.length > 0)
  })

  test('a key limits by its own lists, the master key by nothing', () => {
    const key = makeKey(1, { models: ['m1'], allowedRoutes: ['/v1/models'] })
    expect(boundsOf({ kind: 'virtual-key', key, standing: NOBODY, bearer: undefined })).toMatchObject({
      models: ['m1'],
      allowedRoutes: ['/v1/models'],
    })
    expect(boundsOf({ kind: 'master' })).toBeUndefined()
    expect(isNarrowed({ kind: 'master' })).toBe(false)
  })
})
