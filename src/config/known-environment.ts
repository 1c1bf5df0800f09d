import { honour } from './key-table.ts'
import type { KeyTable } from './key-table.ts'
import { aFlag, aNumber, aSecret, aText, aWholeNumber, durationAsMs, secondsAsMs, timeoutAsMs } from './readers.ts'
import { logLevelName } from './log-level.ts'
import { aClaimText } from './tokens/claim-field.ts'
import { exactText } from './tokens/token-readers.ts'
import { aProviderUrl, providerUrls } from './tokens/url-readers.ts'

const MOST = 1_000_000_000

/** Read only where tokens of identity providers are accepted. */
const TOKENS = {
  jwtKeyUrls: honour(
    'JWT_PUBLIC_KEY_URL',
    providerUrls,
    'Key sets or discovery documents, with commas between them, for tokens of no listed issuer.',
  ),
  jwtAudience: honour('JWT_AUDIENCE', exactText, 'Must be in the claim aud of those tokens.'),
  jwtIssuer: honour('JWT_ISSUER', exactText, 'Must be the claim iss of those tokens.'),
  oauthTokenInfo: honour('OAUTH_TOKEN_INFO_ENDPOINT', aProviderUrl, 'Where tokens are introspected (RFC 7662).'),
  oauthClientId: honour('OAUTH_CLIENT_ID', aText, 'Latchkey: who asks there.'),
  oauthClientSecret: honour('OAUTH_CLIENT_SECRET', aSecret, 'Latchkey: with which secret.'),
  oauthAudience: honour('OAUTH_AUDIENCE', exactText, 'Latchkey: must be in aud of the answer.'),
  oauthUserId: honour('OAUTH_USER_ID_FIELD_NAME', aClaimText, 'Member of the answer with the user. Default sub.'),
  oauthRole: honour(
    'OAUTH_USER_ROLE_FIELD_NAME',
    aClaimText,
    'Member with the role, for role_mappings and jwt_litellm_role_map. Default role.',
  ),
  oauthTeamId: honour('OAUTH_USER_TEAM_ID_FIELD_NAME', aClaimText, 'Member with the team. Default team_id.'),
}

/** `OAUTH_CLIENT_*` belong to other programs too, and are not missed when nobody reads them. */
export const TOKEN_ENV = Object.values(TOKENS).filter(({ name }) => !/^OAUTH_(?:CLIENT_|AUDIENCE)/.test(name))

export const ENV = {
  ...TOKENS,
  configFilePath: honour('CONFIG_FILE_PATH', aText, 'The file, where --config names none.'),
  host: honour('HOST', aText, 'Address to listen on, where --host names none. Default 127.0.0.1.'),
  port: honour('PORT', aWholeNumber(0, 65_535), 'Port to listen on, where --port names none. Default 4000.'),
  numWorkers: honour('NUM_WORKERS', aWholeNumber(1, 1024), 'Accepted; one process serves.'),
  masterKey: honour('LITELLM_MASTER_KEY', aSecret, 'The operator’s key, where the file names none.'),
  saltKey: honour(
    'LITELLM_SALT_KEY',
    aSecret,
    'Seals the secrets in the store. Without it, a key in the data directory does; on PostgreSQL nothing can be sealed.',
  ),
  storeModels: honour('STORE_MODEL_IN_DB', aFlag, 'As store_model_in_db, which wins.'),
  databaseUrl: honour('DATABASE_URL', aSecret, 'PostgreSQL, where the file names none.'),
  databaseHost: honour('DATABASE_HOST', aText, 'With DATABASE_USER and DATABASE_NAME, in place of DATABASE_URL.'),
  databasePort: honour('DATABASE_PORT', aWholeNumber(1, 65_535), 'Default 5432.'),
  databaseUser: honour('DATABASE_USER', aText, 'See DATABASE_HOST.'),
  databaseUsername: honour('DATABASE_USERNAME', aText, 'As DATABASE_USER, which wins.'),
  databasePassword: honour('DATABASE_PASSWORD', aSecret, 'See DATABASE_HOST.'),
  databaseName: honour('DATABASE_NAME', aText, 'See DATABASE_HOST.'),
  noConsole: honour('DISABLE_ADMIN_UI', aFlag, 'No console is served. Default false.'),
  noDocs: honour('NO_DOCS', aFlag, 'No pages about the API are served. Default false.'),
  noRedoc: honour('NO_REDOC', aFlag, '`/redoc` is not served. Default false.'),
  logLevel: honour('LITELLM_LOG', logLevelName, 'DEBUG, INFO, WARNING or ERROR. Default INFO.'),
  rateWindowMs: honour(
    'LITELLM_RATE_LIMIT_WINDOW_SIZE',
    secondsAsMs,
    'Seconds in which rpm_limit and tpm_limit count. Default 60.',
  ),
  cooldownMs: honour('DEFAULT_COOLDOWN_TIME_SECONDS', secondsAsMs, 'Default of cooldown_time.'),
  allowedFails: honour('DEFAULT_ALLOWED_FAILS', aWholeNumber(0, MOST), 'Default of allowed_fails.'),
  failureShare: honour(
    'DEFAULT_FAILURE_THRESHOLD_PERCENT',
    aNumber(0, 1),
    'Share of failures in a minute after which a deployment rests. Default 0.5.',
  ),
  failureMinimum: honour(
    'DEFAULT_FAILURE_THRESHOLD_MINIMUM_REQUESTS',
    aWholeNumber(0, MOST),
    'Requests before that share counts. Default 5.',
  ),
  failureSingle: honour(
    'SINGLE_DEPLOYMENT_TRAFFIC_FAILURE_THRESHOLD',
    aWholeNumber(1, MOST),
    'The same for a group of one deployment. Default 1000.',
  ),
  maxFallbacks: honour('ROUTER_MAX_FALLBACKS', aWholeNumber(0, 100), 'Default of max_fallbacks.'),
  maxStreamingMs: honour(
    'LITELLM_MAX_STREAMING_DURATION_SECONDS',
    timeoutAsMs,
    'Longest stream. Default 3600, or the timeout of the router where that is longer.',
  ),
  mockPromptTokens: honour(
    'DEFAULT_MOCK_RESPONSE_PROMPT_TOKEN_COUNT',
    aWholeNumber(0, MOST),
    'Usage of mock answers. Default 10.',
  ),
  mockCompletionTokens: honour(
    'DEFAULT_MOCK_RESPONSE_COMPLETION_TOKEN_COUNT',
    aWholeNumber(0, MOST),
    'Usage of mock answers. Default 20.',
  ),
  keyRotationGraceMs: honour(
    'LITELLM_KEY_ROTATION_GRACE_PERIOD',
    durationAsMs,
    'How long a regenerated key’s old value stays valid. Default not at all.',
  ),
}

const NO_REDIS = 'replicas share their state through Postgres; no Redis is used.'
const NO_UI = 'the console asks for a key, and knows no names and passwords.'
const NOT_OPENAI = 'requests and answers are relayed to OpenAI-compatible providers as they are.'
const NO_ALERTS = 'nothing sends alerts in this version.'
const NO_SSO = 'sign-on is not in this version.'
const DIRECT = 'providers are called directly, without a proxy.'

/** The environment belongs to more programs than ours, so what is unsupported stops the start only where it is plainly meant for us. */
export const ENV_TABLE: KeyTable = {
  section: 'environment variables',
  honoured: Object.values(ENV),
  moot: {
    JSON_LOGS: 'logs are always JSON.',
    LITELLM_MODE: 'no file with variables is read in any mode.',
    DISABLE_SCHEMA_UPDATE: 'migrations are our own, run under a lock, and only add.',
    LITELLM_LOCAL_MODEL_COST_MAP: 'prices come with the package; none are fetched.',
    DEFAULT_REASONING_EFFORT_MINIMAL_THINKING_BUDGET: NOT_OPENAI,
    DEFAULT_REASONING_EFFORT_LOW_THINKING_BUDGET: NOT_OPENAI,
    DEFAULT_REASONING_EFFORT_MEDIUM_THINKING_BUDGET: NOT_OPENAI,
    DEFAULT_REASONING_EFFORT_HIGH_THINKING_BUDGET: NOT_OPENAI,
    DEFAULT_REASONING_EFFORT_DISABLE_THINKING_BUDGET: NOT_OPENAI,
    DEFAULT_MAX_TOKENS: NOT_OPENAI,
    MAX_IMAGE_URL_DOWNLOAD_SIZE_MB: 'the gateway downloads no images; their addresses go to the provider.',
    NO_PROXY: DIRECT,
    PROMETHEUS_MULTIPROC_DIR: 'one process serves, and keeps its own metrics.',
    LITELLM_LICENSE: 'nothing here needs a licence.',
    DISABLE_KEY_NAME: 'the last four characters of a key do not authenticate.',
    PROXY_BASE_URL: 'no answer holds an address of the gateway itself.',
  },
  unsupported: {
    SERVER_ROOT_PATH: 'serve the gateway at the root of a host, or let the proxy in front strip the prefix.',
    LITELLM_CONFIG_BUCKET_NAME: 'fetch the file before the start and name it with --config.',
    LITELLM_CONFIG_BUCKET_OBJECT_KEY: 'fetch the file before the start and name it with --config.',
    LITELLM_CONFIG_BUCKET_TYPE: 'fetch the file before the start and name it with --config.',
    LITELLM_MODEL_COST_MAP_URL: 'prices come with the package; set others in litellm_params.',
    SSL_KEYFILE_PATH: 'end TLS in front of the gateway.',
    SSL_CERTFILE_PATH: 'end TLS in front of the gateway.',
    SSL_VERIFY: {
      because: 'certificates are always verified; add your own with NODE_EXTRA_CA_CERTS.',
      harmless: ['True', 'TRUE', 'true'],
      falseMatters: true,
    },
    // N-24: Node itself would heed it.
    NODE_TLS_REJECT_UNAUTHORIZED: {
      because: 'certificates are always verified; add your own with NODE_EXTRA_CA_CERTS.',
      harmless: ['1'],
      falseMatters: true,
    },
    DATABASE_SCHEMA: { because: 'use a database of its own, or set search_path for its user.', harmless: ['public'] },
  },
}

/** Variables that other programs use too, or that only add to a feature: a warning says that they have no effect. */
export const UNUSED_ENVIRONMENT: readonly (readonly [like: string, matches: RegExp, because: string])[] = [
  ['HTTP_PROXY, HTTPS_PROXY', /^HTTPS?_PROXY$/i, DIRECT],
  ['SSL_CERT_FILE', /^SSL_CERT_FILE$/, 'add certificates with NODE_EXTRA_CA_CERTS.'],
  ['REDIS_*', /^REDIS_(?:HOST|PORT|PASSWORD|URL|SSL|USERNAME)$/, NO_REDIS],
  ['SLACK_WEBHOOK_URL', /^SLACK_WEBHOOK_URL$/, NO_ALERTS],
  ['SMTP_*', /^SMTP_/, NO_ALERTS],
  ['UI_USERNAME, UI_PASSWORD', /^UI_(?:USERNAME|PASSWORD)$/, NO_UI],
  [
    'LITELLM_UI_SESSION_DURATION, EXPERIMENTAL_UI_LOGIN',
    /^(?:LITELLM_UI_SESSION_DURATION|EXPERIMENTAL_UI_LOGIN)$/,
    NO_UI,
  ],
  ['LITELLM_CLI_JWT_EXPIRATION_HOURS', /^LITELLM_CLI_JWT_EXPIRATION_HOURS$/, NO_SSO],
  ['GOOGLE_CLIENT_*', /^GOOGLE_CLIENT_(?:ID|SECRET)$/, NO_SSO],
  ['MICROSOFT_*', /^MICROSOFT_(?:CLIENT_|TENANT$|AUTHORIZATION_|TOKEN_|USERINFO_|USER_|SERVICE_PRINCIPAL_ID$)/, NO_SSO],
  [
    'GENERIC_*',
    /^GENERIC_(?:CLIENT_|AUTHORIZATION_|TOKEN_|USERINFO_|SCOPE$|INCLUDE_CLIENT_ID$|SSO_HEADERS$|USER_|ROLE_MAPPINGS_)/,
    NO_SSO,
  ],
  ['PKCE_STRICT_CACHE_MISS', /^PKCE_STRICT_CACHE_MISS$/, NO_SSO],
  [
    'PROXY_ADMIN_ID, PROXY_LOGOUT_URL, PROXY_DEFAULT_TEAM_DISABLED',
    /^PROXY_(?:ADMIN_ID|LOGOUT_URL|DEFAULT_TEAM_DISABLED)$/,
    NO_SSO,
  ],
  ['ALLOWED_EMAIL_DOMAINS', /^ALLOWED_EMAIL_DOMAINS$/, NO_SSO],
]
