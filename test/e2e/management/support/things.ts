import { query, unique } from './desk.ts'
import type { Answer, Desk } from './desk.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** An object of the management API, as somebody writes and reads it. */
export interface Thing {
  readonly name: string
  /** By name: what may be written there; a function makes another one each time. */
  readonly fields: Readonly<Record<string, readonly (Json | (() => Json))[]>>
  readonly create: (fields: object) => Promise<Answer>
  readonly idOf: (made: Answer['json']) => string
  /** Undefined: what is sent is laid over what was there, so that it is not what is read. */
  readonly update?: (id: string, fields: object) => Promise<Answer>
  readonly read: (id: string) => Promise<Answer['json']>
  /** Where a field comes back, if that is not at the top. */
  readonly places?: Readonly<Record<string, readonly string[]>>
  /** Where an empty list or map is the same as none, and comes back as none. */
  readonly emptyIsNone?: readonly string[]
}

const LONG = 'x'.repeat(255)
const STRANGE = 'Ünï "cødé" \\ 🦊 日本 <b>'
const TEXTS = ['plain', LONG, STRANGE, 'null']
/** Of what only one may have. */
const NAMES = TEXTS.map((text) => () => unique(text.slice(0, 200)))
const AMOUNTS = [0, 12.5, 0.000_000_1, 1_000_000, null]
const COUNTS = [0, 1, 9_007_199_254_740, null]
const FLAGS = [true, false, null]
const LISTS = [[], ['gpt-4o'], ['gpt-4o', 'claude-sonnet', STRANGE], [LONG]]
const MAPS = [
  {},
  { a: null, b: [], c: {}, d: '', e: 0, f: false, [STRANGE]: STRANGE },
  { deep: { er: [{ est: 1e-7 }] } },
]
const DURATIONS = ['30d', '1mo', '7h', '', null]
const MODEL_BUDGETS = [
  {},
  { 'gpt-4o': { budget_limit: 5, time_period: '1d' } },
  { 'gpt-4o': { max_budget: 0, budget_duration: '1d' }, [STRANGE]: { budget_limit: 1e-7 } },
]
const MODEL_COUNTS = [{ 'gpt-4o': 0 }, { 'gpt-4o': 5, [STRANGE]: 1 }, {}]

const PLAIN_LIMITS = {
  max_budget: AMOUNTS,
  soft_budget: AMOUNTS,
  budget_duration: DURATIONS,
  tpm_limit: COUNTS,
  rpm_limit: COUNTS,
  max_parallel_requests: COUNTS,
  model_max_budget: MODEL_BUDGETS,
}
const LIMITS = { ...PLAIN_LIMITS, model_rpm_limit: MODEL_COUNTS, model_tpm_limit: MODEL_COUNTS }

const inside = (place: string, ...names: readonly string[]): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(names.map((name) => [name, [place, name]]))
const IN_METADATA = inside('metadata', 'model_rpm_limit', 'model_tpm_limit')
const IN_BUDGET = inside('litellm_budget_table', ...Object.keys(PLAIN_LIMITS))

export function thingsOf(desk: Desk): readonly Thing[] {
  return [
    {
      name: 'key',
      fields: {
        ...LIMITS,
        key_alias: NAMES,
        models: LISTS,
        metadata: MAPS,
        aliases: [{}, { a: 'gpt-4o', [STRANGE]: LONG }],
        permissions: MAPS,
        config: MAPS,
        allowed_cache_controls: [[], ['no-cache']],
        allowed_routes: [[], ['/key/info', 'llm_api_routes']],
        allowed_passthrough_routes: [['/bria'], []],
        enforced_params: [['user'], []],
        tags: [[STRANGE, LONG], []],
        blocked: [false, true],
        budget_limits: [[{ budget_duration: '1d', max_budget: 0 }], []],
      },
      create: (fields) => desk.post('/key/generate', fields),
      idOf: ({ token_id }) => token_id,
      update: (key, fields) => desk.post('/key/update', { key, ...fields }),
      read: async (key) => (await desk.read(query('/key/info', { key }))).info,
      places: { ...IN_METADATA, ...inside('metadata', 'tags', 'enforced_params', 'allowed_passthrough_routes') },
      emptyIsNone: ['tags', 'enforced_params', 'allowed_passthrough_routes', 'budget_limits'],
    },
    {
      name: 'user',
      fields: {
        ...LIMITS,
        user_alias: TEXTS,
        models: LISTS,
        metadata: MAPS,
        user_email: [() => `${unique('ana')}@example.com`],
        user_role: ['internal_user', 'proxy_admin_viewer'],
        blocked: [false, true],
      },
      create: (fields) => desk.post('/user/new', { user_id: unique('user'), auto_create_key: false, ...fields }),
      idOf: ({ user_id }) => user_id,
      update: (user_id, fields) => desk.post('/user/update', { user_id, ...fields }),
      read: async (user_id) => (await desk.read(query('/user/info', { user_id }))).user_info,
      places: IN_METADATA,
    },
    {
      name: 'team',
      fields: {
        ...LIMITS,
        team_alias: TEXTS,
        models: LISTS,
        metadata: MAPS,
        model_aliases: [{}, { a: 'gpt-4o', [STRANGE]: LONG }],
        tags: [[STRANGE, LONG], []],
        blocked: [true, false],
        team_member_permissions: [['/key/info'], []],
        default_team_member_models: [['gpt-4o'], []],
        access_group_ids: [[]],
        allowed_passthrough_routes: [['/bria'], []],
        budget_limits: [[{ budget_duration: '1d', max_budget: 0 }], []],
      },
      create: (fields) => desk.post('/team/new', { team_id: unique('team'), ...fields }),
      idOf: ({ team_id }) => team_id,
      update: (team_id, fields) => desk.post('/team/update', { team_id, ...fields }),
      read: async (team_id) => (await desk.read(query('/team/info', { team_id }))).team_info,
      places: {
        ...IN_METADATA,
        ...inside('metadata', 'tags', 'allowed_passthrough_routes'),
        model_aliases: ['litellm_model_table', 'model_aliases'],
      },
      emptyIsNone: ['tags', 'allowed_passthrough_routes', 'budget_limits', 'model_aliases'],
    },
    {
      name: 'organization',
      fields: { ...LIMITS, organization_alias: TEXTS, models: LISTS, metadata: MAPS },
      create: (fields) => desk.post('/organization/new', { organization_alias: unique('org'), ...fields }),
      idOf: ({ organization_id }) => organization_id,
      update: (organization_id, fields) =>
        desk.ask('PATCH', '/organization/update', { body: { organization_id, ...fields } }),
      read: (organization_id) => desk.read(query('/organization/info', { organization_id })),
      places: { ...IN_BUDGET, ...IN_METADATA },
    },
    {
      name: 'customer',
      fields: {
        ...PLAIN_LIMITS,
        alias: TEXTS,
        blocked: FLAGS,
        default_model: ['gpt-4o'],
      },
      create: (fields) => desk.post('/customer/new', { user_id: unique('customer'), ...fields }),
      idOf: ({ user_id }) => user_id,
      update: (user_id, fields) => desk.post('/customer/update', { user_id, ...fields }),
      read: (end_user_id) => desk.read(query('/customer/info', { end_user_id })),
      places: IN_BUDGET,
    },
    {
      name: 'budget',
      fields: { ...PLAIN_LIMITS, allowed_models: LISTS },
      create: (fields) => desk.post('/budget/new', { budget_id: unique('budget'), ...fields }),
      idOf: ({ budget_id }) => budget_id,
      update: (budget_id, fields) => desk.post('/budget/update', { budget_id, ...fields }),
      read: async (budget_id) => (await desk.done('/budget/info', { budgets: [budget_id] }))[0],
    },
    {
      name: 'tag',
      fields: { ...PLAIN_LIMITS, description: [...TEXTS, ''], models: [[], ['gpt-4o'], ['gpt-4o', 'claude-sonnet']] },
      create: (fields) => desk.post('/tag/new', { name: unique(`tag ${STRANGE}`), ...fields }),
      idOf: ({ tag }) => tag.name,
      update: (name, fields) => desk.post('/tag/update', { name, ...fields }),
      read: async (name) => (await desk.done('/tag/info', { names: [name] }))[name],
      places: IN_BUDGET,
    },
    {
      name: 'model',
      fields: {
        'litellm_params.rpm': [0, 5],
        'litellm_params.thinking': [{ type: 'enabled', budget_tokens: 1_024 }],
        'litellm_params.merge_reasoning_content_in_choices': [false, true],
        'litellm_params.input_cost_per_token': [0, 1e-7, 0.000_002_5],
        'litellm_params.of_nobody': [{}, [], '', 0, false, STRANGE, LONG],
        'model_info.of_nobody': [{}, [], '', 0, false, STRANGE, LONG, { a: null }],
        'model_info.tier': ['', 'free'],
        'model_info.access_groups': [[], ['beta']],
        model_name: NAMES,
        blocked: [true, false],
      },
      create: (fields) =>
        desk.post('/model/new', {
          model_name: unique('model'),
          ...nested(fields),
          litellm_params: {
            model: 'openai/gpt-4o',
            api_base: desk.mock.apiBase,
            api_key: 'sk-of-a-provider-1',
            ...nested(fields)['litellm_params'],
          },
        }),
      idOf: ({ model_id }) => model_id,
      update: (id, fields) => desk.ask('PATCH', `/model/${id}/update`, { body: nested(fields) }),
      read: async (id) => (await desk.read(query('/model/info', { litellm_model_id: id }))).data[0],
      places: { blocked: ['model_info', 'blocked'] },
    },
    {
      name: 'credential',
      fields: { credential_info: MAPS },
      create: async (fields) => {
        const credential_name = unique('credential')
        const values = { credential_values: { api_key: 'sk-of-a-provider-1' } }
        const answer = await desk.post('/credentials', { credential_name, ...values, ...fields })
        return { ...answer, json: { ...answer.json, credential_name } }
      },
      idOf: ({ credential_name }) => credential_name,
      read: (name) => desk.read(`/credentials/by_name/${name}`),
    },
    {
      name: 'access group',
      fields: {
        description: [...TEXTS, '', null],
        access_model_names: [[], ['gpt-4o']],
        access_mcp_server_ids: [[]],
        access_agent_ids: [[]],
        assigned_team_ids: [[]],
        assigned_key_ids: [[]],
        access_group_name: NAMES,
      },
      create: (fields) => desk.post('/v1/access_group', { access_group_name: unique('group'), ...fields }),
      idOf: ({ access_group_id }) => access_group_id,
      update: (id, fields) => desk.ask('PUT', `/v1/access_group/${id}`, { body: fields }),
      read: (id) => desk.read(`/v1/access_group/${id}`),
    },
  ]
}

/** `{'a.b': 1}` is `{a: {b: 1}}`. */
function nested(fields: object): Record<string, object> {
  const whole: Record<string, Record<string, unknown>> = {}
  for (const [path, value] of Object.entries(fields)) {
    const [first = '', second] = path.split('.')
    whole[first] = second === undefined ? value : { ...whole[first], [second]: value }
  }
  return whole
}
