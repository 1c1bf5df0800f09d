import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDesk } from './support/desk.ts'
import type { Desk } from './support/desk.ts'
import { expectFailure } from './support/expectations.ts'
import { ledBy } from './support/shapes.ts'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk({
    config: () => ({
      litellm_settings: {
        default_key_generate_params: { max_budget: 5, models: ['gpt-4o'], duration: '7d' },
        upperbound_key_generate_params: { max_budget: 100, rpm_limit: 10, duration: '30d' },
        key_generation_settings: {
          team_key_generation: { allowed_team_member_roles: ['admin'], required_params: ['tags'] },
          personal_key_generation: { allowed_user_roles: ['proxy_admin'] },
        },
      },
    }),
  })
})

afterAll(() => desk.close())

test('models are written only where the operator lets them be stored', async () => {
  const litellm_params = { model: 'openai/gpt-4o', api_base: desk.mock.apiBase, api_key: 'sk-provider-7f2d9c41b8' }
  expectFailure(await desk.post('/model/new', { model_name: 'x', litellm_params }), 500, /STORE_MODEL_IN_DB/)
  expect((await desk.read('/v1/models')).data).toHaveLength(3)
})

describe('keys under the operator’s settings', () => {
  test('defaults fill what was not asked for, ceilings what has no default', async () => {
    expect(await desk.done('/key/generate')).toMatchObject({
      max_budget: 5,
      models: ['gpt-4o'],
      duration: '7d',
      rpm_limit: 10,
    })
    const wish = { max_budget: 6, models: ['claude-sonnet'], duration: '1d', rpm_limit: 9 }
    expect(await desk.done('/key/generate', wish)).toMatchObject(wish)
  })

  test.each([
    { row: { max_budget: 1, rpm_limit: 3 }, own: { max_budget: null, rpm_limit: null } },
    { row: { max_budget: 50, rpm_limit: 20 }, own: { max_budget: 5, rpm_limit: 10 } },
    { row: { max_budget: 1 }, own: { max_budget: null, rpm_limit: 10 } },
  ])('neither goes before the tighter limit of a shared row: $row', async ({ row, own }) => {
    const { budget_id } = await desk.done('/budget/new', row)
    expect(await desk.done('/key/generate', { budget_id })).toMatchObject({ ...own, budget_id })
  })

  test('`null` asks for nothing: it is filled, and is not beyond a ceiling', async () => {
    const nothing = { max_budget: null, rpm_limit: null, tpm_limit: null, budget_duration: null, models: null }
    expect(await desk.done('/key/generate', nothing)).toMatchObject({
      max_budget: 5,
      models: ['gpt-4o'],
      duration: '7d',
      rpm_limit: 10,
    })
  })

  test.each([
    ['max_budget', 101],
    ['rpm_limit', 11],
    ['duration', '31d'],
  ])('`%s` has a ceiling', async (field, value) => {
    expectFailure(
      await desk.post('/key/generate', { [field]: value }),
      400,
      new RegExp(`${field} is over max limit set in config - user_value=`),
    )
  })

  test('users make none for themselves, and only a team’s administrators make its own, with tags', async () => {
    const [admin, plain] = [await desk.newUser(), await desk.newUser()]
    const team_id = await desk.newTeam({
      members_with_roles: ledBy(admin, plain),
    })
    expectFailure(await desk.post('/key/generate', {}, plain.key), [400, 401, 403])
    expectFailure(await desk.post('/key/generate', { team_id, tags: ['a'] }, plain.key), [400, 401, 403])
    expectFailure(await desk.post('/key/generate', { team_id }, admin.key), [400, 403])
    expect(await desk.done('/key/generate', { team_id, tags: ['a'] }, admin.key)).toMatchObject({
      team_id,
      tags: ['a'],
    })
  })
})
