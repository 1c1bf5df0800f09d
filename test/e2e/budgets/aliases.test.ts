import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MASTER_KEY, mockModel } from '../../support/gateway.ts'
import { CHAT, chat, startRig } from '../serving/support/rig.ts'
import type { Rig } from '../serving/support/rig.ts'
import { CALL, LITTLE, expectFew, useUp } from './support/use-up.ts'

let rig: Rig

beforeAll(async () => {
  rig = await startRig({
    configure: ({ apiBase }) => ({
      model_list: [mockModel('metered', apiBase), mockModel('other', apiBase)],
      litellm_settings: { model_alias_map: { nickname: 'metered' } },
      router_settings: { num_retries: 0 },
    }),
  })
  for (const name of ['metered', 'other']) rig.mock.script(name, { words: 100 })
})
afterAll(() => rig.close())

async function make(path: string, body: object, key = MASTER_KEY): Promise<Record<string, string>> {
  const { status, text } = await rig.post(path, body, { key })
  expect([status, text]).toEqual([200, expect.any(String)])
  const made: Record<string, string> = JSON.parse(text)
  return made
}

const BUDGET = { model_max_budget: { nickname: { budget_limit: LITTLE } } }

describe('no alias of a key gives another meaning to the budget of', () => {
  test.each<{ of: string; fields: () => Promise<object> }>([
    { of: 'its user', fields: async () => ({ user_id: (await make('/user/new', BUDGET))['user_id'] }) },
    { of: 'its team', fields: async () => ({ team_id: (await make('/team/new', BUDGET))['team_id'] }) },
    {
      of: 'its organisation',
      fields: async () => {
        const { organization_id } = await make('/organization/new', { organization_alias: 'acme', ...BUDGET })
        return { organization_id }
      },
    },
  ])('$of', async ({ fields }) => {
    const key = await rig.newKey({ ...(await fields()), aliases: { nickname: 'other' } })
    expectFew(await useUp(rig, key))
    expect((await rig.post(CHAT, chat('other'), { key })).status).toBe(200)
  })
})

describe('a key whose model is limited under an alias', () => {
  const LIMITED = {
    aliases: { quick: 'metered', else: 'other' },
    model_max_budget: { quick: { budget_limit: LITTLE } },
  }

  test.each([{ quick: 'other' }, {}, { quick: 'metered', else: 'metered', quicker: 'other' }])(
    'keeps it, whatever its owner says: %j',
    async (aliases) => {
      const { user_id, key: owner = '' } = await make('/user/new', {})
      const key = await rig.newKey({ user_id, ...LIMITED })
      const { status } = await rig.post('/key/update', { key, aliases }, { key: owner })
      // Names that no limit names are the owner's to give.
      expect(status).toBe(Object.keys(aliases).length === 3 ? 200 : 403)
      expectFew(await useUp(rig, key))
    },
  )

  test('has the same for the keys that it makes', async () => {
    const { user_id } = await make('/user/new', {})
    const key = await rig.newKey({ user_id, ...LIMITED })
    const { key: child } = await make('/key/generate', {}, key)
    expectFew(await useUp(rig, child))
    const otherwise = await rig.post('/key/generate', { aliases: { quick: 'other' } }, { key })
    expect(otherwise.status).toBe(403)
  })
})

test('what is spent under an alias of the team is told with the key', async () => {
  const { team_id } = await make('/team/new', { model_aliases: { quick: 'metered' } })
  const key = await rig.newKey({ team_id, model_max_budget: { quick: { budget_limit: 1 } } })
  expect((await rig.post(CHAT, CALL, { key })).status).toBe(200)
  const { info }: { readonly info: { readonly spend: number; readonly model_spend: object } } = JSON.parse(
    (await rig.get(`/key/info?key=${key}`)).text,
  )
  expect(info.spend).toBeGreaterThan(0)
  expect(info.model_spend).toEqual({ quick: info.spend })
})
