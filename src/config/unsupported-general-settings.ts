import type { Refusal } from './key-table.ts'

const NO_SSO = 'sign-on is not in this version.'
const NO_VAULT = 'read secrets from environment variables with os.environ/NAME; let the platform put them there.'
const NO_PYTHON = 'Python hooks cannot be run, and other hooks are not in this version.'

export const GENERAL_UNSUPPORTED: Readonly<Record<string, string | Refusal>> = {
  store_prompts_in_spend_logs: 'prompts and answers are never stored.',
  disable_spend_logs: 'every call has one ledger line; totals are sums of them.',
  disable_spend_updates: 'every call has one ledger line; totals are sums of them.',
  maximum_spend_logs_retention_period: 'the ledger keeps every line in this version.',
  forward_client_headers_to_llm_api:
    'headers of callers are not sent on in this version; set extra_headers on the deployment.',
  public_routes: 'every route but the health checks needs a credential.',
  max_parallel_requests: 'use max_parallel_requests of keys or of deployments.',
  global_max_parallel_requests: 'use max_parallel_requests of keys or of deployments.',
  allowed_ips: 'limit the addresses in front of the gateway.',
  use_x_forwarded_for: 'name the proxies whose headers are believed in trusted_proxies.',
  trusted_proxy_ranges: 'write the ranges into trusted_proxies.',
  allow_client_side_credentials: 'callers cannot choose where a call goes or with which credential.',
  forward_llm_provider_auth_headers: 'credentials of callers never reach a provider.',
  forward_openai_org_id: 'write `organization` into the litellm_params of the deployment.',
  disable_budget_reservation: 'budgets are hard ceilings, so each call reserves what it may cost.',
  disable_responses_id_security: 'ids of responses are bound to the key that got them.',
  allow_requests_on_db_unavailable: 'a caller that cannot be identified is refused.',
  background_health_checks: 'providers are not probed in the background; failing deployments rest (cooldown_time).',
  use_client_credentials_pass_through_routes:
    'pass-through routes ask who calls, and no credential of a caller goes on to a provider.',
  alerting: 'nothing sends alerts in this version; alert on /metrics instead.',
  custom_auth: NO_PYTHON,
  custom_key_generate: NO_PYTHON,
  custom_sso: NO_PYTHON,
  custom_ui_sso_sign_in_handler: NO_PYTHON,
  enable_oauth2_proxy_auth: 'headers are no proof of who somebody is; let the proxy in front send the token itself.',
  allow_user_auth: NO_SSO,
  service_account_settings: 'enforced_params hold for all callers.',
  key_management_system: { because: NO_VAULT, harmless: ['local'] },
  use_google_kms: NO_VAULT,
  use_azure_key_vault: NO_VAULT,
  ui_access_mode: { because: NO_SSO, harmless: ['all'] },
  infer_model_from_keys: 'only the models of model_list are served; name them there.',
  otel: 'traces are not in this version; use /metrics and the logs.',
  enable_public_model_hub: 'the public model page is not in this version.',
}
