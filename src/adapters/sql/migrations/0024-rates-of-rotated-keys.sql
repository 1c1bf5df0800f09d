-- A rotated key is the same key: its rates go by a number that rotations leave alone, whichever of its secrets is presented.
create function latchkey.of_rated_keys(scopes json) returns json language sql stable as $$
  select pg_catalog.json_agg(pg_catalog.json_build_object('n', asked.n, 'scope', asked.scope, 'id',
    case when spend.number is null then asked.id
      when asked.scope = 'api_key' then spend.number::text
      else '[' || spend.number || ', ' || (asked.id::json -> 1)::text || ']' end,
    'requests', asked.requests, 'tokens', asked.tokens, 'parallel', asked.parallel))
  from latchkey.asked_rates($1) asked
  cross join lateral (
    select case asked.scope when 'api_key' then asked.id when 'model_per_key' then asked.id::json ->> 0 end as digest
  ) own
  left join latchkey.retired_key_digest earlier on earlier.digest = own.digest
  left join latchkey.key_spend spend on spend.digest = coalesce(earlier.successor, own.digest)
$$;

-- As before, of the keys that these are now.
create or replace function latchkey.take_rates(
  a_slot uuid, a_at timestamptz, a_window interval, a_span interval, a_scopes json)
returns table (n integer, refused text, requests bigint, tokens bigint, running bigint, started_at timestamptz)
language plpgsql set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  refusing record;
begin
  a_scopes := latchkey.of_rated_keys(a_scopes);
  perform latchkey.lock_rate_windows(a_at, a_window, a_scopes);
  delete from latchkey.rate_slot slot using latchkey.asked_rates(a_scopes) asked
  where slot.scope = asked.scope and slot.id = asked.id and slot.expires_at <= a_at;

  select state.n, state.refused into refusing
  from latchkey.rates_now(a_scopes) state where state.refused is not null order by state.n limit 1;
  if refusing.n is null then
    update latchkey.rate_window w set requests = w.requests + 1
    where (w.scope, w.id) in (select asked.scope, asked.id from latchkey.asked_rates(a_scopes) asked);
    insert into latchkey.rate_slot (scope, id, slot_id, expires_at)
    select distinct asked.scope, asked.id, a_slot, a_at + a_span
    from latchkey.asked_rates(a_scopes) asked where asked.parallel is not null;
  end if;
  return query
    select state.n, case when state.n = refusing.n then refusing.refused end, state.requests, state.tokens,
      state.running, state.started_at
    from latchkey.rates_now(a_scopes) state order by state.n;
end
$$;

create or replace function latchkey.finish_rates(a_slot uuid, a_at timestamptz, a_window interval, a_tokens bigint, a_scopes json)
returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  delete from latchkey.rate_slot where slot_id = a_slot;
  if a_tokens <= 0 then return; end if;
  a_scopes := latchkey.of_rated_keys(a_scopes);
  perform latchkey.lock_rate_windows(a_at, a_window, a_scopes);
  update latchkey.rate_window w set tokens = w.tokens + a_tokens
  where (w.scope, w.id) in (
    select asked.scope, asked.id from latchkey.asked_rates(a_scopes) asked where asked.tokens is not null);
end
$$;
