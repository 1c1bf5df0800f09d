import { honour } from './key-table.ts'
import type { Honoured, KeyTable } from './key-table.ts'
import { aDuration, aNumber, aText, aWholeNumber, listOf, oneOf } from './readers.ts'
import type { Reader } from './readers.ts'
import { sectionReader } from './section-reader.ts'
import type { Section } from './section.ts'
import { plainJson } from './plain-json.ts'
import { withoutAbsent } from './without-absent.ts'
import type { KeyDefaults, KeyGeneration, KeyLimitRules, KeyUpperBounds, UserDefaults } from '../domain/key-rules.ts'
import { USER_ROLES } from '../domain/role.ts'

const PER_KEY = 'it belongs to one key; set it when the key is made.'
const MOST = 1e12

const LIMIT = {
  maxBudget: honour('max_budget', aNumber(0, MOST), 'Dollars.'),
  budgetDuration: honour('budget_duration', aDuration, 'After which spending starts anew.'),
  tokensPerMinute: honour('tpm_limit', aWholeNumber(0, MOST), 'Tokens per minute.'),
  requestsPerMinute: honour('rpm_limit', aWholeNumber(0, MOST), 'Requests per minute.'),
  parallelRequests: honour('max_parallel_requests', aWholeNumber(0, MOST), 'Requests at once.'),
}

const LIMIT_REFUSALS = {
  soft_budget: PER_KEY,
  budget_id: PER_KEY,
  model_max_budget: PER_KEY,
  model_tpm_limit: PER_KEY,
  model_rpm_limit: PER_KEY,
  team_id: PER_KEY,
  user_id: PER_KEY,
  organization_id: PER_KEY,
}

const FIELD = {
  duration: honour('duration', aDuration, 'Life of the key.'),
  models: honour('models', listOf(aText), 'Models that may be used.'),
  metadata: honour('metadata', plainJson, 'Kept with the key.'),
  tags: honour('tags', listOf(aText), 'Attached to every call of the key.'),
}

const DEFAULTS_TABLE: KeyTable = {
  section: 'litellm_settings.default_key_generate_params',
  honoured: [...Object.values(FIELD), ...Object.values(LIMIT)],
  moot: {},
  unsupported: {
    ...LIMIT_REFUSALS,
    guardrails: 'guardrails are not in this version.',
    aliases: PER_KEY,
    allowed_cache_controls: 'response caching is not in this version.',
    permissions: 'permissions of a key are not in this version.',
    key_alias: 'an alias belongs to one key.',
  },
}

const BOUNDS_TABLE: KeyTable = {
  section: 'litellm_settings.upperbound_key_generate_params',
  honoured: [FIELD.duration, ...Object.values(LIMIT)],
  moot: {},
  unsupported: LIMIT_REFUSALS,
}

const GENERATION = {
  memberRoles: honour('allowed_team_member_roles', listOf(aText), 'Roles in a team that may make its keys.'),
  userRoles: honour('allowed_user_roles', listOf(aText), 'Roles that may make keys for themselves.'),
  requiredParams: honour('required_params', listOf(aText), 'Fields that must be sent with a new key.'),
}

const TEAM_KEYS_TABLE: KeyTable = {
  section: 'litellm_settings.key_generation_settings.team_key_generation',
  honoured: [GENERATION.memberRoles, GENERATION.requiredParams],
  moot: {},
  unsupported: {},
}

const PERSONAL_KEYS_TABLE: KeyTable = {
  section: 'litellm_settings.key_generation_settings.personal_key_generation',
  honoured: [GENERATION.userRoles, GENERATION.requiredParams],
  moot: {},
  unsupported: {},
}

const teamKeys = sectionReader(TEAM_KEYS_TABLE, (section) =>
  withoutAbsent({
    memberRoles: section.take(GENERATION.memberRoles),
    requiredParams: section.take(GENERATION.requiredParams),
  }),
)

const personalKeys = sectionReader(PERSONAL_KEYS_TABLE, (section) =>
  withoutAbsent({
    userRoles: section.take(GENERATION.userRoles),
    requiredParams: section.take(GENERATION.requiredParams),
  }),
)

const GENERATION_KEYS = {
  ofTeams: honour('team_key_generation', teamKeys, 'Who makes keys of teams.'),
  personal: honour('personal_key_generation', personalKeys, 'Who makes keys of their own.'),
}

const GENERATION_TABLE: KeyTable = {
  section: 'litellm_settings.key_generation_settings',
  honoured: Object.values(GENERATION_KEYS),
  moot: {},
  unsupported: {},
}

const USER = {
  role: honour('user_role', oneOf(...USER_ROLES), 'Role of a new user. Default internal_user.'),
  models: honour('models', listOf(aText), 'Models that a new user may use outside of teams.'),
}

const USER_TABLE: KeyTable = {
  section: 'litellm_settings.default_internal_user_params',
  honoured: [USER.role, USER.models, LIMIT.maxBudget, LIMIT.budgetDuration],
  moot: {},
  unsupported: {
    teams: 'name the teams when the user is made.',
    available_teams: 'no team can be joined without being added in this version.',
    tpm_limit: PER_KEY,
    rpm_limit: PER_KEY,
    max_parallel_requests: PER_KEY,
    auto_create_key: 'say it when the user is made.',
  },
}

export const KEY_RULE_TABLES: readonly KeyTable[] = [
  DEFAULTS_TABLE,
  BOUNDS_TABLE,
  GENERATION_TABLE,
  TEAM_KEYS_TABLE,
  PERSONAL_KEYS_TABLE,
  USER_TABLE,
]

export const keyDefaultsReader: Reader<KeyDefaults> = sectionReader(DEFAULTS_TABLE, (section) =>
  withoutAbsent({
    ...limitsIn(section),
    duration: section.take(FIELD.duration),
    models: section.take(FIELD.models),
    metadata: section.take(FIELD.metadata),
    tags: section.take(FIELD.tags),
  }),
)

export const keyUpperBoundsReader: Reader<KeyUpperBounds> = sectionReader(BOUNDS_TABLE, (section) =>
  withoutAbsent({
    ...limitsIn(section),
    duration: section.take(FIELD.duration),
  }),
)

export const keyGenerationReader: Reader<KeyGeneration> = sectionReader(GENERATION_TABLE, (section) =>
  withoutAbsent({
    ofTeams: section.take(GENERATION_KEYS.ofTeams),
    personal: section.take(GENERATION_KEYS.personal),
  }),
)

export const userDefaultsReader: Reader<UserDefaults> = sectionReader(USER_TABLE, (section) =>
  withoutAbsent({
    role: section.take(USER.role),
    models: section.take(USER.models),
    maxBudget: section.take(LIMIT.maxBudget),
    budgetDuration: section.take(LIMIT.budgetDuration),
  }),
)

function limitsIn(section: Section): { readonly [Name in keyof KeyLimitRules]: KeyLimitRules[Name] | undefined } {
  const take = <Value>(key: Honoured<Value>): Value | undefined => section.take(key)
  return {
    maxBudget: take(LIMIT.maxBudget),
    budgetDuration: take(LIMIT.budgetDuration),
    tokensPerMinute: take(LIMIT.tokensPerMinute),
    requestsPerMinute: take(LIMIT.requestsPerMinute),
    parallelRequests: take(LIMIT.parallelRequests),
  }
}
