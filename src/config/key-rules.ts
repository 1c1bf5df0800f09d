import { honour } from './key-table.ts'
import type { KeyTable } from './key-table.ts'
import { isAbsent } from './located.ts'
import { aDuration, aText, listOf } from './readers.ts'
import type { Reader } from './readers.ts'
import { Section } from './section.ts'
import { plainJson } from './plain-json.ts'
import type { KeyDefaults, KeyUpperBounds } from './settings.ts'

const NO_BUDGETS = 'budgets are not in this version.'
const NO_LIMITS = 'rate limits are not in this version.'
const NO_TEAMS = 'users and teams are not in this version.'

const LIMIT_FIELDS = {
  max_budget: NO_BUDGETS,
  soft_budget: NO_BUDGETS,
  budget_duration: NO_BUDGETS,
  budget_id: NO_BUDGETS,
  model_max_budget: NO_BUDGETS,
  max_parallel_requests: NO_LIMITS,
  tpm_limit: NO_LIMITS,
  rpm_limit: NO_LIMITS,
  model_tpm_limit: NO_LIMITS,
  model_rpm_limit: NO_LIMITS,
  team_id: NO_TEAMS,
  user_id: NO_TEAMS,
  organization_id: NO_TEAMS,
}

const FIELD = {
  duration: honour('duration', aDuration, 'Life of the key.'),
  models: honour('models', listOf(aText), 'Models that the key may use.'),
  metadata: honour('metadata', plainJson, 'Kept with the key.'),
  tags: honour('tags', listOf(aText), 'Attached to every call of the key.'),
}

const DEFAULTS_TABLE: KeyTable = {
  section: 'litellm_settings.default_key_generate_params',
  honoured: Object.values(FIELD),
  moot: {},
  unsupported: {
    ...LIMIT_FIELDS,
    guardrails: 'guardrails are not in this version.',
    aliases: 'aliases of a key are not in this version.',
    allowed_cache_controls: 'response caching is not in this version.',
    permissions: 'permissions of a key are not in this version.',
    key_alias: 'an alias belongs to one key.',
  },
}

const BOUNDS_TABLE: KeyTable = {
  section: 'litellm_settings.upperbound_key_generate_params',
  honoured: [FIELD.duration],
  moot: {},
  unsupported: LIMIT_FIELDS,
}

export const KEY_RULE_TABLES: readonly KeyTable[] = [DEFAULTS_TABLE, BOUNDS_TABLE]

export const keyDefaultsReader: Reader<KeyDefaults> = {
  expects: 'a map of key fields',
  read: (node, key, findings) => {
    if (isAbsent(node)) return undefined
    const section = Section.open(node, key, DEFAULTS_TABLE, findings)
    const duration = section.take(FIELD.duration)
    const models = section.take(FIELD.models)
    const metadata = section.take(FIELD.metadata)
    const tags = section.take(FIELD.tags)
    return {
      ...(duration === undefined ? {} : { duration }),
      ...(models === undefined ? {} : { models }),
      ...(metadata === undefined ? {} : { metadata }),
      ...(tags === undefined ? {} : { tags }),
    }
  },
}

export const keyUpperBoundsReader: Reader<KeyUpperBounds> = {
  expects: 'a map of key fields',
  read: (node, key, findings) => {
    if (isAbsent(node)) return undefined
    const duration = Section.open(node, key, BOUNDS_TABLE, findings).take(FIELD.duration)
    return duration === undefined ? {} : { duration }
  },
}
