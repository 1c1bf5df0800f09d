import { honour } from './key-table.ts'
import type { KeyTable } from './key-table.ts'
import { aBudgetStatus, aFlag, aJsonObject, aText } from './readers.ts'

export const COMPAT = {
  stripClientTags: honour('strip_client_tags', aFlag, 'Ignore tags that callers send. Default false.'),
  clientMockResponse: honour('client_mock_response', aFlag, 'Obey `mock_response` of callers. Default false.'),
  metricsAuth: honour('metrics_auth', aFlag, '`/metrics` needs a key. Default true.'),
  readinessStrict: honour('readiness_strict', aFlag, '`/health/readiness` answers 503 for any fault. Default false.'),
  exposeApiBase: honour('expose_api_base', aFlag, 'Tell callers which address served them. Default false.'),
  openPassThrough: honour(
    'open_pass_through',
    aFlag,
    'Keys and tokens call pass-through routes that no list of theirs names. Default false.',
  ),
  budgetErrorStatus: honour('budget_error_status', aBudgetStatus, 'Status of a refusal for a budget. Default 429.'),
}

export const COMPAT_TABLE: KeyTable = {
  section: 'compat',
  honoured: Object.values(COMPAT),
  moot: {},
  unsupported: {},
}

export const CREDENTIAL = {
  name: honour('credential_name', aText, 'What litellm_credential_name refers to. Required.'),
  values: honour('credential_values', aJsonObject, 'Members of litellm_params. Required; the entry’s own values win.'),
  info: honour('credential_info', aJsonObject, 'Free-form.'),
}

export const CREDENTIAL_TABLE: KeyTable = {
  section: 'credential_list[]',
  honoured: Object.values(CREDENTIAL),
  moot: {},
  unsupported: {},
}
