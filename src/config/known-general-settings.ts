import { GENERAL_UNSUPPORTED } from './unsupported-general-settings.ts'
import { anAddressRange, anOrigin, databaseUrl, endUserHeaderMappings } from './general-readers.ts'
import { anEgressEntry } from './egress-reader.ts'
import { aKeyHeaderName, anEndUserHeader } from './header-readers.ts'
import { honour } from './key-table.ts'
import { passThroughEndpoints } from './pass-through/read-pass-through.ts'
import { rolePermissions } from './tokens/known-token-lists.ts'
import { anUnquotedFlag, routes } from './tokens/token-readers.ts'
import type { KeyTable } from './key-table.ts'
import { aFlag, aJsonObject, aSecret, aText, aWholeNumber, listOf, megabytesAsBytes, oneOf } from './readers.ts'

export const GENERAL = {
  masterKey: honour('master_key', aSecret, 'The operator’s key. Must begin with `sk-`.'),
  databaseUrl: honour('database_url', databaseUrl, 'PostgreSQL; without it the embedded store is used.'),
  databasePoolSize: honour('database_connection_pool_limit', aWholeNumber(1, 1000), 'Most connections. Default 10.'),
  maxRequestBytes: honour('max_request_size_mb', megabytesAsBytes, 'Largest request. Default 32.'),
  maxResponseBytes: honour(
    'max_response_size_mb',
    megabytesAsBytes,
    'Largest answer that is not a stream. Default 64.',
  ),
  completionModel: honour('completion_model', aText, 'Serves every completion, whatever model was asked for.'),
  embeddingModel: honour('embedding_model', aText, 'The same for embeddings.'),
  imageModel: honour('image_generation_model', aText, 'The same for pictures.'),
  moderationModel: honour('moderation_model', aText, 'The same for moderations.'),
  tokenRateLimitType: honour(
    'token_rate_limit_type',
    oneOf('total', 'input', 'output'),
    'The tokens that tpm_limit counts. Default total.',
  ),
  enforceUserParam: honour('enforce_user_param', aFlag, 'Model requests must carry `user`.'),
  enforcedParams: honour('enforced_params', listOf(aText), 'Model requests must carry these members.'),
  rejectClientsideMetadataTags: honour('reject_clientside_metadata_tags', aFlag, 'Refuse `metadata.tags` of callers.'),
  userHeaderName: honour('user_header_name', anEndUserHeader, 'The header that names the end user.'),
  userHeaderMappings: honour('user_header_mappings', endUserHeaderMappings, 'The same as a list; role customer only.'),
  alwaysIncludeStreamUsage: honour('always_include_stream_usage', aFlag, 'Every stream ends with its usage.'),
  keyHeaderName: honour(
    'litellm_key_header_name',
    aKeyHeaderName,
    'The one header that carries the credential; none that clients, proxies or the gateway use for something else.',
  ),
  allowedRoutes: honour('allowed_routes', routes, 'The only routes that are served: paths, or groups of routes.'),
  adminOnlyRoutes: honour(
    'admin_only_routes',
    routes,
    'Routes for administrators only. One that there is not stops the start.',
  ),
  passThroughs: honour(
    'pass_through_endpoints',
    passThroughEndpoints,
    'Paths whose calls go on to destinations of the operator’s choice. See below.',
  ),
  enableJwtAuth: honour('enable_jwt_auth', anUnquotedFlag, 'Tokens of identity providers are accepted. Default false.'),
  jwtAuth: honour('litellm_jwtauth', aJsonObject, 'Whose tokens, and what they may do. See below.'),
  enableOauth2: honour(
    'enable_oauth2_auth',
    anUnquotedFlag,
    'Opaque tokens are introspected at OAUTH_TOKEN_INFO_ENDPOINT. Default false.',
  ),
  rolePermissions: honour(
    'role_permissions',
    rolePermissions,
    'With enforce_rbac: models and routes by role. See below.',
  ),
  enforceRbac: honour('enforce_rbac', aFlag, 'Tokens with neither a user nor a team are refused. Default false.'),
  allowCustomKeys: honour(
    'allow_custom_keys',
    aFlag,
    'Latchkey: callers may choose the value of a new key. Default true.',
  ),
  corsOrigins: honour(
    'cors_origins',
    listOf(anOrigin),
    'Latchkey: origins whose pages may call the gateway. Default none.',
  ),
  trustedProxies: honour(
    'trusted_proxies',
    listOf(anAddressRange),
    'Latchkey: addresses or ranges whose X-Forwarded-For is believed. Default none.',
  ),
  exposeRejectReason: honour(
    'expose_reject_reason',
    aFlag,
    'Latchkey: tell callers the reason code of a refusal. Default false.',
  ),
  needsTeam: honour('default_team_disabled', aFlag, 'Refuse keys without a team. Default false.'),
  storeModels: honour('store_model_in_db', aFlag, 'Models may be made through the API. Default false.'),
  egressAllow: honour(
    'provider_egress_allow',
    listOf(anEgressEntry),
    'Latchkey: private addresses, and hosts without TLS, that models made through the API may lead to, each with its port: `10.1.0.0/16:8000`, `[fd00::/8]:443`, `vllm.internal:8000`, `127.0.0.1:*`. Default none.',
  ),
  strictNoSecretsInUrl: honour('strict_no_secrets_in_url', aFlag, 'Latchkey: refuse keys in queries. Default false.'),
}

const DURABLE_AT_ONCE = 'the ledger is durable before an answer ends; nothing is written in batches later.'
const NO_RESET_JOB = 'no job resets budgets; a new period simply begins empty.'
const WITH_HEALTH_CHECKS = 'it is read only together with background_health_checks, which is refused where it is true.'
const WITH_ALERTING = 'it is read only together with alerting, which is refused where it is set.'
const WITH_MCP = 'the MCP gateway is not in this version, so there is nothing to limit.'
const MIGRATIONS = 'migrations are our own, run under a lock, and only add.'

export const GENERAL_TABLE: KeyTable = {
  section: 'general_settings',
  honoured: Object.values(GENERAL),
  moot: {
    database_connection_timeout: 'a connection that takes longer than 5 s counts as a failure, and is tried again.',
    database_url_read_replica: 'all reads go to database_url; warm requests read nothing.',
    supported_db_objects:
      'with store_model_in_db, models and credentials are read; nothing else of a configuration is stored.',
    proxy_batch_write_at: DURABLE_AT_ONCE,
    proxy_batch_polling_interval: DURABLE_AT_ONCE,
    use_redis_transaction_buffer: DURABLE_AT_ONCE,
    proxy_budget_rescheduler_min_time: NO_RESET_JOB,
    proxy_budget_rescheduler_max_time: NO_RESET_JOB,
    disable_reset_budget: NO_RESET_JOB,
    disable_error_logs: 'failed calls cost one log line and hold no prompt.',
    maximum_spend_logs_retention_interval: 'the time of the clean-up is chosen by the gateway.',
    maximum_spend_logs_cleanup_cron: 'the time of the clean-up is chosen by the gateway.',
    disable_retry_on_max_parallel_request_limit_error: 'a refusal of the gateway itself is never retried.',
    disable_master_key_return: 'no answer ever holds the master key.',
    disable_adding_master_key_hash_to_db: 'the master key is never stored, not even its digest.',
    user_api_key_cache_ttl: 'a revoked key is dead within one second, whatever is cached.',
    health_check_interval: WITH_HEALTH_CHECKS,
    health_check_concurrency: WITH_HEALTH_CHECKS,
    use_shared_health_check: WITH_HEALTH_CHECKS,
    health_check_details:
      'the health routes tell no credentials, and no addresses unless compat.expose_api_base is true.',
    alerting_threshold: WITH_ALERTING,
    alert_types: WITH_ALERTING,
    alert_to_webhook_url: WITH_ALERTING,
    alerting_args: WITH_ALERTING,
    spend_report_frequency: WITH_ALERTING,
    oauth2_config_mappings:
      'it is read only together with enable_oauth2_proxy_auth, which is refused where it is true.',
    custom_auth_run_common_checks: 'it is read only together with custom_auth, which is refused.',
    key_management_settings: 'it is read only together with key_management_system, which is refused.',
    database_type: 'the store is always PostgreSQL, embedded or as a server.',
    database_args: 'it belongs to stores other than PostgreSQL.',
    litellm_license: 'nothing here needs a licence.',
    disable_prisma_schema_update: MIGRATIONS,
    user_mcp_management_mode: WITH_MCP,
    mcp_internal_ip_ranges: WITH_MCP,
    mcp_trusted_proxy_ranges: WITH_MCP,
    mcp_required_fields: WITH_MCP,
    skip_user_budget_on_team_key: 'a key of a team is the team’s to pay for, whatever the budget of its user.',
    fail_closed_budget_enforcement: 'a budget that cannot be asked refuses.',
  },
  unsupported: GENERAL_UNSUPPORTED,
}
