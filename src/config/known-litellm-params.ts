import { aHeaderText, aKey, anApiBase, headerMap, mockResponse, ownBody } from './params-readers.ts'
import { honour } from './key-table.ts'
import type { KeyTable } from './key-table.ts'
import { aNumber, aText, aWholeNumber, secondsAsMs, timeoutAsMs } from './readers.ts'

const MOST = 1_000_000_000

export const PARAMS = {
  model: honour('model', aText, 'provider/model, or a bare model name. Required.'),
  apiKey: honour('api_key', aKey, 'The credential of the provider.'),
  apiBase: honour('api_base', anApiBase, 'Where the provider is.'),
  baseUrl: honour('base_url', anApiBase, 'As api_base.'),
  apiVersion: honour('api_version', aText, 'Version of an Azure API.'),
  organization: honour('organization', aHeaderText, 'OpenAI organization.'),
  customLlmProvider: honour('custom_llm_provider', aText, 'The provider, where the model name does not tell.'),
  credentialName: honour('litellm_credential_name', aText, 'Takes the values of a member of credential_list.'),
  rpm: honour('rpm', aWholeNumber(0, MOST), 'Requests a minute; weight in the choice of a deployment.'),
  tpm: honour('tpm', aWholeNumber(0, MOST), 'Tokens a minute; weight in the choice of a deployment.'),
  weight: honour('weight', aNumber(0, MOST), 'Weight in the choice of a deployment.'),
  order: honour('order', aWholeNumber(0, MOST), 'Deployments of higher order serve only when lower ones cannot.'),
  maxParallelRequests: honour('max_parallel_requests', aWholeNumber(1, MOST), 'Calls at the same time.'),
  timeoutMs: honour('timeout', timeoutAsMs, 'Seconds that a call may take.'),
  streamTimeoutMs: honour('stream_timeout', timeoutAsMs, 'The same for streams.'),
  numRetries: honour('num_retries', aWholeNumber(0, 100), 'Retries after the first attempt.'),
  maxRetries: honour('max_retries', aWholeNumber(0, 100), 'As num_retries, which wins.'),
  cooldownMs: honour('cooldown_time', secondsAsMs, 'Seconds that the deployment rests after failures.'),
  mockResponse: honour('mock_response', mockResponse, 'Answer with this text, without a provider.'),
  extraHeaders: honour(
    'extra_headers',
    headerMap,
    'Headers for the provider; `os.environ/NAME` may be part of a value.',
  ),
  headers: honour('headers', headerMap, 'As extra_headers, which win.'),
  extraBody: honour('extra_body', ownBody, 'Members for the body of every request.'),
}

const NO_BUDGETS = 'deployments have no budgets; give them to keys, users, teams or organisations.'
const NO_LIMITS = 'deployments have no limits but max_parallel_requests; rpm and tpm are weights.'
const LIMIT_KEYS = 'write the limits into litellm_settings.default_key_generate_params.'
const NOT_OPENAI = 'this version speaks to OpenAI-compatible providers with an api_key only.'

export const PARAMS_TABLE: KeyTable = {
  section: 'model_list[].litellm_params',
  honoured: Object.values(PARAMS),
  moot: {
    drop_params: 'parameters reach the upstream as they are, and it decides what it takes.',
    tags: 'only routing by tags reads them, which is not in this version.',
    modify_params: 'it repairs requests for providers whose format differs; OpenAI-compatible ones need no repair.',
    allowed_openai_params: 'every parameter reaches an OpenAI-compatible provider.',
  },
  unsupported: {
    itpm: NO_LIMITS,
    otpm: NO_LIMITS,
    tag_regex: 'routing by tags is not in this version.',
    max_budget: NO_BUDGETS,
    budget_duration: NO_BUDGETS,
    additional_drop_params: 'parameters of single deployments are not dropped in this version.',
    configurable_clientside_auth_params: 'callers cannot choose where a call goes or with which credential.',
    use_in_pass_through: 'pass-through routes use the credentials of the environment, and none of a deployment.',
    merge_reasoning_content_in_choices: 'answers are relayed as the provider sent them.',
    cache_control_injection_points: 'requests are relayed as the caller sent them.',
    use_chat_completions_api: 'each route is relayed to the same route of the provider.',
    guardrails: 'guardrails are not in this version; run them in front of the gateway.',
    allowed_model_region: 'routing by region is not in this version; use separate model names.',
    region_name: NOT_OPENAI,
    watsonx_region_name: NOT_OPENAI,
    tenant_id: NOT_OPENAI,
    client_id: NOT_OPENAI,
    client_secret: NOT_OPENAI,
    azure_ad_token: NOT_OPENAI,
    azure_username: NOT_OPENAI,
    azure_password: NOT_OPENAI,
    azure_scope: NOT_OPENAI,
    vertex_project: NOT_OPENAI,
    vertex_location: NOT_OPENAI,
    vertex_credentials: NOT_OPENAI,
    aws_access_key_id: NOT_OPENAI,
    aws_secret_access_key: NOT_OPENAI,
    aws_session_token: NOT_OPENAI,
    aws_region_name: NOT_OPENAI,
    aws_profile_name: NOT_OPENAI,
    aws_role_name: NOT_OPENAI,
    aws_session_name: NOT_OPENAI,
    aws_external_id: NOT_OPENAI,
    aws_web_identity_token: NOT_OPENAI,
    aws_sts_endpoint: NOT_OPENAI,
    aws_bedrock_runtime_endpoint: NOT_OPENAI,
    default_api_key_tpm_limit: LIMIT_KEYS,
    default_api_key_rpm_limit: LIMIT_KEYS,
  },
  unsupportedPatterns: [
    { like: 'aws_*', matches: /^aws_/, because: NOT_OPENAI },
    { like: 'vertex_*', matches: /^vertex_/, because: NOT_OPENAI },
  ],
}
