-- Who a user is at the identity providers, and what becomes of ids whose users are gone.

create function latchkey.folded_email(email text) returns text language sql immutable strict parallel safe as $$
  select pg_catalog.lower(pg_catalog.btrim($1, E' \t\r\n') collate "C")
$$;

create index user_account_folded_email on latchkey.user_account (latchkey.folded_email(email)) where email is not null;
create index organization_alias on latchkey.organization (alias);

-- Said by a token whose provider does not vouch for it: shown, and never a bridge to this user.
alter table latchkey.user_account add column email_is_claim boolean not null default false;

create function latchkey.trust_new_email() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.email_is_claim := false;
  return new;
end
$$;

create trigger user_account_email_said before update of email on latchkey.user_account
  for each row when (old.email is distinct from new.email) execute function latchkey.trust_new_email();

-- Compared byte by byte. Without a reference: the links of a deleted user stay, so that nobody revives it by accident.
create table latchkey.user_identity (
  issuer text collate "C" not null check (octet_length(issuer) <= 2048 and strpos(issuer, E'\n') = 0),
  subject text collate "C" not null check (octet_length(subject) between 1 and 255 and strpos(subject, E'\n') = 0),
  user_id text not null,
  created_at timestamptz not null,
  created_by text not null,
  primary key (issuer, subject)
);

create index user_identity_user on latchkey.user_identity (user_id, created_at);

create table latchkey.former_user (
  user_id text primary key,
  -- Whose the id is an alias of; null: of a deleted user.
  survivor_id text check (survivor_id <> user_id),
  sso_user_id text,
  gone_at timestamptz not null
);

create index former_user_survivor on latchkey.former_user (survivor_id) where survivor_id is not null;
create index former_user_sso on latchkey.former_user (sso_user_id) where sso_user_id is not null;

create function latchkey.bury_user() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  insert into latchkey.former_user (user_id, sso_user_id, gone_at) values (old.user_id, old.sso_user_id, clock_timestamp())
  on conflict (user_id) do update
    set survivor_id = null, sso_user_id = excluded.sso_user_id, gone_at = excluded.gone_at;
  return null;
end
$$;

create trigger user_account_buried after delete on latchkey.user_account
  for each row execute function latchkey.bury_user();

-- What is too long to be said is said of all.
create function latchkey.announce_fact(kind text, id text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if id is null then return; end if;
  perform pg_notify('latchkey_changes', kind || ':' || case when octet_length(id) > 4000 then '*' else id end);
end
$$;

-- Facts that are found by a name: what it was, and what it is.
create function latchkey.announce_name() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  kind text := tg_argv[0];
  was text;
  became text;
begin
  if tg_op = 'TRUNCATE' then
    perform latchkey.announce_fact(kind, '*');
    return null;
  end if;
  if tg_op <> 'INSERT' then was := to_jsonb(old) ->> tg_argv[1]; end if;
  if tg_op <> 'DELETE' then became := to_jsonb(new) ->> tg_argv[1]; end if;
  if kind = 'email' then
    was := latchkey.folded_email(was);
    became := latchkey.folded_email(became);
  end if;
  perform latchkey.announce_fact(kind, was);
  if became is distinct from was then perform latchkey.announce_fact(kind, became); end if;
  return null;
end
$$;

create function latchkey.announce_identity() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'TRUNCATE' then
    perform latchkey.announce_fact('identity', '*');
    perform latchkey.announce_fact('user', '*');
    return null;
  end if;
  if tg_op <> 'INSERT' then
    perform latchkey.announce_fact('identity', old.issuer || E'\n' || old.subject);
    perform latchkey.announce_fact('user', old.user_id);
  end if;
  if tg_op <> 'DELETE' then
    perform latchkey.announce_fact('identity', new.issuer || E'\n' || new.subject);
    perform latchkey.announce_fact('user', new.user_id);
  end if;
  return null;
end
$$;

-- A user's beginning and end are its identities' too.
create function latchkey.announce_life() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  whose text;
begin
  if tg_op = 'TRUNCATE' then
    perform latchkey.announce_fact('identity', '*');
    perform latchkey.announce_fact('user', '*');
    return null;
  end if;
  if tg_op = 'DELETE' then whose := old.user_id; else whose := new.user_id; end if;
  perform latchkey.announce_fact('user', whose);
  perform latchkey.announce_fact('identity', issuer || E'\n' || subject) from latchkey.user_identity where user_id = whose;
  return null;
end
$$;

create trigger user_email_announce after insert or update or delete on latchkey.user_account
  for each row execute function latchkey.announce_name('email', 'email');
create trigger user_email_announce_all after truncate on latchkey.user_account
  for each statement execute function latchkey.announce_name('email', '');
create trigger user_sso_announce after insert or update or delete on latchkey.user_account
  for each row execute function latchkey.announce_name('sso_subject', 'sso_user_id');
create trigger user_sso_announce_all after truncate on latchkey.user_account
  for each statement execute function latchkey.announce_name('sso_subject', '');
create trigger user_life_announce after insert or delete on latchkey.user_account
  for each row execute function latchkey.announce_life();
create trigger user_life_announce_all after truncate on latchkey.user_account
  for each statement execute function latchkey.announce_life();
create trigger team_alias_announce after insert or update or delete on latchkey.team
  for each row execute function latchkey.announce_name('team_alias', 'alias');
create trigger team_alias_announce_all after truncate on latchkey.team
  for each statement execute function latchkey.announce_name('team_alias', '');
create trigger organization_alias_announce after insert or update or delete on latchkey.organization
  for each row execute function latchkey.announce_name('organization_alias', 'alias');
create trigger organization_alias_announce_all after truncate on latchkey.organization
  for each statement execute function latchkey.announce_name('organization_alias', '');
create trigger user_identity_announce after insert or update or delete on latchkey.user_identity
  for each row execute function latchkey.announce_identity();
create trigger user_identity_announce_all after truncate on latchkey.user_identity
  for each statement execute function latchkey.announce_identity();
create trigger former_user_announce after insert or update or delete on latchkey.former_user
  for each row execute function latchkey.announce_life();
create trigger former_user_announce_all after truncate on latchkey.former_user
  for each statement execute function latchkey.announce_life();
create trigger former_user_sso_announce after insert or update or delete on latchkey.former_user
  for each row execute function latchkey.announce_name('sso_subject', 'sso_user_id');
create trigger former_user_sso_announce_all after truncate on latchkey.former_user
  for each statement execute function latchkey.announce_name('sso_subject', '');

-- An alias is nobody's id again until its merge is undone.
create function latchkey.refuse_alias() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select from latchkey.former_user where user_id = new.user_id and survivor_id is not null) then return null; end if;
  return new;
end
$$;

create trigger user_account_no_alias before insert on latchkey.user_account
  for each row execute function latchkey.refuse_alias();

create table latchkey.user_merge (
  merge_id text primary key,
  survivor_id text not null,
  duplicate_id text not null,
  -- The rows as they were, and as the survivor's became.
  snapshot jsonb not null,
  merged_at timestamptz not null,
  merged_by text not null,
  undone_at timestamptz,
  undone_by text
);

create index user_merge_duplicate on latchkey.user_merge (duplicate_id, merged_at);

-- The ledger keeps the ids that lines were written under. What they come to is the survivor's.
create function latchkey.canonical_user_id(user_id text) returns text language sql stable as $$
  select coalesce((select survivor_id from latchkey.former_user f where f.user_id = $1), $1)
$$;

-- What an entity was called before: earlier digests of a key, duplicates of a user.
create function latchkey.budget_alias_ids(kind text, id text) returns text[] language sql stable as $$
  select case $1
    when 'key' then array(select digest from latchkey.retired_key_digest where successor = $2)
    when 'user' then array(select user_id from latchkey.former_user where survivor_id = $2)
    when 'member' then array(
      select pg_catalog.json_build_array($2::json ->> 0, user_id)::text
      from latchkey.former_user where survivor_id = $2::json ->> 1)
    else '{}' end
$$;

create or replace function latchkey.budget_entity_id(kind text, id text) returns text language sql stable as $$
  select case $1
    when 'key' then coalesce((select successor from latchkey.retired_key_digest where digest = $2), $2)
    when 'user' then latchkey.canonical_user_id($2)
    when 'member' then coalesce((
      select pg_catalog.json_build_array($2::json ->> 0, survivor_id)::text
      from latchkey.former_user where user_id = $2::json ->> 1 and survivor_id is not null), $2)
    else $2 end
$$;

create or replace function latchkey.spent_within(
  kind text, id text, window_start timestamptz, window_end timestamptz)
returns numeric language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  mine text := '';
  total numeric;
begin
  if $1 = 'member' then
    mine := 'line.team_id = $1::json ->> 0 and line.user_id in (
      select $1::json ->> 1 union all select user_id from latchkey.former_user where survivor_id = $1::json ->> 1)';
  elsif $1 = 'key' then
    mine := 'line.key_digest in (select $1 union all select digest from latchkey.retired_key_digest where successor = $1)';
  elsif $1 = 'user' then
    mine := 'line.user_id in (select $1 union all select user_id from latchkey.former_user where survivor_id = $1)';
  else
    mine := format('line.%I = $1', $1 || '_id');
  end if;
  execute format('select coalesce(sum(amount_pico), 0) from latchkey.ledger_entry line
    where %s and at >= $2 and coalesce(counted_at, at) >= $2 and coalesce(counted_at, at) < $3', mine)
    into total using $2, $3, $4;
  return total;
end
$$;

create or replace function latchkey.open_budget_accounts(levels json) returns void
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
        or a.id = any(latchkey.budget_alias_ids(asked.kind, asked.id)));
    insert into latchkey.budget_account (kind, id, window_start, window_end, spent_pico, held_pico)
    select asked.kind, asked.id, asked.window_start, asked.window_end,
      latchkey.spent_within(asked.kind, asked.id, asked.window_start, asked.window_end)
        + coalesce(sum(amount_pico) filter (where lapsed), 0),
      coalesce(sum(amount_pico) filter (where not lapsed), 0)
    from latchkey.budget_hold hold
    where hold.kind = asked.kind and counted_at >= asked.window_start and counted_at < asked.window_end
      and (hold.id = asked.id or hold.id = any(latchkey.budget_alias_ids(asked.kind, asked.id)));
  end loop;
end
$$;

create or replace function latchkey.budget_parts(entry_ids uuid[])
returns table (kind text, id text, counted_at timestamptz, amount_pico bigint)
language sql stable as $$
  with line as (
    select key_digest, latchkey.canonical_user_id(user_id) as user_id, team_id, organization_id, end_user_id,
      coalesce(counted_at, at) as counted_at, amount_pico
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

-- A line, its part of the totals and of the accounts, and the end of its hold are on record together or not at all, and a
-- line that was on record already changes nothing.
create or replace function latchkey.keep_ledger_lines(lines json) returns void
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
    returning entry_id, key_digest, latchkey.canonical_user_id(user_id) as user_id, team_id, organization_id, end_user_id,
      amount_pico, detail
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

-- Before users are merged or parted, in a statement of its own: from here on nobody writes lines or reserves.
create function latchkey.hold_ledger() returns void language sql as $$
  select pg_catalog.pg_advisory_xact_lock(119134923781474)
$$;

-- After it: what these users, and they as members, have spent is summed anew; so are their accounts, as soon as asked for.
create function latchkey.recount_users(ids text[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  written_under text[] := array(
    select unnest(ids) union select user_id from latchkey.former_user where survivor_id = any(ids));
  memberships text[] := array(
    select distinct json_build_array(team_id, one)::text from latchkey.ledger_entry line, unnest(ids) one
    where line.user_id = any(written_under) and line.team_id is not null);
begin
  delete from latchkey.budget_account a where a.kind = 'user' and a.id = any(ids);
  delete from latchkey.budget_account a
  where case when a.kind = 'member' then a.id::json ->> 1 end = any(ids);
  delete from latchkey.spend_total t where t.kind = 'user' and t.id = any(ids);
  delete from latchkey.spend_total t where t.kind = 'member' and t.id = any(memberships);
  insert into latchkey.spend_total (kind, id, total_pico)
  select 'user', latchkey.canonical_user_id(user_id), sum(amount_pico) from latchkey.ledger_entry
  where user_id = any(written_under) group by 2;
  insert into latchkey.spend_total (kind, id, total_pico)
  select 'member', json_build_array(team_id, latchkey.canonical_user_id(user_id))::text, sum(amount_pico)
  from latchkey.ledger_entry where user_id = any(written_under) and team_id is not null group by 2;
end
$$;
