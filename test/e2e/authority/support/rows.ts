import type { Ask } from '../../hostile/support/stand.ts'
import type { Cast, Tenant } from './cast.ts'
import { ORG, TEAM, idOf } from './cast.ts'
import {
  freshBudget,
  freshCredential,
  freshCustomer,
  freshKey,
  freshMapping,
  freshName,
  freshOrganisation,
  freshTag,
  freshTeam,
  freshUser,
} from './fresh.ts'

/** The columns of security.md 6.2 that a virtual key can have. */
export const COLUMNS = ['PA', 'PAV', 'OA', 'TA', 'IU', 'IUV', 'KN'] as const
export type Column = (typeof COLUMNS)[number]

/** One line of the matrix: a well-formed call on a fresh object, and who may make it. */
export interface Row {
  readonly name: string
  /** Who may, when the object is of the amber tenant; the cast's first halves are all amber. */
  readonly own: readonly Column[]
  /** Who may, when it is of the cobalt tenant. */
  readonly foreign: readonly Column[]
  /** Where the specifications differ, or leave it to a setting: not judged. */
  readonly open?: readonly Column[]
  readonly ask: (cast: Cast, tenant: Tenant) => Promise<Ask>
}

type Make = (cast: Cast, tenant: Tenant) => Promise<object>

function row(name: string, own: string, foreign: string, make: Make, open = ''): Row {
  const [method = 'POST', path = ''] = name.split(' ')
  return {
    name,
    own: columns(own),
    foreign: columns(foreign),
    open: columns(open),
    ask: async (cast, tenant) => ({ method, path, body: await make(cast, tenant) }),
  }
}

/** A read: the path ends with what `find` answers. */
function read(name: string, own: string, foreign: string, find: Row['ask'] | string, open = ''): Row {
  const ask: Row['ask'] = typeof find === 'string' ? async () => ({ path: find }) : find
  return { name, own: columns(own), foreign: columns(foreign), open: columns(open), ask }
}

function columns(text: string): readonly Column[] {
  return COLUMNS.filter((column) => text.split(' ').includes(column))
}

const teamKey = async (cast: Cast, tenant: Tenant): Promise<{ key: string }> => ({
  key: (await freshKey(cast.master, { team_id: TEAM[tenant], key_alias: freshName('key', tenant) })).hash,
})
/** Of u2 in amber and of u3 in cobalt, outside their teams. */
const personalKey = async (cast: Cast, tenant: Tenant): Promise<{ key: string }> => {
  const user_id = tenant === 'amber' ? cast.u2.id : cast.u3.id
  return { key: (await freshKey(cast.master, { user_id, key_alias: freshName('key', tenant) })).hash }
}
const team: Make = async (cast, tenant) => ({ team_id: await freshTeam(cast.master, tenant) })
const member = (tenant: Tenant): string => idOf(tenant === 'amber' ? { name: 'v1', tenant } : { name: 'u3', tenant })

const ALL = 'PA PAV OA TA IU IUV KN'

export const KEY_ROWS: readonly Row[] = [
  row('POST /key/generate in a team', 'PA OA TA', 'PA', async (_, tenant) => ({
    team_id: TEAM[tenant],
    models: ['m1'],
    max_budget: 1,
    key_alias: freshName('key', tenant),
  })),
  row('POST /key/generate for oneself', 'PA OA TA IU', 'PA OA TA IU', async (_, tenant) => ({
    models: ['m1'],
    key_alias: freshName('key', tenant),
  })),
  row('POST /key/service-account/generate', 'PA OA TA', 'PA', async (_, tenant) => ({
    team_id: TEAM[tenant],
    models: ['m1'],
    key_alias: freshName('key', tenant),
  })),
  row('POST /key/update of a team', 'PA OA TA', 'PA', async (cast, tenant) => ({
    ...(await teamKey(cast, tenant)),
    key_alias: freshName('key', tenant),
  })),
  row(
    'POST /key/update of a person',
    'PA IU',
    'PA',
    async (cast, tenant) => ({ ...(await personalKey(cast, tenant)), key_alias: freshName('key', tenant) }),
    'OA TA',
  ),
  row('POST /key/block of a team', 'PA OA TA', 'PA', teamKey),
  row('POST /key/unblock of a team', 'PA', 'PA', teamKey, 'OA TA'),
  row('POST /key/report_leaked', 'PA', 'PA', async (cast, tenant) => ({ key: (await teamKey(cast, tenant)).key })),
  row('POST /key/delete of a team', 'PA OA TA', 'PA', async (cast, tenant) => ({
    keys: [(await teamKey(cast, tenant)).key],
  })),
  row(
    'POST /key/delete of a person',
    'PA IU',
    'PA',
    async (cast, tenant) => ({ keys: [(await personalKey(cast, tenant)).key] }),
    'OA TA',
  ),
  row('POST /key/regenerate of a team', 'PA OA TA', 'PA', teamKey),
  row('POST /key/regenerate of a person', 'PA IU', 'PA', personalKey, 'OA TA'),
  {
    name: 'POST /key/{key}/regenerate of a team',
    own: columns('PA OA TA'),
    foreign: columns('PA'),
    ask: async (cast, tenant) => ({ path: `/key/${(await teamKey(cast, tenant)).key}/regenerate`, body: {} }),
  },
  {
    name: 'POST /key/{key}/reset_spend',
    own: columns('PA'),
    foreign: columns('PA'),
    open: columns('TA'),
    ask: async (cast, tenant) => ({
      path: `/key/${(await teamKey(cast, tenant)).key}/reset_spend`,
      body: { reset_to: 0 },
    }),
  },
  read(
    'GET /key/info of a team',
    'PA PAV OA TA',
    'PA PAV',
    async (cast, tenant) => ({ path: `/key/info?key=${(await teamKey(cast, tenant)).key}` }),
    'IU IUV KN',
  ),
  read(
    'GET /key/info of a person',
    'PA PAV IU',
    'PA PAV',
    async (cast, tenant) => ({ path: `/key/info?key=${(await personalKey(cast, tenant)).key}` }),
    'OA TA',
  ),
  read('GET /key/info of itself', ALL, ALL, '/key/info'),
  read('GET /key/list', 'PA PAV OA TA IU IUV', 'PA PAV OA TA IU IUV', '/key/list', 'KN'),
]

export const USER_ROWS: readonly Row[] = [
  row(
    'POST /user/new',
    'PA',
    'PA',
    async (_, tenant) => ({
      user_id: freshName('user', tenant),
      user_role: 'internal_user',
      organizations: [ORG[tenant]],
      auto_create_key: false,
    }),
    'OA',
  ),
  row('POST /user/update', 'PA OA', 'PA', async (cast, tenant) => ({
    user_id: await freshUser(cast.master, tenant),
    user_alias: 'renamed',
  })),
  row('POST /user/bulk_update', 'PA', 'PA', async (cast, tenant) => ({
    users: [{ user_id: await freshUser(cast.master, tenant), user_alias: 'renamed' }],
  })),
  row('POST /user/delete', 'PA', 'PA', async (cast, tenant) => ({ user_ids: [await freshUser(cast.master, tenant)] })),
  read('GET /user/info', 'PA PAV OA', 'PA PAV', async (cast, tenant) => ({
    path: `/user/info?user_id=${await freshUser(cast.master, tenant)}`,
  })),
  read('GET /user/list', 'PA PAV OA', 'PA PAV OA', '/user/list', 'TA'),
  row(
    'POST /invitation/new',
    'PA OA',
    'PA',
    async (cast, tenant) => ({ user_id: await freshUser(cast.master, tenant) }),
    'TA',
  ),
]

export const TEAM_ROWS: readonly Row[] = [
  row('POST /team/new', 'PA OA', 'PA', async (_, tenant) => ({
    team_id: freshName('team', tenant),
    organization_id: ORG[tenant],
    models: ['m1'],
    max_budget: 1,
  })),
  row('POST /team/delete', 'PA OA', 'PA', async (cast, tenant) => ({
    team_ids: [await freshTeam(cast.master, tenant)],
  })),
  row('POST /team/update', 'PA OA TA', 'PA', async (cast, tenant) => ({
    ...(await team(cast, tenant)),
    max_budget: 9,
  })),
  row('POST /team/block', 'PA OA', 'PA', team),
  row('POST /team/unblock', 'PA OA', 'PA', team),
  read('GET /team/info', ALL, 'PA PAV', async (_, tenant) => ({ path: `/team/info?team_id=${TEAM[tenant]}` })),
  row('POST /team/member_add', 'PA OA TA', 'PA', async (cast, tenant) => ({
    ...(await team(cast, tenant)),
    member: { role: 'user', user_id: await freshUser(cast.master, tenant) },
  })),
  row('POST /team/bulk_member_add', 'PA OA TA', 'PA', async (cast, tenant) => ({
    ...(await team(cast, tenant)),
    members: [{ role: 'user', user_id: await freshUser(cast.master, tenant) }],
  })),
  row('POST /team/member_update', 'PA OA TA', 'PA', async (cast, tenant) => ({
    ...(await team(cast, tenant)),
    user_id: member(tenant),
    max_budget_in_team: 1,
  })),
  row('POST /team/member_delete', 'PA OA TA', 'PA', async (cast, tenant) => ({
    ...(await team(cast, tenant)),
    user_id: member(tenant),
  })),
  read(
    'GET /team/permissions_list',
    'PA OA TA',
    'PA',
    async (_, tenant) => ({ path: `/team/permissions_list?team_id=${TEAM[tenant]}` }),
    'PAV IU IUV',
  ),
  row('POST /team/permissions_update', 'PA OA TA', 'PA', async (cast, tenant) => ({
    ...(await team(cast, tenant)),
    team_member_permissions: ['/key/info', '/key/list'],
  })),
  row('POST /team/model/add', 'PA OA', 'PA', async (cast, tenant) => ({
    team_id: await freshTeam(cast.master, tenant, { models: ['m-slow'] }),
    models: ['m1'],
  })),
  row('POST /team/model/delete', 'PA OA', 'PA', async (cast, tenant) => ({
    ...(await team(cast, tenant)),
    models: ['m-slow'],
  })),
]

export const ORGANISATION_ROWS: readonly Row[] = [
  row('POST /organization/new', 'PA', 'PA', async (_, tenant) => ({
    organization_id: freshName('org', tenant),
    organization_alias: 'New',
  })),
  row('DELETE /organization/delete', 'PA', 'PA', async (cast, tenant) => ({
    organization_ids: [await freshOrganisation(cast.master, tenant)],
  })),
  row('PATCH /organization/update', 'PA OA', 'PA', async (_, tenant) => ({
    organization_id: ORG[tenant],
    organization_alias: freshName('alias', tenant),
  })),
  read(
    'GET /organization/info',
    'PA PAV OA',
    'PA PAV',
    async (_, tenant) => ({ path: `/organization/info?organization_id=${ORG[tenant]}` }),
    'TA IU IUV',
  ),
  row('POST /organization/member_add', 'PA OA', 'PA', async (cast, tenant) => ({
    organization_id: ORG[tenant],
    member: { role: 'internal_user', user_id: await loneUser(cast, tenant) },
  })),
  row('PATCH /organization/member_update', 'PA OA', 'PA', async (cast, tenant) => ({
    organization_id: ORG[tenant],
    user_id: await freshUser(cast.master, tenant),
    role: 'internal_user_viewer',
  })),
  row('DELETE /organization/member_delete', 'PA OA', 'PA', async (cast, tenant) => ({
    organization_id: ORG[tenant],
    user_id: await freshUser(cast.master, tenant),
  })),
]

/** A user without any membership. */
async function loneUser(cast: Cast, tenant: Tenant): Promise<string> {
  const user_id = freshName('lone', tenant)
  await cast.master.post('/user/new', { user_id, user_role: 'internal_user', auto_create_key: false })
  return user_id
}

export const OPERATOR_ROWS: readonly Row[] = [
  row('POST /budget/new', 'PA', 'PA', async (_, tenant) => ({ budget_id: freshName('budget', tenant), max_budget: 1 })),
  row('POST /budget/update', 'PA', 'PA', async (cast, tenant) => ({
    budget_id: await freshBudget(cast.master, tenant),
    max_budget: 6,
  })),
  row('POST /budget/delete', 'PA', 'PA', async (cast, tenant) => ({ id: await freshBudget(cast.master, tenant) })),
  row(
    'POST /budget/info',
    'PA PAV',
    'PA PAV',
    async (cast, tenant) => ({ budgets: [await freshBudget(cast.master, tenant)] }),
    'OA',
  ),
  read('GET /budget/list', 'PA PAV', 'PA PAV', '/budget/list', 'OA'),
  ...['customer', 'end_user'].flatMap((kind) => customerRows(kind)),
  row('POST /tag/new', 'PA', 'PA', async (_, tenant) => ({ name: freshName('tag', tenant) }), 'OA'),
  row('POST /tag/update', 'PA', 'PA', async (cast, tenant) => ({
    name: await freshTag(cast.master, tenant),
    description: 'changed',
  })),
  row('POST /tag/delete', 'PA', 'PA', async (cast, tenant) => ({ name: await freshTag(cast.master, tenant) })),
  read('GET /tag/list', 'PA PAV', 'PA PAV', '/tag/list', 'OA TA'),
  row('POST /credentials', 'PA', 'PA', async (_, tenant) => ({
    credential_name: freshName('credential', tenant),
    credential_values: { api_key: 'sk-some-value-0123456789' },
    credential_info: {},
  })),
  read('GET /credentials', 'PA', 'PA', '/credentials'),
  {
    name: 'DELETE /credentials/{name}',
    own: columns('PA'),
    foreign: columns('PA'),
    ask: async (cast, tenant) => ({
      method: 'DELETE',
      path: `/credentials/${await freshCredential(cast.master, tenant)}`,
    }),
  },
  {
    name: 'PATCH /credentials/{name}',
    own: columns('PA'),
    foreign: columns('PA'),
    ask: async (cast, tenant) => {
      const credential_name = await freshCredential(cast.master, tenant)
      const body = { credential_name, credential_values: { api_key: 'sk-other-value-0123456789' }, credential_info: {} }
      return { method: 'PATCH', path: `/credentials/${credential_name}`, body }
    },
  },
  read('GET /audit', 'PA PAV', 'PA PAV', '/audit', 'OA'),
  read('GET /models', ALL, ALL, '/models'),
  read('GET /model/info', ALL, ALL, '/model/info'),
  read('GET /model_group/info', ALL, ALL, '/model_group/info'),
]

function customerRows(kind: string): readonly Row[] {
  return [
    row(`POST /${kind}/new`, 'PA', 'PA', async (_, tenant) => ({ user_id: freshName('customer', tenant) })),
    row(`POST /${kind}/update`, 'PA', 'PA', async (cast, tenant) => ({
      user_id: await freshCustomer(cast.master, tenant),
      alias: 'changed',
    })),
    ...['delete', 'block', 'unblock'].map((verb) =>
      row(`POST /${kind}/${verb}`, 'PA', 'PA', async (cast, tenant) => ({
        user_ids: [await freshCustomer(cast.master, tenant)],
      })),
    ),
    read(`GET /${kind}/info`, 'PA PAV', 'PA PAV', async (cast, tenant) => ({
      path: `/${kind}/info?end_user_id=${await freshCustomer(cast.master, tenant)}`,
    })),
    read(`GET /${kind}/list`, 'PA PAV', 'PA PAV', `/${kind}/list`),
  ]
}

/** Models in the store; the gateway has to be started with `store_model_in_db`. */
export const MODEL_ROWS: readonly Row[] = [
  row('POST /model/new', 'PA', 'PA', async (_, tenant) => storedModel(tenant)),
  row('POST /model/update', 'PA', 'PA', async (cast, tenant) => ({
    model_info: { id: await freshModel(cast, tenant) },
    litellm_params: { rpm: 5 },
  })),
  {
    name: 'PATCH /model/{id}/update',
    own: columns('PA'),
    foreign: columns('PA'),
    ask: async (cast, tenant) => ({
      method: 'PATCH',
      path: `/model/${await freshModel(cast, tenant)}/update`,
      body: { litellm_params: { rpm: 5 } },
    }),
  },
  row('POST /model/delete', 'PA', 'PA', async (cast, tenant) => ({ id: await freshModel(cast, tenant) })),
]

function storedModel(tenant: Tenant): { model_name: string; litellm_params: object; model_info: { id: string } } {
  const name = freshName('model', tenant)
  const litellm_params = { model: `openai/${name}`, api_base: 'http://127.0.0.1:9/v1', api_key: 'sk-model-0123456789' }
  return { model_name: name, litellm_params, model_info: { id: `id-of-${name}` } }
}

async function freshModel(cast: Cast, tenant: Tenant): Promise<string> {
  const model = storedModel(tenant)
  const { status, text } = await cast.master.post('/model/new', model)
  if (status !== 200) throw new Error(`/model/new answered ${status}: ${text}`)
  return model.model_info.id
}

/** A key that a person made for themselves has to be theirs: the column's caller. */
export function callerIn(cast: Cast, column: Column): Cast['ks1'] {
  const callers: Readonly<Record<Column, Cast['ks1']>> = {
    PA: cast.pa,
    PAV: cast.pav,
    OA: cast.oa1,
    TA: cast.u1,
    IU: cast.u2,
    IUV: cast.v1,
    KN: cast.ks1,
  }
  return callers[column]
}

const mapping = async (cast: Cast, tenant: Tenant): Promise<{ id: string }> => ({
  id: await freshMapping(cast.master, tenant, (await teamKey(cast, tenant)).key),
})
const claim = (tenant: Tenant): object => ({ jwt_claim_name: 'azp', jwt_claim_value: freshName('client', tenant) })

export const MAPPING_ROWS: readonly Row[] = [
  row('POST /jwt/key/mapping/new', 'PA', 'PA', async (cast, tenant) => ({
    ...claim(tenant),
    token: (await teamKey(cast, tenant)).key,
  })),
  row('POST /jwt/key/mapping/update', 'PA', 'PA', async (cast, tenant) => ({
    ...(await mapping(cast, tenant)),
    is_active: false,
  })),
  row('POST /jwt/key/mapping/delete', 'PA', 'PA', mapping),
  row('POST /jwt_client/new', 'PA', 'PA', async (_, tenant) => ({ ...claim(tenant), team_id: TEAM[tenant] })),
  read('GET /jwt/key/mapping/list', 'PA PAV', 'PA PAV', '/jwt/key/mapping/list'),
  read('GET /jwt/key/mapping/info', 'PA PAV', 'PA PAV', async (cast, tenant) => ({
    path: `/jwt/key/mapping/info?id=${(await mapping(cast, tenant)).id}`,
  })),
]

export const ALL_ROWS: readonly Row[] = [
  ...MAPPING_ROWS,
  ...KEY_ROWS,
  ...USER_ROWS,
  ...TEAM_ROWS,
  ...ORGANISATION_ROWS,
  ...OPERATOR_ROWS,
]
