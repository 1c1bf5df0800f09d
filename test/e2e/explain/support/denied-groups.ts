import { join, newTeam, newUser, update } from '../../jwt/support/people.ts'
import type { Town, TownOptions } from '../../jwt/support/town.ts'
import { fresh } from '../../jwt/support/town.ts'
import { anyCall, modelsBut } from './denial.ts'
import type { Kinds } from './denial.ts'
import { said } from './said.ts'
import { newMember } from './who.ts'

/** A token names the groups of a directory; without, the teams that are stored. */
export const GROUPS_TOWN: TownOptions = {
  auth: ({ issuer, audience, jwksUrl }) => ({
    user_id_jwt_field: 'sub',
    team_ids_jwt_field: 'groups',
    enforce_team_based_model_access: true,
    fallback_to_db_teams: true,
    issuers: [{ issuer, audience, jwks_url: jwksUrl }],
  }),
}

function teamsOf(town: Town, fields: readonly object[]): Promise<readonly string[]> {
  return Promise.all(fields.map((each) => newTeam(town, each)))
}

function header(team: string): { readonly headers: Readonly<Record<string, string>> } {
  return { headers: { 'x-litellm-team-id': team } }
}

export const DENIED_GROUPS: Kinds = {
  'groups of which none may use the model': async (town, random) => {
    const call = anyCall(random)
    const groups = await teamsOf(town, [{ models: modelsBut(call.model) }, { models: ['m5'] }])
    return said(town, { sub: await newUser(town), groups }, call, 'team', 'team_no_model')
  },
  'groups that are no teams': async (town, random) => {
    const claims = { sub: await newUser(town), groups: [fresh('nowhere'), fresh('nowhere')] }
    return said(town, claims, anyCall(random), 'team', 'team_no_model')
  },
  'a group that is blocked': async (town, random) => {
    const team_id = await newTeam(town)
    await update(town, '/team/block', { team_id })
    return said(town, { sub: await newUser(town), groups: [team_id] }, anyCall(random), 'standing', 'principal_blocked')
  },
  'neither groups nor teams': async (town, random) => {
    const claims = { sub: await newUser(town), ...random.pick<object>([{}, { groups: [] }, { groups: null }]) }
    return said(town, claims, anyCall(random), 'team', 'team_required')
  },
  'stored teams of which none may use the model': async (town, random) => {
    const call = anyCall(random)
    const [sub, team] = await newMember(town, { models: modelsBut(call.model) })
    if (random.next() < 0.5) await join(town, await newTeam(town, { models: ['m5'] }), sub)
    return said(town, { sub, other: team }, call, 'team', 'team_no_model')
  },
  'a team by header outside the groups': async (town, random) => {
    const [mine = '', theirs = ''] = await teamsOf(town, [{}, {}])
    const call = { ...anyCall(random), ...header(random.pick([theirs, fresh('nowhere'), mine.toUpperCase()])) }
    return said(town, { sub: await newUser(town), groups: [mine] }, call, 'caller', 'team_not_in_token')
  },
  'a team by header outside the memberships': async (town, random) => {
    const [sub] = await newMember(town)
    const call = { ...anyCall(random), ...header(random.pick([await newTeam(town), fresh('nowhere')])) }
    return said(town, { sub }, call, 'caller', 'team_not_in_token')
  },
  'a team by header where there is none at all': async (town, random) => {
    const call = { ...anyCall(random), ...header(await newTeam(town)) }
    return said(town, { sub: await newUser(town) }, call, 'caller', 'team_not_in_token')
  },
  'a team by header that may not use the model': async (town, random) => {
    const call = anyCall(random)
    const [open = '', narrow = ''] = await teamsOf(town, [{}, { models: modelsBut(call.model) }])
    const claims = { sub: await newUser(town), groups: [open, narrow] }
    return said(town, claims, { ...call, ...header(narrow) }, 'model', 'model_denied')
  },
  'groups of the wrong type': async (town, random) => {
    const groups = random.pick<unknown>([{ a: 1 }, [{ id: 'a' }], [7], true])
    return said(town, { sub: (await newMember(town))[0], groups }, anyCall(random), 'claims', 'jwt_claim_type')
  },
  'no subject': async (town, random) => {
    const groups = [await newTeam(town)]
    return said(town, random.pick([{ groups }, { groups, uid: 'ada' }]), anyCall(random), 'proof', 'jwt_sub_missing')
  },
  'a group whose budget is spent': async (town, random) => {
    const groups = await teamsOf(town, [{ max_budget: 0 }])
    return said(town, { sub: await newUser(town), groups }, anyCall(random), 'budget', 'budget_exceeded')
  },
  'a user that nobody knows, in a group': async (town, random) => {
    const claims = { sub: fresh('nobody'), groups: [await newTeam(town)] }
    return said(town, claims, anyCall(random), 'caller', 'principal_unknown')
  },
  'a user that would administer': async (town, random) => {
    const [sub] = await newMember(town)
    const route = random.pick(['/audit', '/budget/list', '/global/spend'])
    return said(town, { sub }, { route, method: 'GET' }, 'route', 'authz_role')
  },
}
