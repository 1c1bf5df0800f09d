import { KEY_RULE_TABLES } from './key-rules.ts'
import type { KeyTable } from './key-table.ts'
import { ENV_TABLE } from './known-environment.ts'
import { GENERAL_TABLE } from './known-general-settings.ts'
import { PARAMS_TABLE } from './known-litellm-params.ts'
import { LITELLM_TABLE } from './known-litellm-settings.ts'
import { INFO_TABLE, MODEL_TABLE } from './known-model-info.ts'
import { COMPAT_TABLE, CREDENTIAL_TABLE } from './known-own-sections.ts'
import { ROUTER_TABLE } from './known-router-settings.ts'
import { TOP_LEVEL_TABLE } from './known-top-level.ts'
import { CONDITION_TABLE } from './tokens/claim-condition.ts'
import { ENDPOINT_TABLE } from './pass-through/known-pass-through.ts'
import { JWT_AUTH_TABLE } from './tokens/known-jwt-auth.ts'
import { TOKEN_LIST_TABLES } from './tokens/known-token-lists.ts'
import { ISSUER_TABLE } from './tokens/known-token-origins.ts'

/** Every table, in the order of the documentation. */
export const ALL_TABLES: readonly KeyTable[] = [
  TOP_LEVEL_TABLE,
  MODEL_TABLE,
  PARAMS_TABLE,
  INFO_TABLE,
  CREDENTIAL_TABLE,
  LITELLM_TABLE,
  ...KEY_RULE_TABLES,
  ROUTER_TABLE,
  GENERAL_TABLE,
  ENDPOINT_TABLE,
  JWT_AUTH_TABLE,
  ISSUER_TABLE,
  CONDITION_TABLE,
  ...TOKEN_LIST_TABLES.values(),
  COMPAT_TABLE,
  ENV_TABLE,
]
