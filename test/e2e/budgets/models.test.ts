import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { CHAT, chat, startRig } from '../serving/support/rig.ts'
import type { Rig } from '../serving/support/rig.ts'
import { CALL, LITTLE, expectFew, useUp } from './support/use-up.ts'

let rig: Rig

beforeAll(async () => {
  rig = await startRig({
    configure: ({ apiBase }) => ({
      model_list: [
        mockModel('metered', apiBase),
        mockModel('other', apiBase),
        mockModel('openai/prefixed', apiBase),
        mockModel('failing', apiBase),
        mockModel('wild/*', apiBase),
        mockModel('behind', apiBase, { info: { id: 'front-1' } }),
      ],
      litellm_settings: { model_alias_map: { nickname: 'metered' } },
      router_settings: { num_retries: 0, disable_cooldowns: true, fallbacks: [{ failing: ['metered'] }] },
    }),
  })
  for (const name of ['metered', 'other', 'openai/prefixed', 'wild/one', 'wild/two', 'behind'])
    rig.mock.script(name, { words: 100 })
  rig.mock.script('failing', { refusal: { status: 500, headers: {}, body: '{}' } })
})
afterAll(() => rig.close())

const PER_DAY = { metered: { budget_limit: LITTLE, time_period: '1d' } }

async function make(path: string, body: object): Promise<Record<string, string>> {
  const { status, text } = await rig.post(path, body)
  expect([status, text]).toEqual([200, expect.any(String)])
  const made: Record<string, string> = JSON.parse(text)
  return made
}

describe('the budget of a model stops the calls of that model alone, and says whose it is', () => {
  test.each<{ of: string; fields: () => Promise<object>; says: RegExp }>([
    {
      of: 'a key',
      fields: async () => ({ key_alias: 'bounded', model_max_budget: PER_DAY }),
      says: /^LiteLLM Virtual Key: sk-\.\.\.\S{4}, key_alias: bounded, exceeded budget for model=metered\. Current cost: 0\.000\d+, Max budget: 0\.001/,
    },
    {
      of: 'the shared row of a key',
      fields: async () => make('/budget/new', { model_max_budget: PER_DAY }).then(({ budget_id }) => ({ budget_id })),
      says: /^LiteLLM Virtual Key: .*exceeded budget for model=metered/,
    },
    {
      of: 'a user',
      fields: async () => {
        const { user_id } = await make('/user/new', {
          user_id: 'ana',
          auto_create_key: false,
          model_max_budget: { metered: { max_budget: LITTLE, budget_duration: '1d' } },
        })
        return { user_id }
      },
      says: /^LiteLLM User: ana, exceeded budget for model=metered\. Current cost: 0\.000\d+/,
    },
    {
      of: 'a team',
      fields: () => make('/team/new', { team_id: 'red', model_max_budget: PER_DAY }).then(() => ({ team_id: 'red' })),
      says: /^Budget has been exceeded! Team=red Model=metered Current cost: 0\.000\d+/,
    },
    {
      of: 'each member of a team',
      fields: async () => {
        await make('/user/new', { user_id: 'ben', auto_create_key: false })
        await make('/team/new', {
          team_id: 'blue',
          members_with_roles: [{ role: 'user', user_id: 'ben' }],
          metadata: { team_member_model_max_budget: { metered: { max_budget: LITTLE } } },
        })
        return { team_id: 'blue', user_id: 'ben' }
      },
      says: /^ExceededBudget: Team member model budget exceeded\. User=ben, Team=blue, Model=metered\. Spend=\$0\.000\d+, Budget=\$0\.001/,
    },
    {
      of: 'an organisation',
      fields: async () => {
        const { organization_id } = await make('/organization/new', {
          organization_alias: 'acme',
          model_max_budget: PER_DAY,
        })
        return { organization_id }
      },
      says: /^Budget has been exceeded! Organization=\S+ Model=metered Current cost: 0\.000\d+/,
    },
  ])('$of', async ({ fields, says }) => {
    const key = await rig.newKey(await fields())
    const used = await useUp(rig, key)
    expectFew(used)
    expect(used.message).toMatch(says)
    expect((await rig.post(CHAT, chat('other'), { key })).status).toBe(200)
    expect((await rig.post(CHAT, CALL, { key: await rig.newKey() })).status).toBe(200)
  })

  test('a customer, whoever names it', async () => {
    await make('/customer/new', { user_id: 'customer', model_max_budget: PER_DAY })
    const used = await useUp(rig, undefined, { ...CALL, user: 'customer' })
    expectFew(used)
    expect(used.message).toMatch(/^Budget has been exceeded! End User=customer Model=metered Current cost: 0\.000\d+/)
    expect((await rig.post(CHAT, { ...chat('other'), user: 'customer' })).status).toBe(200)
  })

  test('a tag', async () => {
    await make('/tag/new', { name: 'research', model_max_budget: PER_DAY })
    const used = await useUp(rig, await rig.newKey(), { ...CALL, tags: ['research'] })
    expectFew(used)
    expect(used.message).toMatch(/^Budget has been exceeded! Tag=research Model=metered Current cost: 0\.000\d+/)
  })
})

test('what is spent of it is told with the key, the user and the team', async () => {
  const key = await rig.newKey({
    key_alias: 'told',
    model_max_budget: { metered: { budget_limit: LITTLE }, other: { budget_limit: 1 } },
  })
  await useUp(rig, key)
  const info: { readonly info: { readonly model_spend: Record<string, number> } } = JSON.parse(
    (await rig.get(`/key/info?key=${key}`)).text,
  )
  expect(info.info.model_spend).toEqual({ metered: expect.closeTo(LITTLE, 3), other: 0 })
  expect(info.info.model_spend['metered']).toBeLessThanOrEqual(LITTLE)
  const ana: object = JSON.parse((await rig.get('/user/info?user_id=ana')).text)
  expect(ana).toMatchObject({ user_info: { model_spend: { metered: expect.closeTo(LITTLE, 3) } } })
  const red: object = JSON.parse((await rig.get('/team/info?team_id=red')).text)
  expect(red).toMatchObject({ team_info: { model_spend: { metered: expect.closeTo(LITTLE, 3) } } })
})

test('what is spent of it is told with the organisation', async () => {
  const { organization_id } = await make('/organization/new', {
    organization_alias: 'told',
    model_max_budget: { metered: { budget_limit: LITTLE }, other: { budget_limit: 1 } },
  })
  await useUp(rig, await rig.newKey({ organization_id }))
  const path = `/organization/info?organization_id=${String(organization_id)}`
  const info: { readonly model_spend: Record<string, number> } = JSON.parse((await rig.get(path)).text)
  expect(info.model_spend).toEqual({ metered: expect.closeTo(LITTLE, 3), other: 0 })
  expect(info.model_spend['metered']).toBeGreaterThan(0)
})

test('a refusal says when the budget starts anew, in its text and as `retry-after`', async () => {
  const { message, headers } = await useUp(rig, await rig.newKey({ model_max_budget: PER_DAY }))
  // As the compatible text has it for a key without an alias.
  expect(message).toContain('key_alias: None, exceeded budget for model=metered')
  expect(message).toMatch(/The budget starts anew at \d{4}-\d\d-\d\dT00:00:00\.000Z$/)
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
})

describe('no other name leads past it', () => {
  test.each([
    { what: 'an alias of the key', fields: { aliases: { quick: 'metered' } }, named: 'metered', asked: 'quick' },
    { what: 'an alias of everybody', fields: {}, named: 'metered', asked: 'nickname' },
    { what: 'the model behind the name of an alias', fields: {}, named: 'nickname', asked: 'metered' },
    { what: 'its provider before it', fields: {}, named: 'prefixed', asked: 'openai/prefixed' },
    { what: 'a provider before the name in the budget', fields: {}, named: 'openai/metered', asked: 'metered' },
    { what: 'an alias that a pattern names', fields: {}, named: 'nick*', asked: 'nickname' },
    { what: 'the model behind an alias that a pattern names', fields: {}, named: 'nick*', asked: 'metered' },
    { what: 'the id of a deployment that a pattern names', fields: {}, named: 'front*', asked: 'front-1' },
    { what: 'the model behind such an id', fields: {}, named: 'front*', asked: 'behind' },
    { what: 'a pattern', fields: {}, named: 'wild/*', asked: 'wild/one' },
  ])('$what', async ({ fields, named, asked }) => {
    const key = await rig.newKey({ ...fields, model_max_budget: { [named]: { budget_limit: LITTLE } } })
    const used = await useUp(rig, key, { ...CALL, model: asked })
    expectFew(used)
    expect(used.message).toContain(`exceeded budget for model=${named}.`)
  })

  test('a name that is too long for the books is none, by an alias of the key neither', async () => {
    const long = `wild/${'x'.repeat(255)}`
    const key = await rig.newKey({ aliases: { short: long }, model_max_budget: { '*x': { budget_limit: LITTLE } } })
    for (const model of [long, 'short']) {
      const { status, text } = await rig.post(CHAT, { ...CALL, model }, { key })
      expect([status, text]).toEqual([400, expect.any(String)])
    }
  })

  test('models that one pattern names have one budget together', async () => {
    const key = await rig.newKey({ model_max_budget: { 'wild/*': { budget_limit: LITTLE } } })
    for (let call = 0; call < 3; call += 1)
      expect((await rig.post(CHAT, { ...CALL, model: 'wild/one' }, { key })).status).toBe(200)
    expect((await useUp(rig, key, { ...CALL, model: 'wild/two' })).passed).toBeLessThanOrEqual(4)
  })

  test('a fallback to a model whose budget is used up is passed over', async () => {
    const key = await rig.newKey({ model_max_budget: { metered: { budget_limit: 0 } } })
    const before = rig.mock.bill.entries.length
    expect((await rig.post(CHAT, chat('failing'), { key })).status).toBe(500)
    expect(rig.mock.bill.entries.length).toBe(before)
    const free = await rig.newKey({ model_max_budget: { other: { budget_limit: 0 } } })
    expect((await rig.post(CHAT, chat('failing'), { key: free })).status).toBe(200)
  })
})

test('what was spent before there was a budget counts, and what a rotated key spent', async () => {
  const key = await rig.newKey({ key_alias: 'rotated' })
  for (let call = 0; call < 3; call += 1) expect((await rig.post(CHAT, CALL, { key })).status).toBe(200)
  await make('/key/update', { key, model_max_budget: { metered: { budget_limit: LITTLE } } })
  const { key: next = '' } = await make('/key/regenerate', { key })
  expect((await useUp(rig, next)).passed).toBeLessThanOrEqual(4)
})

test.each([
  { metered: { budget_limit: -1 } },
  { metered: { budget_limit: 'much' } },
  { metered: { time_period: '1d' } },
  { metered: { budget_limit: 1, time_period: 'ever' } },
  { '': { budget_limit: 1 } },
])('%j is refused, as a limit that nobody could keep', async (model_max_budget) => {
  expect((await rig.post('/key/generate', { model_max_budget })).status).toBe(400)
  const metadata = { team_member_model_max_budget: model_max_budget }
  expect((await rig.post('/team/new', { metadata })).status).toBe(400)
})
