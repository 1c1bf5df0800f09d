/**
 * Names by which a caller could steer host, credential, price, logging or attribution (INV-17, Z-30). What is refused
 * here never reaches an upstream, under any spelling of the carrier: body, `extra_body`, provider-owned `metadata`.
 */
export function isForbidden(name: string): boolean {
  if (name.length > LONGEST_NAME) return true
  const plain = OTHER_SPELLING.test(name) ? snakeCase(name) : name
  return FORBIDDEN.has(plain) || FORBIDDEN_FAMILIES.test(plain)
}

/** No parameter has a longer name; whoever sends many such names wants to keep us busy comparing them. */
const LONGEST_NAME = 128

/** `baseURL`, `apiBase` and `api-base` are read by some upstream somewhere as what they mean. */
const OTHER_SPELLING = /[A-Z-]/

function snakeCase(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase()
}

const NAMES = [
  // destination and credential
  'api_base',
  'base_url',
  'api_key',
  'api_version',
  'api_type',
  'custom_llm_provider',
  'organization',
  'project',
  'region',
  'region_name',
  'headers',
  'extra_headers',
  'extra_query',
  'default_headers',
  'default_query',
  'proxy',
  'proxies',
  'base_model',
  'litellm_credential_name',
  'deployment_id',
  'model_id',
  'client',
  'http_client',
  'tenant_id',
  'client_id',
  'client_secret',
  'use_in_pass_through',
  'configurable_clientside_auth_params',
  'allow_client_side_credentials',
  // price and accounting
  'litellm_params',
  'litellm_embedding_config',
  'tiered_pricing',
  'spend',
  'custom_pricing',
  'max_budget',
  // routing
  'router_settings',
  'model_list',
  // Of upstreams that route themselves: whichever of them answers would be billed as the one that was asked for.
  'models',
  'user_config',
  'aliases',
  'model_alias_map',
  'context_window_fallbacks',
  'content_policy_fallbacks',
  'context_window_fallback_dict',
  'fastest_response',
  'specific_deployment',
  // logging
  'callbacks',
  'callback_settings',
  'success_callback',
  'failure_callback',
  'service_callback',
  'turn_off_message_logging',
  'no_log',
  'litellm_disabled_callbacks',
  // guardrails, prompts, test hooks
  'guardrails',
  'disable_guardrails',
  'disable_global_guardrail',
  'disable_global_guardrails',
  'guardrail_config',
  'policies',
  'prompt_id',
  'prompt_variables',
  'mock_response',
  'mock_tool_calls',
  'mock_delay',
  'mock_timeout',
]

/** `apikey` and `BASEURL` are read as `api_key` and `base_url` by some. */
const FORBIDDEN: ReadonlySet<string> = new Set(NAMES.flatMap((name) => [name, name.replaceAll('_', '')]))

const FORBIDDEN_FAMILIES =
  /^(aws_|vertex_|azure_|ssl_|langfuse_|langsmith_|mock_testing_|user_api_key|spend_|watsonx_|gcs_|s3_)|_cost_|_cost$|cost_per_|_(?:host|api_key|api_base|base_url|webhook_url)$/

/** Names that mean something inside a gateway: in metadata that goes to a provider they have no business. */
export const INTERNAL: ReadonlySet<string> = new Set([
  'model_info',
  'proxy_server_request',
  'secret_fields',
  'litellm_logging_obj',
  'timeout',
])

/** Names of ours that a client may have picked up and that mean nothing from outside: dropped without a word. */
export const DROPPED: ReadonlySet<string> = new Set([
  'proxy_server_request',
  'secret_fields',
  'litellm_logging_obj',
  'litellm_call_id',
  'model_info',
  'litellm_trace_id',
  'litellm_session_id',
  'litellm_metadata',
  'tags',
  'num_retries',
  'timeout',
  'request_timeout',
  'stream_timeout',
  'fallbacks',
  'disable_fallbacks',
  'cache',
  'caching',
  'drop_params',
  'additional_drop_params',
  'allowed_openai_params',
  'enable_tag_filtering',
  'priority',
  'merge_reasoning_content_in_choices',
  'extra_body',
])
