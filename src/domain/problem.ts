interface ProblemKind {
  readonly status: number
  readonly type: string
  readonly param: string | null
  readonly say: string
}

/**
 * Every way we can refuse or fail, once. Statuses, types and texts are what clients of the LiteLLM proxy match on, so
 * changing one is a breaking change. A text that depends on the request is given by the decider as `say`.
 */
export const PROBLEMS = {
  'credential-missing': auth('Authentication Error, No api key passed in.'),
  'credential-malformed': auth('Authentication Error, Malformed API Key passed in. Ensure Key has `Bearer ` prefix.'),
  'credential-repeated': auth('Authentication Error, A credential header was sent more than once. Send it once.'),
  'credential-ambiguous': auth(
    'Authentication Error, Two different credentials were sent. Send one, or name the one for this gateway in `x-litellm-api-key`.',
  ),
  'socket-scheme': forbidden('Invalid Authorization header format'),
  'socket-credential-missing': forbidden('No API key provided'),
  'origin-denied': forbidden(
    'Pages of this origin may not connect. The operator lists those that may in `cors_origins`.',
  ),
  'key-form': auth("LiteLLM Virtual Key expected, expected to start with 'sk-'."),
  'key-unknown': {
    status: 401,
    type: 'token_not_found_in_db',
    param: 'key',
    say: 'Authentication Error, Invalid proxy server token passed. Unable to find token in cache or `LiteLLM_VerificationTokenTable`',
  },
  'too-many-guesses': {
    status: 429,
    type: 'throttling_error',
    param: null,
    say: 'Too many unknown keys came from this address. Try again in a minute.',
  },
  'key-expired': { status: 401, type: 'expired_key', param: 'None', say: 'Authentication Error - Expired Key.' },
  'key-blocked': auth("Authentication Error, Key is blocked. Update via `/key/unblock` if you're an admin."),
  /** Not a proven token; the decider says what is wrong with it. */
  'token-refused': auth('Authentication Error, Validation fails.'),
  'token-expired': { status: 401, type: 'expired_key', param: null, say: 'Token Expired' },
  'provider-unavailable': {
    status: 503,
    type: 'auth_provider_unavailable',
    param: 'None',
    say: 'The keys of the identity provider cannot be fetched. Try again.',
  },
  /** A proven token that the policy does not let through; status 403. */
  'token-denied': { status: 403, type: 'auth_error', param: 'None', say: 'Invalid JWT token' },
  'token-denied-email': { status: 403, type: 'auth_error', param: 'user_email', say: 'Email domain not allowed.' },
  /** A proven token that names what there is not, or that is not whole; status 401. */
  'token-unresolved': auth('Authentication Error, The token names nobody who is known here.'),
  'token-team-not-found': { status: 404, type: 'auth_error', param: 'None', say: "Team doesn't exist in db." },
  'token-name-ambiguous': { status: 400, type: 'auth_error', param: 'None', say: 'Several have this name.' },
  'registration-lost': {
    status: 503,
    type: 'auth_error',
    param: 'None',
    say: "JWT Key Mapping: AUTO_REGISTER race resolution failed — winner's mapping was concurrently removed. Retry the request.",
  },
  'mapping-admin-only': forbidden('Only proxy admins can change JWT key mappings'),
  'mapping-malformed': badRequest(
    'Provide exactly one of `key` (the plaintext virtual key) or `token` (its SHA-256 hash).',
  ),
  'mapping-key-unknown': badRequest('The provided key does not match an existing virtual key.'),
  'mapping-not-found': notFound('Mapping not found'),
  'revocation-admin-only': forbidden('Only proxy admins can revoke tokens'),
  'revocation-not-found': notFound('Revocation not found', 'id'),
  'mapping-taken': {
    status: 409,
    type: 'bad_request_error',
    param: 'None',
    say: 'A mapping with those claim values already exists.',
  },
  'user-blocked': auth('Authentication Error, User is blocked.'),
  'team-blocked': auth("Authentication Error, Team is blocked. Update via `/team/unblock` if you're an admin."),
  'not-a-member': forbidden('No longer a member of the team of this key.'),
  'end-user-blocked': forbidden('User blocked from making LLM API Calls.'),
  'viewer-calls': forbidden('Viewers look at things. They call no models and change nothing.'),
  'route-denied': forbidden('This key may not call this route.'),
  'admin-only': auth(
    'Authentication Error, Only proxy admin can be used to generate, delete, update info for new keys/users/teams.',
  ),
  'not-yours': {
    status: 403,
    type: 'internal_server_error',
    param: 'None',
    say: "You are not allowed to access this key's info.",
  },
  'model-denied': {
    status: 401,
    type: 'key_model_access_denied',
    param: 'model',
    say: 'key not allowed to access model.',
  },
  'model-denied-to-team': denied('team'),
  'model-denied-to-user': denied('user'),
  'model-denied-to-organization': denied('org'),
  'model-unknown': { status: 400, type: 'None', param: 'None', say: 'Invalid model name passed.' },
  'model-info-unknown': { status: 400, type: 'None', param: 'None', say: 'not found on litellm proxy' },
  'model-not-found': notFound('The model does not exist.', 'model'),
  'object-not-found': notFound('Not found.'),
  'bad-request': badRequest('The request is malformed.'),
  'body-unparsable': badRequest('The body is not valid JSON.'),
  'param-forbidden': badRequest('A parameter is not allowed.'),
  'end-user-missing': auth("Authentication Error, 'user' param not passed in. 'enforce_user_param'=True"),
  'tags-forbidden': badRequest("Client-side 'metadata.tags' not allowed in request.", 'metadata.tags'),
  'param-missing': badRequest('A parameter is missing.'),
  'body-invalid': { status: 422, type: 'validation_error', param: 'None', say: 'The body does not fit.' },
  'body-too-large': { status: 413, type: 'bad_request_error', param: 'None', say: 'The body is too large.' },
  'coding-unsupported': {
    status: 415,
    type: 'bad_request_error',
    param: 'None',
    say: 'Send JSON, as it is or with `Content-Encoding: gzip`.',
  },
  'route-unknown': notFound('Not Found'),
  'method-not-allowed': { status: 405, type: 'bad_request_error', param: 'None', say: 'Method Not Allowed' },
  'upgrade-required': {
    status: 426,
    type: 'bad_request_error',
    param: 'None',
    say: 'Sessions in real time are WebSockets: send `Upgrade: websocket` and `Sec-WebSocket-Version: 13`.',
  },
  'target-malformed': badRequest('The request target or a header is malformed.'),
  'headers-too-large': {
    status: 431,
    type: 'bad_request_error',
    param: 'None',
    say: 'The request headers are too large.',
  },
  'request-timeout': {
    status: 408,
    type: 'bad_request_error',
    param: 'None',
    say: 'The request did not arrive in time.',
  },
  'expectation-failed': {
    status: 417,
    type: 'bad_request_error',
    param: 'None',
    say: 'Only `Expect: 100-continue` is understood.',
  },
  'key-not-found': notFound('Key not found in database', 'key'),
  'member-permission-missing': {
    status: 403,
    type: 'team_member_permission_error',
    param: 'None',
    say: 'The team does not let its members do this.',
  },
  'beyond-yours': forbidden('Nobody can grant what they do not have themselves.'),
  'user-not-found': notFound('User not found', 'user_id'),
  'team-not-found': notFound('Team not found', 'team_id'),
  'organization-not-found': notFound('Organization not found', 'organization_id'),
  'budget-not-found': notFound('Budget not found', 'budget_id'),
  'user-not-yours': {
    status: 403,
    type: 'internal_server_error',
    param: 'None',
    say: "You are not allowed to access this user's info.",
  },
  'users-unknown': notFound('User not found', 'user_ids'),
  'budget-in-use': badRequest('The budget is in use. Take it away from what uses it first.', 'id'),
  'customer-taken': { status: 400, type: 'bad_request', param: 'user_id', say: 'Customer already exists.' },
  'customer-unknown': { status: 400, type: 'bad_request', param: 'end_user_id', say: 'End User does not exist in db' },
  'customers-unknown': notFound('End User not found', 'user_ids'),
  'tag-taken': badRequest('Tag already exists', 'name'),
  'tags-unknown': notFound('Tags not found', 'names'),
  'invitation-not-found': notFound('Invitation id does not exist in the database.', 'invitation_id'),
  'invitation-unusable': auth('The invitation is unknown, used or expired. Ask for a new one.'),
  'already-there': badRequest('It exists already.'),
  'identity-taken': {
    status: 409,
    type: 'bad_request_error',
    param: 'subject',
    say: 'The identity is linked already.',
  },
  'identity-not-found': notFound('No such identity is linked.', 'subject'),
  'merge-not-found': notFound('No such merge.', 'merge_id'),
  'merge-over': { status: 409, type: 'bad_request_error', param: 'merge_id', say: 'The merge cannot be undone.' },
  'user-taken': { status: 409, type: 'bad_request_error', param: 'user_id', say: 'User already exists.' },
  'already-in-team': {
    status: 400,
    type: 'team_member_already_in_team',
    param: 'user_id',
    say: 'User is already in the team.',
  },
  'member-call-denied': forbidden('Call not allowed. User not proxy admin OR team admin.'),
  'last-admin': {
    status: 409,
    type: 'bad_request_error',
    param: 'None',
    say: 'The last active proxy admin cannot be deleted, blocked or demoted. Make another one first.',
  },
  'models-not-stored': {
    status: 500,
    type: 'internal_server_error',
    param: 'None',
    say: "Set `'STORE_MODEL_IN_DB='True'` in your env to enable this feature.",
  },
  'secrets-not-stored': {
    status: 500,
    type: 'internal_server_error',
    param: 'None',
    say: 'This gateway has no key to seal secrets with.',
  },
  'model-in-config': badRequest("Can't edit model. Model in config. Store model in db via `/model/new`. to edit."),
  'stored-model-not-found': badRequest('model not found'),
  'credential-not-found': notFound('Credential not found', 'credential_name'),
  'credential-taken': {
    status: 500,
    type: 'internal_server_error',
    param: 'credential_name',
    say: 'Unique constraint failed on the fields: (`credential_name`)',
  },
  'access-group-not-found': notFound('Access group not found', 'access_group'),
  'access-group-taken': {
    status: 409,
    type: 'bad_request_error',
    param: 'access_group',
    say: 'An access group of this name already exists.',
  },
  'alias-taken': badRequest('The alias is taken.', 'key_alias'),
  'key-taken': badRequest('This key value is in use. Choose another one.', 'key'),
  'changed-meanwhile': {
    status: 409,
    type: 'bad_request_error',
    param: 'None',
    say: 'Somebody else has changed it meanwhile. Look at it again, and then repeat what is still right.',
  },
  'store-unavailable': {
    status: 503,
    type: 'no_db_connection',
    param: 'None',
    say: 'The gateway cannot reach its store. Try again.',
  },
  'too-many-newcomers': {
    status: 429,
    type: 'throttling_error',
    param: null,
    say: 'Too many new users, teams or keys came from this identity provider. Try again in a minute.',
  },
  'budget-exceeded': { status: 429, type: 'budget_exceeded', param: null, say: 'Budget has been exceeded!' },
  'budget-exceeded-400': { status: 400, type: 'budget_exceeded', param: null, say: 'Budget has been exceeded!' },
  'provider-budget': { status: 429, type: 'None', param: 'None', say: 'No deployments available - crossed budget.' },
  'tool-denied': {
    status: 403,
    type: 'tool_access_denied',
    param: 'tools',
    say: 'A tool is not in the allowed tools list for this key/team.',
  },
  'rate-limited': { status: 429, type: 'None', param: 'None', say: 'Rate limit exceeded.' },
  'price-unknown': badRequest('The price of this model is not known.', 'model'),
  'upstream-unreadable': { status: 502, type: 'None', param: 'None', say: 'The upstream failed.' },
  'upstream-timeout': { status: 408, type: 'None', param: 'None', say: 'The upstream did not answer in time.' },
  'upstream-limited': {
    status: 429,
    type: 'throttling_error',
    param: null,
    say: 'The upstream refuses more calls for now.',
  },
  'provider-absent': {
    status: 501,
    type: 'not_implemented_error',
    param: 'None',
    say: 'Nothing is passed on here.',
  },
  'loop-detected': {
    status: 508,
    type: 'internal_server_error',
    param: 'None',
    say: 'This call has passed this gateway before: the address of a model leads back to it.',
  },
  'not-recorded': {
    status: 503,
    type: 'internal_server_error',
    param: 'None',
    say: 'The gateway cannot record the cost of this call, so it does not answer it. Try again.',
  },
  overloaded: {
    status: 503,
    type: 'internal_server_error',
    param: 'None',
    say: 'The gateway is at its limit. Try again.',
  },
  fault: { status: 500, type: 'internal_server_error', param: 'None', say: 'Internal Server Error.' },
} as const satisfies Record<string, ProblemKind>

export type ProblemCode = keyof typeof PROBLEMS

function denied(object: string): ProblemKind {
  return {
    status: 401,
    type: `${object}_model_access_denied`,
    param: 'model',
    say: `${object} not allowed to access model.`,
  }
}

function auth(say: string): ProblemKind {
  return { status: 401, type: 'auth_error', param: 'None', say }
}

function badRequest(say: string, param = 'None'): ProblemKind {
  return { status: 400, type: 'bad_request_error', param, say }
}

function notFound(say: string, param = 'None'): ProblemKind {
  return { status: 404, type: 'not_found_error', param, say }
}

function forbidden(say: string): ProblemKind {
  return { status: 403, type: 'auth_error', param: 'None', say }
}

/** Thrown only at the edges; deciders return. `detail` is for operators and never leaves the process. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly say: string
  readonly detail: Readonly<Record<string, unknown>>

  constructor(code: ProblemCode, say?: string, detail: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super(code, { cause })
    this.code = code
    this.say = say ?? PROBLEMS[code].say
    this.detail = detail
  }
}
