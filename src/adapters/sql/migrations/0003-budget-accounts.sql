-- Budgets are views of the ledger. An account sums what one entity spent and holds in one window, so that admission reads
-- one row: its lines and its holds say the same, and an account that is gone is made again from them.

alter table latchkey.ledger_entry
  -- The reservation that this line settles.
  add column hold_id uuid,
  -- The moment that budget windows go by, where it is not `at`: of a call's later tries, the call's admission.
  add column counted_at timestamptz;

create index ledger_entry_organization on latchkey.ledger_entry (organization_id, at) where organization_id is not null;
create index ledger_entry_end_user on latchkey.ledger_entry (end_user_id, at) where end_user_id is not null;

create table latchkey.budget_account (
  kind text not null check (kind in ('key', 'team', 'member', 'user', 'organization', 'end_user')),
  -- As in spend_total.
  id text not null,
  window_start timestamptz not null,
  -- 'infinity' without a window.
  window_end timestamptz not null,
  -- Lines, and holds that nobody settled in time.
  spent_pico numeric(38, 0) not null,
  held_pico numeric(38, 0) not null,
  primary key (kind, id, window_start, window_end)
) with (fillfactor = 50);

-- What calls under way may cost, once for each entity that is concerned.
create table latchkey.budget_hold (
  hold_id uuid not null,
  kind text not null,
  id text not null,
  counted_at timestamptz not null,
  amount_pico numeric(38, 0) not null,
  expires_at timestamptz not null,
  -- Its call was never heard of again: it counts as spent until its line comes after all.
  lapsed boolean not null default false,
  primary key (hold_id, kind, id)
);

create index budget_hold_entity on latchkey.budget_hold (kind, id, expires_at);

-- Accounts come into being while nobody writes lines or reserves: the lock is shared by those who do. Whoever takes it
-- takes it in a statement of its own, because the next one sees what was committed before the lock was had.
create function latchkey.share_budget_accounts() returns void language sql as $$
  select pg_catalog.pg_advisory_xact_lock_shared(119134923781474)
$$;

-- A rotated key is the same key. What its earlier digests spend or hold is in its account.
create function latchkey.budget_entity_id(kind text, id text) returns text language sql stable as $$
  select case when $1 <> 'key' then $2
    else coalesce((select successor from latchkey.retired_key_digest where digest = $2), $2) end
$$;

create function latchkey.asked_budgets(levels json)
returns table (n integer, kind text, id text, window_start timestamptz, window_end timestamptz, most_pico numeric)
language sql stable as $$
  select n, kind, latchkey.budget_entity_id(kind, id), pg_catalog.to_timestamp(window_start / 1000.0),
    coalesce(pg_catalog.to_timestamp(window_end / 1000.0), 'infinity'), most_pico
  from pg_catalog.json_to_recordset($1) as level (
    n integer, kind text, id text, window_start bigint, window_end bigint, most_pico numeric)
$$;

create function latchkey.spent_within(kind text, id text, window_start timestamptz, window_end timestamptz)
returns numeric language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  mine text := '';
  total numeric;
begin
  if $1 = 'member' then
    mine := 'line.team_id = $1::json ->> 0 and line.user_id = $1::json ->> 1';
  elsif $1 = 'key' then
    mine := 'line.key_digest in (select $1 union all select digest from latchkey.retired_key_digest where successor = $1)';
  else
    mine := format('line.%I = $1', $1 || '_id');
  end if;
  execute format('select coalesce(sum(amount_pico), 0) from latchkey.ledger_entry line
    where %s and at >= $2 and coalesce(counted_at, at) >= $2 and coalesce(counted_at, at) < $3', mine)
    into total using $2, $3, $4;
  return total;
end
$$;

create function latchkey.open_budget_accounts(levels json) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  asked record;
begin
  perform pg_advisory_xact_lock(119134923781474);
  for asked in select * from latchkey.asked_budgets(levels) loop
    continue when exists (
      select from latchkey.budget_account a where a.kind = asked.kind and a.id = asked.id
        and a.window_start = asked.window_start and a.window_end = asked.window_end);
    -- Windows of the past are summed again from the ledger, should somebody ask.
    delete from latchkey.budget_account a where a.kind = asked.kind
      and (a.id = asked.id and a.window_end < now() - interval '1 day'
        or a.id in (select digest from latchkey.retired_key_digest where asked.kind = 'key' and successor = asked.id));
    insert into latchkey.budget_account (kind, id, window_start, window_end, spent_pico, held_pico)
    select asked.kind, asked.id, asked.window_start, asked.window_end,
      latchkey.spent_within(asked.kind, asked.id, asked.window_start, asked.window_end)
        + coalesce(sum(amount_pico) filter (where lapsed), 0),
      coalesce(sum(amount_pico) filter (where not lapsed), 0)
    from latchkey.budget_hold hold
    where hold.kind = asked.kind and counted_at >= asked.window_start and counted_at < asked.window_end
      and (hold.id = asked.id
        or hold.id in (select digest from latchkey.retired_key_digest where asked.kind = 'key' and successor = asked.id));
  end loop;
end
$$;

-- Moves amounts from what is held to what is spent. Callers have locked the accounts.
create function latchkey.lapse_budget_holds(of_kind text, of_id text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select from latchkey.budget_hold where kind = of_kind and id = of_id and not lapsed and expires_at <= now())
  then return; end if;
  with gone as (
    update latchkey.budget_hold set lapsed = true
    where kind = of_kind and id = of_id and not lapsed and expires_at <= now()
    returning counted_at, amount_pico
  ), change as (
    select a.window_start, a.window_end, sum(gone.amount_pico) as amount
    from gone join latchkey.budget_account a on a.kind = of_kind and a.id = of_id
      and gone.counted_at >= a.window_start and gone.counted_at < a.window_end
    group by a.window_start, a.window_end
  )
  update latchkey.budget_account a set held_pico = greatest(held_pico - amount, 0), spent_pico = spent_pico + amount
  from change where a.kind = of_kind and a.id = of_id
    and a.window_start = change.window_start and a.window_end = change.window_end;
end
$$;

-- `missing`: open the accounts first. Otherwise all levels hold the amount, or none does and the first that has no room
-- for `least` is named. What is held is `most`, or what is left where that is less.
create function latchkey.reserve_budget(
  a_hold uuid, a_at timestamptz, a_span interval, a_levels json, a_least numeric, a_most numeric)
returns table (outcome text, amount_pico numeric, level integer, spent_pico numeric, held_pico numeric)
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  entity record;
  account record;
  room numeric := a_most;
  asked_count integer;
  seen_count integer := 0;
begin
  perform latchkey.share_budget_accounts();
  -- In one order everywhere, so that nobody waits for somebody who waits for him.
  for account in
    select a.kind, a.id from latchkey.budget_account a
    where (a.kind, a.id) in (select asked.kind, asked.id from latchkey.asked_budgets(a_levels) asked)
    order by a.kind, a.id, a.window_start, a.window_end for update
  loop null; end loop;
  for entity in select distinct asked.kind, asked.id from latchkey.asked_budgets(a_levels) asked loop
    perform latchkey.lapse_budget_holds(entity.kind, entity.id);
  end loop;

  select count(*) into asked_count from latchkey.asked_budgets(a_levels);
  level := null;
  for account in
    select asked.n, asked.most_pico, a.spent_pico, a.held_pico
    from latchkey.asked_budgets(a_levels) asked
    join latchkey.budget_account a using (kind, id, window_start, window_end) order by asked.n
  loop
    seen_count := seen_count + 1;
    if level is null and account.most_pico - account.spent_pico - account.held_pico < a_least then
      level := account.n;
      spent_pico := account.spent_pico;
      held_pico := account.held_pico;
    end if;
    room := least(room, account.most_pico - account.spent_pico - account.held_pico);
  end loop;
  if seen_count < asked_count then
    outcome := 'missing';
    level := null;
    return next;
    return;
  end if;
  if level is not null then
    outcome := 'refused';
    return next;
    return;
  end if;

  insert into latchkey.budget_hold (hold_id, kind, id, counted_at, amount_pico, expires_at)
  select distinct a_hold, asked.kind, asked.id, a_at, room, now() + a_span from latchkey.asked_budgets(a_levels) asked;
  update latchkey.budget_account a set held_pico = a.held_pico + room
  where (a.kind, a.id) in (select asked.kind, asked.id from latchkey.asked_budgets(a_levels) asked)
    and a_at >= a.window_start and a_at < a.window_end;
  outcome := 'held';
  amount_pico := room;
  return next;
end
$$;

create function latchkey.release_budget(a_hold uuid) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  account record;
begin
  perform latchkey.share_budget_accounts();
  for account in
    select a.kind from latchkey.budget_account a
    where (a.kind, a.id) in (
      select hold.kind, latchkey.budget_entity_id(hold.kind, hold.id) from latchkey.budget_hold hold where hold_id = a_hold)
    order by a.kind, a.id, a.window_start, a.window_end for update
  loop null; end loop;
  with gone as (
    delete from latchkey.budget_hold hold where hold_id = a_hold
    returning kind, latchkey.budget_entity_id(kind, id) as id, counted_at, amount_pico, lapsed
  )
  update latchkey.budget_account a set
    held_pico = greatest(a.held_pico - case when lapsed then 0 else amount_pico end, 0),
    spent_pico = greatest(a.spent_pico - case when lapsed then amount_pico else 0 end, 0)
  from gone where a.kind = gone.kind and a.id = gone.id
    and gone.counted_at >= a.window_start and gone.counted_at < a.window_end;
end
$$;

-- A line, its part of the totals and of the accounts, and the end of its hold are on record together or not at all, and a
-- line that was on record already changes nothing.
create function latchkey.keep_ledger_lines(lines json) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  kept_ids uuid[];
  account record;
begin
  perform latchkey.share_budget_accounts();
  with kept as (
    insert into latchkey.ledger_entry (
      entry_id, at, payer_kind, key_digest, user_id, team_id, organization_id, end_user_id, request_id, amount_pico,
      model_group, status, prompt_tokens, completion_tokens, detail, hold_id, counted_at)
    select
      entry_id, to_timestamp(at / 1000.0), payer_kind, key_digest, user_id, team_id, organization_id, end_user_id,
      request_id, amount_pico, model_group, status, prompt_tokens, completion_tokens, detail, hold_id,
      to_timestamp(counted_at / 1000.0)
    from json_to_recordset(lines) as line (
      entry_id uuid, at bigint, payer_kind text, key_digest text, user_id text, team_id text, organization_id text,
      end_user_id text, request_id text, amount_pico bigint, model_group text, status text, prompt_tokens bigint,
      completion_tokens bigint, detail text, hold_id uuid, counted_at bigint)
    on conflict (entry_id) do nothing
    returning entry_id, key_digest, user_id, team_id, organization_id, end_user_id, amount_pico, detail
  ), totals as (
    -- In one order, so that two replicas can't wait for each other.
    insert into latchkey.spend_total (kind, id, total_pico)
    select kind, id, sum(amount_pico) from (
      select 'all' as kind, '' as id, amount_pico from kept
      union all select 'key', key_digest, amount_pico from kept where key_digest is not null
      union all select 'user', user_id, amount_pico from kept where user_id is not null
      union all select 'team', team_id, amount_pico from kept where team_id is not null
      union all select 'member', json_build_array(team_id, user_id)::text, amount_pico from kept
        where team_id is not null and user_id is not null
      union all select 'organization', organization_id, amount_pico from kept where organization_id is not null
      union all select 'end_user', end_user_id, amount_pico from kept where end_user_id is not null
      union all select 'tag', tag, amount_pico from kept, lateral (select distinct json_array_elements_text(detail::json -> 'tags') as tag) tags
        where strpos(detail, '"tags":') > 0
    ) parts group by kind, id order by kind, id
    on conflict (kind, id) do update set total_pico = spend_total.total_pico + excluded.total_pico
  )
  select array_agg(entry_id) into kept_ids from kept;
  if kept_ids is null or not exists (select from latchkey.budget_account) then return; end if;

  for account in
    select a.kind from latchkey.budget_account a
    where (a.kind, a.id) in (select part.kind, part.id from latchkey.budget_parts(kept_ids) part)
    order by a.kind, a.id, a.window_start, a.window_end for update
  loop null; end loop;

  with gone as (
    delete from latchkey.budget_hold hold
    using latchkey.ledger_entry line where line.entry_id = any(kept_ids) and hold.hold_id = line.hold_id
    returning hold.kind, latchkey.budget_entity_id(hold.kind, hold.id) as id, hold.counted_at, hold.amount_pico, hold.lapsed
  ), moved as (
    select kind, id, counted_at, amount_pico as spent, 0::numeric as held from latchkey.budget_parts(kept_ids)
    union all
    select kind, id, counted_at, case when lapsed then -amount_pico else 0 end,
      case when lapsed then 0 else -amount_pico end from gone
  ), change as (
    select a.kind, a.id, a.window_start, a.window_end, sum(moved.spent) as spent, sum(moved.held) as held
    from moved join latchkey.budget_account a on a.kind = moved.kind and a.id = moved.id
      and moved.counted_at >= a.window_start and moved.counted_at < a.window_end
    group by a.kind, a.id, a.window_start, a.window_end
  )
  update latchkey.budget_account a set
    spent_pico = greatest(a.spent_pico + change.spent, 0), held_pico = greatest(a.held_pico + change.held, 0)
  from change where a.kind = change.kind and a.id = change.id
    and a.window_start = change.window_start and a.window_end = change.window_end;
end
$$;

-- What lines add, by the entities whose accounts they belong to. A line without an amount settles holds all the same.
create function latchkey.budget_parts(entry_ids uuid[])
returns table (kind text, id text, counted_at timestamptz, amount_pico bigint)
language sql stable as $$
  with line as (
    select key_digest, user_id, team_id, organization_id, end_user_id, coalesce(counted_at, at) as counted_at, amount_pico
    from latchkey.ledger_entry where entry_id = any($1)
  )
  select 'key', latchkey.budget_entity_id('key', key_digest), counted_at, amount_pico from line where key_digest is not null
  union all select 'user', user_id, counted_at, amount_pico from line where user_id is not null
  union all select 'team', team_id, counted_at, amount_pico from line where team_id is not null
  union all select 'member', pg_catalog.json_build_array(team_id, user_id)::text, counted_at, amount_pico from line
    where team_id is not null and user_id is not null
  union all select 'organization', organization_id, counted_at, amount_pico from line where organization_id is not null
  union all select 'end_user', end_user_id, counted_at, amount_pico from line where end_user_id is not null
$$;
