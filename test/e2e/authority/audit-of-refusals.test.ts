import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callerOf, good } from './support/caller.ts'
import type { Caller } from './support/caller.ts'
import { freshCredential, freshKey, freshName } from './support/fresh.ts'
import type { Realm } from './support/realm.ts'
import { startRealm } from './support/realm.ts'

const CHOSEN = 'sk-aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z'
const PASSWORD = 'a password that is long enough 7'
const PARAMS = { litellm_params: { model: 'openai/m1', api_key: 'sk-of-the-operator' } }

let realm: Realm
let limited: Caller

beforeAll(async () => {
  const general_settings = { store_model_in_db: true }
  realm = await startRealm({ config: { general_settings } })
  const { master, pa } = realm.cast
  limited = callerOf(realm.port, (await freshKey(master, { user_id: pa.id, models: ['m1'] })).key)
})

afterAll(() => realm.close())

async function latest(): Promise<unknown> {
  return good(await realm.cast.master.get('/audit?page_size=1'))['audit_logs']
}

interface Attempt {
  readonly name: string
  readonly by: () => Caller
  readonly ask: (by: Caller) => ReturnType<Caller['post']>
  readonly table: string
}

const ATTEMPTS: readonly Attempt[] = [
  {
    name: 'a password by an organisation’s administrator',
    by: () => realm.cast.oa1,
    ask: (by) => by.post('/user/update', { user_id: realm.cast.u2.id, password: PASSWORD }),
    table: 'LiteLLM_UserTable',
  },
  {
    name: 'a new user with a password',
    by: () => realm.cast.oa1,
    ask: (by) => by.post('/user/new', { user_id: freshName('user', 'amber'), password: PASSWORD }),
    table: 'LiteLLM_UserTable',
  },
  {
    name: 'a key of one’s own choice in a rotation',
    by: () => realm.cast.u2,
    ask: async (by) => by.post('/key/regenerate', { key: (await ownKey()).hash, new_key: CHOSEN }),
    table: 'LiteLLM_VerificationToken',
  },
  {
    name: 'an access group by an organisation’s administrator',
    by: () => realm.cast.oa1,
    ask: (by) => by.post('/access_group/new', { access_group: freshName('group', 'amber'), model_names: ['m1'] }),
    table: 'LiteLLM_AccessGroupTable',
  },
  {
    name: 'an access group with models that the key has not',
    by: () => limited,
    ask: (by) => by.post('/v1/access_group', { access_group_name: 'wide', access_model_names: ['m2'] }),
    table: 'LiteLLM_AccessGroupTable',
  },
  {
    name: 'a model with a limited key',
    by: () => limited,
    ask: (by) => by.post('/model/new', { model_name: 'm1', ...PARAMS }),
    table: 'LiteLLM_ProxyModelTable',
  },
  {
    name: 'a credential with a limited key',
    by: () => limited,
    ask: async (by) =>
      by.patch(`/credentials/${await freshCredential(realm.cast.master, 'amber')}`, { credential_info: { a: 1 } }),
    table: 'LiteLLM_CredentialsTable',
  },
]

function ownKey(): ReturnType<typeof freshKey> {
  return freshKey(realm.cast.master, { user_id: realm.cast.u2.id })
}

describe('A-01: what is refused before anything is looked at', () => {
  test.each(ATTEMPTS)('is on record: $name', async ({ by, ask, table }) => {
    expect((await ask(by())).status).toBe(403)
    const reason = expect.stringMatching(/^authz/)
    expect(await latest()).toMatchObject([{ table_name: table, outcome: 'refused', reason }])
  })
})
