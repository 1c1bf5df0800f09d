import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { CHAT, chat, startRig } from './support/rig.ts'
import type { Rig } from './support/rig.ts'

let rig: Rig

beforeAll(async () => {
  rig = await startRig({
    configure: ({ apiBase }) => ({
      model_list: [
        mockModel('plain', apiBase, { model: 'openai/upstream-plain' }),
        mockModel('beta-model', apiBase, { info: { id: 'the-beta-deployment', access_groups: ['beta'] } }),
        mockModel('beta-two', apiBase, { info: { access_groups: ['beta', 'other'] } }),
        mockModel('vendor/*', apiBase, { model: 'openai/*' }),
        mockModel('vendor/special-*', apiBase, { model: 'openai/renamed-*' }),
      ],
      litellm_settings: { model_alias_map: { 'from-the-map': 'plain' } },
      router_settings: {
        model_group_alias: { shown: 'plain', secret: { model: 'plain', hidden: true }, chained: 'vendor/anything' },
      },
    }),
  })
})

afterAll(() => rig.close())

/** The model that the provider was asked for; undefined: the call was refused and nothing was forwarded. */
async function reached(model: string, key?: string): Promise<string | undefined> {
  const before = rig.mock.requests.total
  const { status, text } = await rig.post(CHAT, chat(model), key === undefined ? {} : { key })
  if (status !== 200) {
    expect(rig.mock.requests.total).toBe(before)
    return undefined
  }
  expect(JSON.parse(text)).toMatchObject({ model })
  const asked: { readonly model: string } = JSON.parse(rig.mock.requests.last?.body.toString() ?? '')
  return asked.model
}

async function listed(key?: string): Promise<readonly string[]> {
  const { text } = await rig.get('/v1/models', key === undefined ? {} : { key })
  const list: { readonly data: readonly { readonly id: string }[] } = JSON.parse(text)
  return list.data.map(({ id }) => id)
}

test.each([
  ['plain', 'upstream-plain'],
  ['the-beta-deployment', 'beta-model'],
  ['from-the-map', 'upstream-plain'],
  ['shown', 'upstream-plain'],
  ['secret', 'upstream-plain'],
  ['vendor/gpt-x', 'gpt-x'],
  ['vendor/a/b', 'a/b'],
  ['vendor/special-7', 'renamed-7'],
  ['chained', 'anything'],
])('%s leads to %s', async (name, upstream) => {
  expect(await reached(name)).toBe(upstream)
})

test.each(['nope', 'vendor', 'Plain', 'plain ', ' plain', 'plain,beta-model', '*', '__proto__', 'constructor'])(
  'the name %j leads nowhere',
  async (name) => {
    expect(await reached(name)).toBeUndefined()
  },
)

test('hidden aliases can be called and are not listed', async () => {
  const names = await listed()
  expect(names).toContain('shown')
  expect(names).toContain('vendor/*')
  expect(names).not.toContain('secret')
})

test('a key’s own aliases lead where its maker said, and are granted with the key', async () => {
  const key = await rig.newKey({ aliases: { 'gpt-4': 'plain', plain: 'beta-model' }, models: ['gpt-4', 'plain'] })
  expect(await reached('gpt-4', key)).toBe('upstream-plain')
  expect(await reached('plain', key)).toBe('beta-model')
  expect(await listed(key)).toContain('gpt-4')
  expect(await reached('gpt-4')).toBeUndefined()
})

describe('a key’s `models`', () => {
  test.each<[string, readonly string[], readonly string[], readonly string[]]>([
    ['a name', ['plain'], ['plain'], ['beta-model', 'vendor/x']],
    ['an access group', ['beta'], ['beta-model', 'beta-two', 'the-beta-deployment'], ['plain', 'vendor/x']],
    ['a wildcard', ['vendor/*'], ['vendor/x', 'vendor/special-1'], ['plain', 'beta-model']],
    ['a narrower wildcard', ['vendor/special-*'], ['vendor/special-1'], ['vendor/x', 'plain']],
    ['one name of a wildcard', ['vendor/x'], ['vendor/x'], ['vendor/y', 'plain']],
    ['an alias', ['shown'], ['shown'], ['beta-model']],
    ['everything, by its special name', ['all-proxy-models'], ['plain', 'vendor/x', 'beta-two'], ['nope']],
    ['nothing said', [], ['plain', 'vendor/x', 'beta-model'], ['nope']],
  ])('%s: %j', async (_what, models, open, closed) => {
    const key = await rig.newKey({ models })
    for (const name of open) expect.soft(await reached(name, key), name).toBeDefined()
    for (const name of closed) expect.soft(await reached(name, key), name).toBeUndefined()
  })

  test('refusals name the key’s list and the model, with 401', async () => {
    const key = await rig.newKey({ models: ['beta'] })
    const { status, text } = await rig.post(CHAT, chat('plain'), { key })
    expect(status).toBe(401)
    expect(JSON.parse(text)).toMatchObject({
      error: {
        message: "key not allowed to access model. This key can only access models=['beta']. Tried to access plain",
        type: 'key_model_access_denied',
        param: 'model',
        code: '401',
      },
    })
  })

  test.each<[string, object]>([
    ['nothing said', {}],
    ['a name', { models: ['plain'] }],
    ['an access group', { models: ['beta'] }],
    ['a wildcard and an alias', { models: ['vendor/*', 'shown'] }],
    ['one name of a wildcard', { models: ['vendor/x'] }],
    ['own aliases', { models: ['mine'], aliases: { mine: 'plain' } }],
    ['an alias of what it may not use', { models: ['plain'], aliases: { mine: 'beta-model' } }],
    ['a name that does not exist', { models: ['nope'] }],
  ])('what is listed can be called, and what is not listed cannot: %s', async (_what, fields) => {
    const key = await rig.newKey(fields)
    const names = await listed(key)
    const called = ['plain', 'beta-model', 'beta-two', 'shown', 'chained', 'vendor/x', 'mine', 'nope']
    for (const name of new Set([...called, ...names.filter((listing) => !listing.includes('*'))])) {
      const isListed = names.includes(name) || (name.startsWith('vendor/') && names.includes('vendor/*'))
      expect.soft((await reached(name, key)) !== undefined, name).toBe(isListed)
      const { status } = await rig.get(`/v1/models/${encodeURIComponent(name)}`, { key })
      expect.soft(status, name).toBe(isListed ? 200 : 404)
    }
  })
})

test('a catch-all takes what nothing else takes', async () => {
  const other = await startRig({
    configure: ({ apiBase }) => ({
      model_list: [
        mockModel('*', apiBase, { model: 'openai/*' }),
        mockModel('exact', apiBase, { model: 'openai/by-name' }),
        mockModel('ada/*', apiBase, { model: 'openai/by-prefix-*' }),
      ],
    }),
  })
  for (const [name, upstream] of [
    ['exact', 'by-name'],
    ['ada/1', 'by-prefix-1'],
    ['whatever', 'whatever'],
  ] as const) {
    expect((await other.post(CHAT, chat(name))).status).toBe(200)
    expect(other.mock.bill.entries.at(-1)?.model).toBe(upstream)
  }
  await other.close()
})
