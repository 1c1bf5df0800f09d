-- What a scope has used of its rates in its present window, one row for each key, user, team and so on that has rates.
-- Nothing is lost with these rows but strictness: after a crash of the database windows begin anew.
create unlogged table latchkey.rate_window (
  scope text not null,
  id text not null,
  -- A window begins with the first request after the end of the one before.
  started_at timestamptz not null,
  requests bigint not null default 0,
  tokens bigint not null default 0,
  primary key (scope, id)
) with (fillfactor = 50);

-- Calls under way, once for each scope that bounds them. One that is never heard of again ends by itself.
create unlogged table latchkey.rate_slot (
  scope text not null,
  id text not null,
  slot_id uuid not null,
  expires_at timestamptz not null,
  primary key (scope, id, slot_id)
);

create index rate_slot_call on latchkey.rate_slot (slot_id);

create function latchkey.asked_rates(scopes json)
returns table (n integer, scope text, id text, requests bigint, tokens bigint, parallel bigint)
language sql stable as $$
  select n, scope, id, requests, tokens, parallel from pg_catalog.json_to_recordset($1) as asked (
    n integer, scope text, id text, requests bigint, tokens bigint, parallel bigint)
$$;

-- In one order everywhere, so that nobody waits for somebody who waits for him.
create function latchkey.lock_rate_windows(a_at timestamptz, a_window interval, a_scopes json) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  known record;
begin
  insert into latchkey.rate_window (scope, id, started_at)
  select distinct asked.scope, asked.id, a_at from latchkey.asked_rates(a_scopes) asked order by 1, 2
  on conflict do nothing;
  for known in
    select w.scope from latchkey.rate_window w
    where (w.scope, w.id) in (select asked.scope, asked.id from latchkey.asked_rates(a_scopes) asked)
    order by w.scope, w.id for update
  loop null; end loop;
  update latchkey.rate_window w set started_at = a_at, requests = 0, tokens = 0
  where (w.scope, w.id) in (select asked.scope, asked.id from latchkey.asked_rates(a_scopes) asked)
    and w.started_at + a_window <= a_at;
end
$$;

-- One row for each scope, in the order in which they were asked. All of them count the call, or none does and the first one
-- without room says of what.
create function latchkey.take_rates(
  a_slot uuid, a_at timestamptz, a_window interval, a_span interval, a_scopes json)
returns table (n integer, refused text, requests bigint, tokens bigint, running bigint, started_at timestamptz)
language plpgsql set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  refusing record;
begin
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

create function latchkey.rates_now(a_scopes json)
returns table (n integer, refused text, requests bigint, tokens bigint, running bigint, started_at timestamptz)
language sql volatile as $$
  select asked.n,
    case when asked.requests is not null and w.requests >= asked.requests then 'requests'
      when asked.tokens is not null and w.tokens >= asked.tokens then 'tokens'
      when asked.parallel is not null and slots.running >= asked.parallel then 'max_parallel_requests' end,
    w.requests, w.tokens, slots.running, w.started_at
  from latchkey.asked_rates(a_scopes) asked
  join latchkey.rate_window w using (scope, id)
  cross join lateral (
    select pg_catalog.count(*) as running from latchkey.rate_slot slot where slot.scope = w.scope and slot.id = w.id
  ) slots
$$;

-- The call is over: others may run in its place, and its tokens count in the window that is then.
create function latchkey.finish_rates(a_slot uuid, a_at timestamptz, a_window interval, a_tokens bigint, a_scopes json)
returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  delete from latchkey.rate_slot where slot_id = a_slot;
  if a_tokens <= 0 then return; end if;
  perform latchkey.lock_rate_windows(a_at, a_window, a_scopes);
  update latchkey.rate_window w set tokens = w.tokens + a_tokens
  where (w.scope, w.id) in (
    select asked.scope, asked.id from latchkey.asked_rates(a_scopes) asked where asked.tokens is not null);
end
$$;
