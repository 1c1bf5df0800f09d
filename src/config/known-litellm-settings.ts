import { aCallbackList } from './callbacks.ts'
import { aCeiling } from './ceiling-reader.ts'
import { honour } from './key-table.ts'
import type { KeyTable } from './key-table.ts'
import { keyDefaultsReader, keyGenerationReader, keyUpperBoundsReader, userDefaultsReader } from './key-rules.ts'
import { ROUTER } from './known-router-settings.ts'
import { aBudgetDuration, aFlag, aNumber, aText, mapOf, timeoutAsMs } from './readers.ts'

export const LITELLM = {
  numRetries: ROUTER.numRetries,
  fallbacks: ROUTER.fallbacks,
  contextWindowFallbacks: ROUTER.contextWindowFallbacks,
  contentPolicyFallbacks: ROUTER.contentPolicyFallbacks,
  defaultFallbacks: ROUTER.defaultFallbacks,
  allowedFails: ROUTER.allowedFails,
  cooldownMs: ROUTER.cooldownMs,
  requestTimeoutMs: honour('request_timeout', timeoutAsMs, 'Seconds a call may take where the router sets no timeout.'),
  setVerbose: honour('set_verbose', aFlag, 'Log level debug.'),
  callbacks: honour('callbacks', aCallbackList, '`prometheus` (metrics are always on); others are refused.'),
  successCallback: honour('success_callback', aCallbackList, 'As callbacks.'),
  failureCallback: honour('failure_callback', aCallbackList, 'As callbacks.'),
  serviceCallback: honour('service_callback', aCallbackList, 'As callbacks.'),
  serviceCallbacks: honour('service_callbacks', aCallbackList, 'As callbacks.'),
  modelAliases: honour('model_alias_map', mapOf(aText), 'Other names of models.'),
  keyDefaults: honour(
    'default_key_generate_params',
    keyDefaultsReader,
    'Fills what a new key leaves open: duration, models, metadata, tags, budget and limits.',
  ),
  keyUpperBounds: honour(
    'upperbound_key_generate_params',
    keyUpperBoundsReader,
    'The most that a new key may have of duration, budget and limits, and what it has where nothing is said.',
  ),
  keyGeneration: honour(
    'key_generation_settings',
    keyGenerationReader,
    'Who may make keys, and what must come with them.',
  ),
  userDefaults: honour(
    'default_internal_user_params',
    userDefaultsReader,
    'What a new user has where nothing is said.',
  ),
  maxBudget: honour('max_budget', aNumber(0, 1e12), 'Dollars that all may spend together; 0: no bound.'),
  budgetDuration: honour('budget_duration', aBudgetDuration, 'After which that sum starts anew.'),
  tagBudgets: honour(
    'tag_budget_config',
    mapOf(aCeiling),
    'By tag, dollars (`budget_limit` or `max_budget`) and after which time they start anew (`time_period` or `budget_duration`).',
  ),
  requireAuthForMetrics: honour(
    'require_auth_for_metrics_endpoint',
    aFlag,
    'As compat.metrics_auth, which wins. Default true.',
  ),
}

const IN_USER_DEFAULTS = 'write max_budget and budget_duration into default_internal_user_params.'
const NO_CUSTOMER_DEFAULTS = 'customers have no default budget in this version; each has its own, by /customer/new.'
const NO_USERS = 'teams have no defaults in this version; say it when the team is made.'
const NO_METRIC_CHOICE = 'the metrics and their labels are fixed in this version.'
const NO_MESSAGES_LOGGED = 'prompts and answers are never logged.'

export const LITELLM_TABLE: KeyTable = {
  section: 'litellm_settings',
  honoured: Object.values(LITELLM),
  moot: {
    store_audit_logs: 'every change of management is in the audit log, always.',
    drop_params: 'parameters reach the upstream as they are, and it decides what it takes.',
    modify_params: 'it repairs requests for providers whose format differs; OpenAI-compatible ones need no repair.',
    json_logs: 'logs are always JSON.',
    cache_params: 'it is read only together with cache, which is refused where it is true.',
    turn_off_message_logging: NO_MESSAGES_LOGGED,
    redact_user_api_key_info: 'logs never show a key.',
    redact_messages_in_exceptions: NO_MESSAGES_LOGGED,
    langfuse_default_tags: 'it is read only together with the langfuse callback, which is refused.',
    global_disable_no_log_param: 'a caller cannot keep a call out of the ledger.',
    disable_end_user_cost_tracking_prometheus_only: 'metrics do not carry the end user.',
    disable_add_user_agent_to_request_tags: 'no tag is made from the user agent.',
    disable_hf_tokenizer_download: 'nothing is downloaded at run time.',
    scim_upsert_user: 'it is read only by SCIM, which is not in this version.',
    scim_admin_group: 'it is read only by SCIM, which is not in this version.',
    enable_post_custom_auth_checks: 'it is read only together with custom_auth, which is refused.',
  },
  unsupported: {
    cache: 'response caching is not in this version.',
    max_internal_user_budget: IN_USER_DEFAULTS,
    internal_user_budget_duration: IN_USER_DEFAULTS,
    max_ui_session_budget: 'the console has no sessions; it calls with the key that is pasted.',
    max_end_user_budget: NO_CUSTOMER_DEFAULTS,
    max_end_user_budget_id: NO_CUSTOMER_DEFAULTS,
    validate_end_user_id_in_db: 'a customer that nobody made is served, without a budget.',
    default_team_params: NO_USERS,
    default_team_settings: NO_USERS,
    model_group_settings: 'settings by model group are not in this version.',
    public_model_groups: 'the public model page is not in this version.',
    log_raw_request_response: 'requests and answers are never logged.',
    custom_prometheus_metadata_labels: NO_METRIC_CHOICE,
    custom_prometheus_tags: NO_METRIC_CHOICE,
    prometheus_metrics_config: NO_METRIC_CHOICE,
    prometheus_initialize_budget_metrics: NO_METRIC_CHOICE,
    enable_end_user_cost_tracking_prometheus_only: 'metrics do not carry the end user.',
    disable_end_user_cost_tracking: 'every call is kept with its end user; do not send one instead.',
    cost_discount_config: 'costs are list prices; set the price of a deployment in its litellm_params.',
    cost_margin_config: 'costs are list prices; set the price of a deployment in its litellm_params.',
    priority_reservation: 'calls have no priorities; give each key its limits.',
    extra_spend_tag_headers: 'tags come from x-litellm-tags and the request body only.',
    add_user_information_to_llm_headers: 'the identity of a caller is not sent to providers.',
    use_chat_completions_url_for_anthropic_messages: '/v1/messages is not in this version.',
    enable_json_schema_validation: 'answers are relayed as the provider sent them.',
    force_ipv4: 'use --dns-result-order=ipv4first in NODE_OPTIONS.',
    ssl_verify: {
      because: 'certificates are always verified; add your own with NODE_EXTRA_CA_CERTS.',
      harmless: [true],
      falseMatters: true,
    },
    aiohttp_trust_env: 'providers are called directly, without a proxy.',
    enable_azure_ad_token_refresh: 'Entra ID credentials are not in this version.',
    enable_key_alias_format_validation: 'the format of a key alias is not checked in this version.',
    budget_exceeded_error_message: 'the message names the budget that is used up.',
    timezone: { because: 'days begin at midnight UTC.', harmless: ['UTC'] },
    mcp_aliases: 'the MCP gateway is not in this version.',
    default_key_max_budget_alert_emails: 'nothing sends alerts in this version.',
    guardrails: 'guardrails are not in this version; run them in front of the gateway.',
  },
}
