import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import type { Town } from './support/town.ts'
import { fresh, openTown } from './support/town.ts'
import { accountOf, ask, chat, chatOnce, rosterOf } from './support/asks.ts'
import { opened } from './support/opened.ts'
import { join, newTeam, newUser, update } from './support/people.ts'

let idp: IdentityProvider

beforeAll(async () => {
  idp = await startIdentityProvider()
})

afterAll(() => idp.stop())

const USERS = { user_id_jwt_field: 'sub', user_id_upsert: true }

async function teamOf(
  town: Town,
  claims: object,
  wanted: Parameters<typeof chat>[2] = {},
): Promise<string | undefined> {
  return (await accountOf(town, await chat(town, idp.token({ sub: fresh('person'), ...claims }), wanted))).team
}

describe('a singular team', () => {
  const town = opened(() => idp, { auth: { ...USERS, team_id_jwt_field: 'tid', team_alias_jwt_field: 'alias' } })

  test('is the team', async () => {
    const tid = await newTeam(town())
    expect(await teamOf(town(), { tid })).toBe(tid)
  })

  test('AT-095: one that there is not', async () => {
    const tid = fresh('nowhere')
    const { status, message } = await chat(town(), idp.token({ tid }))
    expect(status).toBe(404)
    expect(message).toContain("Team doesn't exist in db.")
    expect((await town().master.get(`/team/info?team_id=${tid}`)).status).toBe(404)
  })

  test('AT-126: one that was deleted', async () => {
    const tid = await newTeam(town(), { models: ['m1'] })
    const token = idp.token({ sub: fresh('person'), tid })
    expect((await chat(town(), token)).status).toBe(200)
    await update(town(), '/team/delete', { team_ids: [tid] })
    for (const model of ['m1', 'm2']) expect([403, 404]).toContain((await chat(town(), token, { model })).status)
  })

  test.each([
    ['missing', undefined],
    ['null', null],
    ['empty', ''],
    ['an empty list', []],
  ])('AT-099, AC-034: %s', async (_, tid) => {
    const verdict = await chat(town(), idp.token({ tid }))
    expect(verdict.status).toBe(401)
    expect(verdict.message).toMatch(/^Authentication Error, No team found in token\./)
    expect(verdict.message).toContain("'tid'")
    expect(verdict.message).toContain("'alias'")
  })

  test('AC-034: a list that holds what is no name', async () => {
    for (const tid of [[''], ['T1', 7], { id: 'T1' }, 0]) {
      const verdict = await chat(town(), idp.token({ tid }))
      expect(verdict).toMatchObject({ status: 401, reason: 'jwt_claim_type' })
      expect(verdict.message).toContain("'tid' (team_id_jwt_field)")
    }
  })

  test('AT-100: an alias', async () => {
    const team_alias = fresh('alias')
    const team = await newTeam(town(), { team_alias })
    expect(await teamOf(town(), { alias: team_alias })).toBe(team)
    expect((await chat(town(), idp.token({ alias: fresh('nobody') }))).status).toBe(404)
    await newTeam(town(), { team_alias })
    const { status, message } = await chat(town(), idp.token({ alias: team_alias }))
    expect(status).toBe(400)
    expect(message).toContain(`Multiple teams found with alias '${team_alias}'`)
  })

  test('INV-06: an alias is an alias to the letter', async () => {
    const team_alias = fresh('Alias')
    await newTeam(town(), { team_alias })
    for (const alias of [team_alias.toLowerCase(), ` ${team_alias}`, `${team_alias} `, `${team_alias.slice(0, -1)}%`]) {
      expect([400, 401, 404], alias).toContain((await chat(town(), idp.token({ alias }))).status)
    }
  })

  test('AT-101: the id goes before the alias', async () => {
    const team_alias = fresh('alias')
    await newTeam(town(), { team_alias })
    const tid = await newTeam(town())
    expect(await teamOf(town(), { tid, alias: team_alias })).toBe(tid)
  })

  test('AT-214, AT-213: its models and its block hold', async () => {
    const tid = await newTeam(town(), { models: ['m1'] })
    const token = idp.token({ sub: fresh('person'), tid })
    expect(await chat(town(), token, { model: 'm2' })).toMatchObject({
      status: 401,
      type: 'team_model_access_denied',
      param: 'model',
    })
    await update(town(), '/team/block', { team_id: tid })
    const { status, message } = await chat(town(), token)
    expect(status).toBe(401)
    expect(message).toContain(`Team=${tid} is blocked`)
  })

  test('AC-036: the header chooses among its teams and nothing else', async () => {
    const tid = await newTeam(town())
    const other = await newTeam(town())
    const verdict = await chat(town(), idp.token({ sub: fresh('person'), tid }), { team: other })
    expect(verdict).toMatchObject({ status: 403, reason: 'team_not_in_token' })
    // Those of the own token, and of nobody else's.
    expect(verdict.message).toContain(`Allowed team ids: ['${tid}']`)
    expect(await teamOf(town(), { tid }, { team: tid })).toBe(tid)
    expect((await chat(town(), idp.token({ tid }), { team: fresh('nowhere') })).status).toBe(403)
  })
})

describe('AT-096: team_id_upsert', () => {
  const town = opened(() => idp, { auth: { ...USERS, team_id_jwt_field: 'tid', team_id_upsert: true } })

  test('makes the team, once, also where two ask at the same time', async () => {
    const tid = fresh('team')
    const all = await Promise.all(
      Array.from({ length: 5 }, () => chatOnce(town(), idp.token({ sub: fresh('person'), tid }))),
    )
    expect((await town().master.get(`/team/info?team_id=${tid}`)).status).toBe(200)
    for (const { status } of all) expect([200, 401, 429]).toContain(status)
    expect(new Set(all.map(({ status }) => status)).size).toBe(1)
  })

  test('a refused request makes none', async () => {
    const tid = fresh('team')
    expect((await ask(town(), idp.token({ tid }), { path: '/team/new', body: {} })).status).not.toBe(200)
    expect((await town().master.get(`/team/info?team_id=${tid}`)).status).toBe(404)
    expect((await chat(town(), idp.token({ tid, aud: 'other' }))).status).toBe(401)
    expect((await town().master.get(`/team/info?team_id=${tid}`)).status).toBe(404)
  })

  test('J-29: what was deleted is not revived', async () => {
    const tid = await newTeam(town(), { models: ['m1'] })
    await update(town(), '/team/delete', { team_ids: [tid] })
    const { status } = await chat(town(), idp.token({ tid }), { model: 'm2' })
    expect(status).not.toBe(200)
  })
})

describe('team_claim_fallback', () => {
  const town = opened(() => idp, { auth: { ...USERS, team_id_jwt_field: 'tid', team_claim_fallback: true } })

  test('AT-097: the one team that is stored', async () => {
    const sub = await newUser(town())
    const team = await newTeam(town())
    await join(town(), team, sub)
    expect(await teamOf(town(), { sub, tid: fresh('nowhere') })).toBe(team)
  })

  test('AT-098: of two none is guessed', async () => {
    const sub = await newUser(town())
    for (const team of [await newTeam(town()), await newTeam(town())]) await join(town(), team, sub)
    const verdict = await chat(town(), idp.token({ sub, tid: fresh('nowhere') }))
    if (verdict.status === 200) expect((await accountOf(town(), verdict)).team).toBeUndefined()
    else expect([401, 403]).toContain(verdict.status)
  })
})

describe('plural teams', () => {
  const town = opened(() => idp, { auth: { ...USERS, team_ids_jwt_field: 'groups' } })

  test('AT-102: the one that allows the model', async () => {
    const groups = [await newTeam(town(), { models: ['m1'] }), await newTeam(town(), { models: ['m2'] })]
    expect(await teamOf(town(), { groups }, { model: 'm2' })).toBe(groups[1])
    expect(await teamOf(town(), { groups }, { model: 'm1' })).toBe(groups[0])
  })

  test('AT-103, D-21: of two that do, the first of the token, on every process and after a restart', async () => {
    const made = await Promise.all(Array.from({ length: 6 }, () => newTeam(town())))
    const orders = [made, made.toReversed(), [...made.slice(3), ...made.slice(0, 3)]]
    const other = await openTown({
      idp,
      auth: { ...USERS, team_ids_jwt_field: 'groups' },
      databaseUrl: town().databaseUrl,
    })
    for (const each of [town(), other]) {
      for (const groups of orders) expect(await teamOf(each, { groups })).toBe(groups[0])
    }
    await other.close()
  })

  test('D-57, AT-104: none that does', async () => {
    const groups = [await newTeam(town(), { models: ['m1'] }), await newTeam(town(), { models: ['m2'] })]
    const { status, message } = await chat(town(), idp.token({ sub: fresh('person'), groups }), { model: 'm3' })
    expect(status).toBe(403)
    expect(message).toMatch(/^No team has access to the requested model: m3\./)
    for (const team of groups) expect(message).not.toContain(team)
  })

  test('AT-105, AT-126: none that there is', async () => {
    const deleted = await newTeam(town())
    await update(town(), '/team/delete', { team_ids: [deleted] })
    for (const groups of [[fresh('nowhere'), fresh('nowhere')], [deleted]]) {
      expect((await chat(town(), idp.token({ sub: fresh('person'), groups }))).status).toBe(403)
    }
  })

  test('teams that there are not are passed over', async () => {
    const team = await newTeam(town())
    expect(await teamOf(town(), { groups: [fresh('nowhere'), team, team] })).toBe(team)
  })

  test('AT-107: a team by header goes before the others', async () => {
    const groups = [await newTeam(town()), await newTeam(town())]
    expect(await teamOf(town(), { groups }, { team: groups[1] })).toBe(groups[1])
    const narrow = await newTeam(town(), { models: ['m2'] })
    const verdict = await chat(town(), idp.token({ groups: [...groups, narrow] }), { team: narrow })
    expect(verdict).toMatchObject({ status: 401, type: 'team_model_access_denied' })
  })

  test('AT-108, AC-036: a team by header that is not in the token', async () => {
    const [mine, theirs] = [await newTeam(town()), await newTeam(town())]
    for (const team of [theirs, fresh('nowhere'), mine.toUpperCase(), `${mine} x`]) {
      const verdict = await chat(town(), idp.token({ groups: [mine] }), { team })
      expect(verdict, team).toMatchObject({ status: 403, reason: 'team_not_in_token' })
    }
    expect((await chat(town(), idp.token(), { team: theirs })).status).toBe(403)
  })

  test('AT-109: an alias in the header becomes the id', async () => {
    const team_alias = fresh('alias')
    const groups = [await newTeam(town()), await newTeam(town(), { team_alias })]
    expect(await teamOf(town(), { groups }, { team: team_alias })).toBe(groups[1])
    const foreign = fresh('alias')
    await newTeam(town(), { team_alias: foreign })
    expect((await chat(town(), idp.token({ groups }), { team: foreign })).status).toBe(403)
  })

  test('AT-121: without a claim, the single stored team', async () => {
    const sub = await newUser(town())
    const team = await newTeam(town())
    await join(town(), team, sub)
    expect(await teamOf(town(), { sub })).toBe(team)
    await join(town(), await newTeam(town()), sub)
    expect(await teamOf(town(), { sub })).toBeUndefined()
  })

  test('a blocked team is not chosen past its block', async () => {
    const groups = [await newTeam(town()), await newTeam(town())]
    await update(town(), '/team/block', { team_id: groups[0] })
    const verdict = await chat(town(), idp.token({ groups }), { team: String(groups[0]) })
    expect([401, 403]).toContain(verdict.status)
  })

  test('memberships are not written unless that is asked for', async () => {
    const team = await newTeam(town())
    const sub = fresh('person')
    expect(await teamOf(town(), { sub, groups: [team] })).toBe(team)
    expect(await rosterOf(town(), team)).not.toContain(sub)
  })
})

describe('AT-106: enforce_team_based_model_access', () => {
  const town = opened(() => idp, {
    auth: { ...USERS, team_ids_jwt_field: 'groups', enforce_team_based_model_access: true },
  })

  test.each<readonly [string, unknown]>([
    ['missing', undefined],
    ['null', null],
    ['text', 'team'],
    ['an empty list', []],
    ['zero', 0],
    ['an object', {}],
    ['a list of empty text', ['']],
    ['a list with a number', ['team', 7]],
  ])('AC-034: %s is never without limits', async (_, groups) => {
    const sub = fresh('person')
    const verdict = await chat(town(), idp.token({ sub, groups }))
    expect([401, 403]).toContain(verdict.status)
    expect(verdict.reason).toMatch(/^(jwt_claim_missing|jwt_claim_type|team_required)/)
  })

  test('the text', async () => {
    const { status, message } = await chat(town(), idp.token())
    expect(status).toBe(403)
    expect(message).toMatch(
      /^No teams found in token\. `enforce_team_based_model_access` is set to True\. Token must belong to a team\./,
    )
  })
})

describe('fallback_to_db_teams', () => {
  const town = opened(() => idp, { auth: { ...USERS, team_ids_jwt_field: 'groups', fallback_to_db_teams: true } })

  test('AT-110: a team of others and one that there is not are told apart by nothing', async () => {
    const sub = await newUser(town())
    await join(town(), await newTeam(town()), sub)
    const theirs = await newTeam(town(), { team_alias: fresh('alias') })
    const nowhere = fresh('team')
    const bodies = await Promise.all(
      [theirs, nowhere].map(async (team) => {
        const verdict = await chat(town(), idp.token({ sub }), { team })
        expect(verdict.status).toBe(403)
        return verdict.answer.text.replaceAll(team, '<team>')
      }),
    )
    expect(bodies[0]).toBe(bodies[1])
    expect((await town().master.get(`/team/info?team_id=${nowhere}`)).status).toBe(404)
  })

  test('a team of one’s own by header, by id and by alias', async () => {
    const sub = await newUser(town())
    const team_alias = fresh('alias')
    const teams = [await newTeam(town()), await newTeam(town(), { team_alias })]
    for (const team of teams) await join(town(), team, sub)
    expect(await teamOf(town(), { sub }, { team: teams[1] })).toBe(teams[1])
    expect(await teamOf(town(), { sub }, { team: team_alias })).toBe(teams[1])
  })

  test('AT-111: the first stored team that allows model and route, with its members’ budgets', async () => {
    const sub = await newUser(town())
    const narrow = await newTeam(town(), { models: ['m2'] })
    const wide = await newTeam(town())
    await join(town(), narrow, sub)
    await join(town(), wide, sub, { max_budget_in_team: 1e-9 })
    expect((await accountOf(town(), await chat(town(), idp.token({ sub }), { model: 'm2' }))).team).toBe(narrow)
    expect((await chat(town(), idp.token({ sub }))).type).toBe('budget_exceeded')
  })

  test('a claim of teams ends the fallback', async () => {
    const sub = await newUser(town())
    await join(town(), await newTeam(town()), sub)
    expect((await chat(town(), idp.token({ sub, groups: [fresh('nowhere')] }))).status).toBe(403)
  })
})

describe('Appendix A', () => {
  const town = opened(() => idp, {
    auth: {
      user_id_jwt_field: 'email',
      user_email_jwt_field: 'email',
      team_ids_jwt_field: 'groups',
      user_id_upsert: true,
    },
  })
  const groups = ['t1', 't2']
  let ann: string

  beforeAll(async () => {
    await newTeam(town(), { team_id: 't1', models: ['m1'] })
    await newTeam(town(), { team_id: 't2', models: ['m1', 'm2'] })
    ann = await newUser(town(), { user_email: 'ann@x.org' })
  })

  test.each([
    { name: 'A.1', model: 'm2', team: 't2', header: undefined },
    { name: 'A.2', model: 'm1', team: 't1', header: undefined },
    { name: 'A.3', model: 'm1', team: 't2', header: 't2' },
  ])('$name', async ({ model, team, header }) => {
    const token = idp.token({ sub: 'sub-of-ann', email: 'Ann@x.org', email_verified: true, groups })
    const verdict = await chat(town(), token, { model, ...(header === undefined ? {} : { team: header }) })
    expect(await accountOf(town(), verdict)).toMatchObject({ user: ann, team })
  })

  test('A.4', async () => {
    const token = idp.token({ sub: 'sub-of-bob', email: 'bob@x.org', email_verified: true })
    const account = await accountOf(town(), await chat(town(), token))
    expect([account.user, account.team]).toEqual(['bob@x.org', undefined])
    await update(town(), '/user/update', { user_id: 'bob@x.org', models: ['m2'] })
    expect((await chat(town(), token)).type).toBe('user_model_access_denied')
  })
})

describe('Appendix A, a default team', () => {
  const town = opened(() => idp, {
    auth: { user_id_jwt_field: 'uid', team_id_jwt_field: 'tid', team_id_default: 'base' },
  })

  beforeAll(async () => {
    for (const team_id of ['base', 'x', 'y']) await newTeam(town(), { team_id })
  })

  test.each<readonly [string, unknown, string]>([
    ['A.5, AT-069', undefined, 'base'],
    ['A.6', null, 'base'],
    ['A.7', [], 'base'],
    ['A.8', ['x', 'y'], 'x'],
  ])('%s', async (_, tid, team) => {
    expect(await teamOf(town(), { tid })).toBe(team)
  })
})
