import type { Reason } from '../src/domain/reason.ts'
import { TOKEN_REASONS } from './describe-token-reasons.ts'

/** For operators: what happened, and where to look. The type makes the list whole. */
const REASONS: Readonly<Record<Reason, string>> = {
  cred_missing: 'No header that can carry a credential was there. Often a client without its key, or a scanner.',
  cred_location:
    'No header carried a credential, and what looks like one stood in the query or a cookie. Those end up in logs: send a header.',
  cred_scheme: 'There was a credential header without a credential, or `Authorization` without a scheme that we know.',
  cred_multiple: 'Two headers carried different credentials. Name the one for the gateway in `x-litellm-api-key`.',
  cred_duplicate_header: 'A credential header came twice. A proxy in front may be adding one.',
  key_malformed:
    'The credential has not the form of a key: it does not start with `sk-`, or is longer than 512 characters.',
  key_checksum: 'The key has our form and its checksum is wrong: a typo or a cut-off copy. The store was not asked.',
  key_unknown:
    'No such key. It was deleted, it was rotated and its grace period is over, or it belongs to another installation.',
  key_guessing:
    'More unknown keys came from one address in a minute, or from all in a second, than the store is asked about.',
  key_expired: 'The key was valid until its `expires`. Make a new one, or change its `duration`.',
  key_blocked: 'Somebody blocked the key with `/key/block`; `/key/unblock` takes it back.',
  origin_denied:
    'A browser said that the page comes from elsewhere. List its origin in `general_settings.cors_origins`.',
  authz_route:
    'The route is not for this caller: the key’s `allowed_routes` or `key_type`, or the operator’s `allowed_routes` or `admin_only_routes`.',
  ...TOKEN_REASONS,
  principal_unknown: 'The user or team behind the credential is not here: gone, or never made.',
  principal_blocked:
    'The user, team or end user is blocked. `/user/update`, `/team/unblock` or `/customer/unblock` take it back.',
  team_required: 'The user was removed from the team that the key is of. Add the member again, or delete the key.',
  authz_role: 'The role of the caller does not carry this route: see docs/access.md.',
  authz_field: 'The caller may change the object, and not this field of it.',
  authz_ceiling: 'The caller wanted to grant more than it has itself.',
  last_admin: 'The last active proxy admin would have been deleted, blocked or demoted.',
  version_conflict: 'The object was changed by somebody else since the caller read it.',
  model_denied: 'The key’s `models` do not include the model, under any of its names or access groups.',
  model_unknown:
    'No deployment serves a model of this name. Look for a typo, or a model that was taken from the configuration.',
  object_denied: 'An id that was not given to this key: a stored response, a file, a vector store, or another key.',
  load_shed:
    'The event loop was more than 200 ms late (99th percentile over 5 s), so that nobody new was let in. Add a replica.',
  hop_loop: 'The call was here already: an `api_base` leads back to this gateway, by itself or through others.',
  http_body: 'The body could not be read: too large, not UTF-8, not JSON, a repeated member name, or not whole.',
  param_forbidden:
    'A parameter that only the operator decides (destination, credential, price, logging), or one that this version refuses to take and ignore.',
  param_missing:
    'A required parameter is missing: the model, `user` where it is enforced, or one of the key’s `enforced_params`.',
  param_type: 'A parameter has a wrong type or an impossible value.',
  budget_exceeded:
    'What the call may cost does not fit into a budget of its key, team, member, user, organisation or customer.',
  tool_denied: 'The call offers a tool that the key or its team does not allow (`metadata.allowed_tools`).',
  rate_limited:
    'Its key, user, team, member, organisation or customer makes more calls, uses more tokens or runs more calls at once than its rate allows.',
  price_unknown: 'The model has no known price, and the caller has a budget.',
  store_unavailable:
    'The store did not answer when a key had to be looked up. The caller got a 503, never a wrong verdict.',
}

/** The table of docs/reasons.md. */
export function describeReasons(): string {
  const rows = Object.entries(REASONS).map(([reason, sentence]) => `| \`${reason}\` | ${sentence} |`)
  return ['| reason | what happened |', '| --- | --- |', ...rows].join('\n')
}
