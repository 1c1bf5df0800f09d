import type { KeyTable } from './key-table.ts'
import { honour } from './key-table.ts'
import { aFlag, aText, aWholeNumber, listOf, mapOf, oneOf, secondsAsMs, timeoutAsMs } from './readers.ts'
import { aGroupAlias, allowedFailsPolicy, aStrategy, fallbackList, retryPolicy } from './router-readers.ts'

const MOST = 1_000_000

export const ROUTER = {
  strategy: honour('routing_strategy', aStrategy, 'How one deployment of a group is chosen: simple-shuffle.'),
  numRetries: honour('num_retries', aWholeNumber(0, 100), 'Retries after the first attempt. Default 2.'),
  timeoutMs: honour('timeout', timeoutAsMs, 'Seconds that a call may take in total. Default 600.'),
  streamTimeoutMs: honour('stream_timeout', timeoutAsMs, 'The same for streams. Default: as timeout.'),
  retryAfterMs: honour('retry_after', secondsAsMs, 'Least seconds between two attempts. Default 0.'),
  retryPolicy: honour('retry_policy', retryPolicy, 'Retries by kind of error.'),
  modelGroupRetryPolicy: honour(
    'model_group_retry_policy',
    mapOf(retryPolicy),
    'Retries by model group and kind of error.',
  ),
  allowedFails: honour(
    'allowed_fails',
    aWholeNumber(0, MOST),
    'Failures in a minute before a deployment rests. Default 3.',
  ),
  allowedFailsPolicy: honour('allowed_fails_policy', allowedFailsPolicy, 'The same by kind of error.'),
  cooldownMs: honour('cooldown_time', secondsAsMs, 'Seconds that a failing deployment rests. Default 5.'),
  disableCooldowns: honour('disable_cooldowns', aFlag, 'Never let a deployment rest. Default false.'),
  fallbacks: honour('fallbacks', fallbackList, 'Models to try after the retries of a group are used up.'),
  contextWindowFallbacks: honour('context_window_fallbacks', fallbackList, 'The same when the prompt is too long.'),
  contentPolicyFallbacks: honour(
    'content_policy_fallbacks',
    fallbackList,
    'The same when the provider refused the content.',
  ),
  defaultFallbacks: honour('default_fallbacks', listOf(aText), 'Models to try where no other fallback is named.'),
  maxFallbacks: honour('max_fallbacks', aWholeNumber(0, 100), 'Most fallbacks in one call. Default 5.'),
  groupAliases: honour('model_group_alias', mapOf(aGroupAlias), 'Other names of a group: a name, or {model, hidden}.'),
  defaultMaxParallelRequests: honour(
    'default_max_parallel_requests',
    aWholeNumber(1, MOST),
    'max_parallel_requests of deployments that set none.',
  ),
  setVerbose: honour('set_verbose', aFlag, 'Log level debug.'),
  debugLevel: honour('debug_level', oneOf('INFO', 'DEBUG'), 'Log level.'),
}

const SHARED = 'replicas share their state through Postgres; no Redis is used.'
const NO_CACHE = 'it is read only together with response caching, which is refused where it is switched on.'

export const ROUTER_TABLE: KeyTable = {
  section: 'router_settings',
  honoured: Object.values(ROUTER),
  moot: {
    routing_strategy_args: 'simple-shuffle takes no arguments, and other strategies are refused.',
    tag_filtering_match_any: 'it is read only together with enable_tag_filtering, which is refused where it is true.',
    redis_host: SHARED,
    redis_port: SHARED,
    redis_password: SHARED,
    redis_db: SHARED,
    redis_url: SHARED,
    cache_kwargs: SHARED,
    caching_groups: NO_CACHE,
    client_ttl: 'connections to providers are pooled for the life of the process.',
    deployment_affinity_ttl_seconds: 'it is read only together with optional_pre_call_checks, which are refused.',
    default_priority: 'requests are not queued, so they have no priority.',
    polling_interval: 'requests are not queued, so no queue is polled.',
    alerting_config: 'nothing sends alerts; alert on /metrics instead.',
  },
  unsupported: {
    enable_pre_call_checks: 'prompt sizes are not checked before the call; name context_window_fallbacks instead.',
    optional_pre_call_checks: 'these checks are not in this version; remove them.',
    enable_tag_filtering: 'routing by tags is not in this version; use separate model names.',
    provider_budget_config: 'budgets of providers are not in this version.',
    cache_responses: 'response caching is not in this version.',
    default_litellm_params: 'write these parameters into the entries of model_list.',
    ignore_invalid_deployments: 'a wrong entry stops the start, so that no model goes missing in silence.',
    search_tools: 'search tools are not in this version.',
    guardrail_list: 'guardrails are not in this version.',
    routing_groups: 'one strategy serves all groups in this version.',
    weights: 'write `weight` into the litellm_params of the deployments.',
    assistants_config: 'the assistants API is not served.',
  },
}
