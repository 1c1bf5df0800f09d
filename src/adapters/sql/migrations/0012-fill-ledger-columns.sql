update latchkey.ledger_entry l
set (call_type, ended_at, upstream_model, provider, http_status, key_alias, deployment_id, session_id, error_class,
    cached_input_tokens, cache_write_input_tokens) = (
  select "callType", to_timestamp("endedAt" / 1000.0), "upstreamModel", provider, "httpStatus", "keyAlias", "deploymentId",
    "sessionId", "errorClass", "cachedInputTokens", "cacheWriteInputTokens"
  from json_to_record(l.detail::json) as said (
    "callType" text, "endedAt" numeric, "upstreamModel" text, provider text, "httpStatus" numeric, "keyAlias" text,
    "deploymentId" text, "sessionId" text, "errorClass" text, "cachedInputTokens" numeric, "cacheWriteInputTokens" numeric))
where call_type is null;
