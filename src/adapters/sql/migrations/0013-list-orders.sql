-- Nobody writes lines from here on.
lock table latchkey.ledger_entry in share row exclusive mode;

-- Those that came while the others were filled, by a process of the version before.
update latchkey.ledger_entry l
set (call_type, ended_at, upstream_model, provider, http_status, key_alias, deployment_id, session_id, error_class,
    cached_input_tokens, cache_write_input_tokens) = (
  select "callType", to_timestamp("endedAt" / 1000.0), "upstreamModel", provider, "httpStatus", "keyAlias", "deploymentId",
    "sessionId", "errorClass", "cachedInputTokens", "cacheWriteInputTokens"
  from json_to_record(l.detail::json) as said (
    "callType" text, "endedAt" numeric, "upstreamModel" text, provider text, "httpStatus" numeric, "keyAlias" text,
    "deploymentId" text, "sessionId" text, "errorClass" text, "cachedInputTokens" numeric, "cacheWriteInputTokens" numeric))
where call_type is null;

create or replace trigger ledger_entry_append_only before update or delete or truncate on latchkey.ledger_entry
  for each statement execute function latchkey.refuse_ledger_change();

-- In the order of lists, and with what they are sorted, counted and summed by, so that only the lines of a page are read.
create index ledger_entry_list on latchkey.ledger_entry (at desc, entry_id)
  include (amount_pico, ended_at, prompt_tokens, completion_tokens, status);
drop index latchkey.ledger_entry_at;
-- A hash, because callers name their sessions, and may do so at any length.
create index ledger_entry_session on latchkey.ledger_entry using hash (session_id) where session_id is not null;

insert into latchkey.key_spend (digest, spent_pico)
select k.digest, coalesce(sum(part.spent_pico), 0)
from latchkey.virtual_key k
left join (
  select coalesce(earlier.successor, spend.id) as digest, spend.total_pico - spend.forgiven_pico as spent_pico
  from latchkey.spend_total spend left join latchkey.retired_key_digest earlier on earlier.digest = spend.id
  where spend.kind = 'key'
) part on part.digest = k.digest
group by k.digest
on conflict (digest) do update set spent_pico = excluded.spent_pico;

create index key_spend_magnitude on latchkey.key_spend (magnitude);

-- Looked into for parts of an alias.
alter table latchkey.virtual_key add column alias_folded text generated always as (lower(alias)) stored;
