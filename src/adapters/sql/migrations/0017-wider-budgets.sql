-- Budgets of tags, of providers, of everybody together, and of single models of whoever has budgets. A line belongs to all that it matches.
alter table latchkey.budget_account
  drop constraint budget_account_kind_check,
  add constraint budget_account_kind_check check (kind in (
    'all', 'provider', 'tag', 'key', 'team', 'member', 'user', 'organization', 'end_user',
    'key_model', 'team_model', 'member_model', 'user_model', 'organization_model', 'end_user_model', 'tag_model')),
  -- Whose models it is about. The id of such an account is a list: this, and the names of the models.
  add column entity_id text generated always as (case when kind like '%\_model' then id::json ->> 0 end) stored;

create index budget_account_models on latchkey.budget_account (kind, entity_id) where entity_id is not null;

-- A name means models of this name, with a provider before it or without; a star in it stands for any text.
create function latchkey.names_model(id text, model_group text, provider text) returns boolean language sql immutable as $$
  select exists (
    select from pg_catalog.json_array_elements_text($1::json) with ordinality as part (name, n),
      lateral (select pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(
        name, '\', '\\'), '%', '\%'), '_', '\_'), '*', '%') as pattern) as written
    where n > 1 and (model_group like pattern or model_group like '%/' || pattern
      or provider || '/' || model_group like pattern))
$$;

create function latchkey.owner_alias_ids(kind text, id text) returns text[] language sql stable as $$
  select case $1
    when 'key' then array(select digest from latchkey.retired_key_digest where successor = $2)
    when 'user' then array(select user_id from latchkey.former_user where survivor_id = $2)
    when 'member' then array(
      select pg_catalog.json_build_array($2::json ->> 0, user_id)::text
      from latchkey.former_user where survivor_id = $2::json ->> 1)
    else '{}' end
$$;

create function latchkey.owner_id(kind text, id text) returns text language sql stable as $$
  select case $1
    when 'key' then coalesce((select successor from latchkey.retired_key_digest where digest = $2), $2)
    when 'user' then latchkey.canonical_user_id($2)
    when 'member' then coalesce((
      select pg_catalog.json_build_array($2::json ->> 0, survivor_id)::text
      from latchkey.former_user where user_id = $2::json ->> 1 and survivor_id is not null), $2)
    else $2 end
$$;

-- The same list of models, of another entity.
create function latchkey.with_owner(id text, owner text) returns text language sql immutable as $$
  select '[' || pg_catalog.to_json(owner)::text || pg_catalog.string_agg(', ' || part.name::text, '' order by n) || ']'
  from pg_catalog.json_array_elements($1::json) with ordinality as part (name, n) where n > 1
$$;

-- What an entity was called before: earlier digests of a key, duplicates of a user.
create or replace function latchkey.budget_alias_ids(kind text, id text) returns text[] language sql stable as $$
  select case when $1 like '%\_model' then array(
      select latchkey.with_owner($2, alias)
      from pg_catalog.unnest(latchkey.owner_alias_ids(pg_catalog.left($1, -6), $2::json ->> 0)) alias)
    else latchkey.owner_alias_ids($1, $2) end
$$;

create or replace function latchkey.budget_entity_id(kind text, id text) returns text language sql stable as $$
  select case when $1 like '%\_model'
    then latchkey.with_owner($2, latchkey.owner_id(pg_catalog.left($1, -6), $2::json ->> 0))
    else latchkey.owner_id($1, $2) end
$$;

create or replace function latchkey.spent_within(
  kind text, id text, window_start timestamptz, window_end timestamptz)
returns numeric language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  of_models boolean := $1 like '%\_model';
  owner_kind text := case when of_models then left($1, -6) else $1 end;
  owner_id text := case when of_models then $2::json ->> 0 else $2 end;
  mine text;
  total numeric;
begin
  if $1 in ('all', 'tag') and $4 = 'infinity' then
    return coalesce((select total_pico from latchkey.spend_total t where t.kind = $1 and t.id = $2), 0);
  end if;
  mine := case owner_kind
    when 'all' then 'true'
    when 'provider' then 'line.provider = $1'
    when 'tag' then 'strpos(line.detail, ''"tags":'') > 0
      and exists (select from json_array_elements_text(line.detail::json -> ''tags'') tag where tag = $1)'
    when 'member' then 'line.team_id = $1::json ->> 0 and line.user_id in (
      select $1::json ->> 1 union all select user_id from latchkey.former_user where survivor_id = $1::json ->> 1)'
    when 'key' then
      'line.key_digest in (select $1 union all select digest from latchkey.retired_key_digest where successor = $1)'
    when 'user' then 'line.user_id in (select $1 union all select user_id from latchkey.former_user where survivor_id = $1)'
    else format('line.%I = $1', owner_kind || '_id') end;
  if of_models then mine := mine || ' and latchkey.names_model($4, line.model_group, line.provider)'; end if;
  execute format('select coalesce(sum(amount_pico), 0) from latchkey.ledger_entry line
    where %s and at >= $2 and coalesce(counted_at, at) >= $2 and coalesce(counted_at, at) < $3', mine)
    into total using owner_id, $3, $4, $2;
  return total;
end
$$;

create or replace function latchkey.budget_parts(entry_ids uuid[])
returns table (kind text, id text, counted_at timestamptz, amount_pico bigint)
language sql stable as $$
  with line as (
    select key_digest, latchkey.canonical_user_id(user_id) as user_id, team_id, organization_id, end_user_id,
      coalesce(counted_at, at) as counted_at, amount_pico, model_group, provider, detail
    from latchkey.ledger_entry where entry_id = any($1)
  ), part as (
    select owner.kind, owner.id, counted_at, amount_pico, model_group, provider
    from line, lateral (
      select 'all' as kind, '' as id
      union all select 'provider', provider
      union all select 'key', latchkey.budget_entity_id('key', key_digest)
      union all select 'user', user_id
      union all select 'team', team_id
      union all select 'member', pg_catalog.json_build_array(team_id, user_id)::text
        where team_id is not null and user_id is not null
      union all select 'organization', organization_id
      union all select 'end_user', end_user_id
      union all select distinct 'tag', tag from pg_catalog.json_array_elements_text(
        case when pg_catalog.strpos(detail, '"tags":') > 0 then detail::json -> 'tags' end) tag
    ) owner where owner.id is not null
  )
  select part.kind, part.id, part.counted_at, part.amount_pico from part
  union all
  select account.kind, account.id, part.counted_at, part.amount_pico
  from part, lateral (
    select distinct a.kind, a.id from latchkey.budget_account a
    where a.kind = part.kind || '_model' and a.entity_id = part.id
      and latchkey.names_model(a.id, part.model_group, part.provider)
  ) account
$$;

-- What is spent by now; accounts that are not there are summed and not opened.
create function latchkey.spent_of_budgets(levels json) returns table (n integer, spent_pico numeric) language sql stable as $$
  select asked.n, coalesce(a.spent_pico, latchkey.spent_within(asked.kind, asked.id, asked.window_start, asked.window_end))
  from latchkey.asked_budgets($1) asked
  left join latchkey.budget_account a using (kind, id, window_start, window_end)
$$;

create or replace function latchkey.recount_users(ids text[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  written_under text[] := array(
    select unnest(ids) union select user_id from latchkey.former_user where survivor_id = any(ids));
  memberships text[] := array(
    select distinct json_build_array(team_id, one)::text from latchkey.ledger_entry line, unnest(ids) one
    where line.user_id = any(written_under) and line.team_id is not null);
begin
  delete from latchkey.budget_account a
  where a.kind in ('user', 'user_model') and coalesce(a.entity_id, a.id) = any(ids);
  delete from latchkey.budget_account a
  where case when a.kind in ('member', 'member_model') then coalesce(a.entity_id, a.id)::json ->> 1 end = any(ids);
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

create trigger tag_announce after insert or update or delete on latchkey.tag
  for each row execute function latchkey.announce_name('tag', 'name');
create trigger tag_announce_all after truncate on latchkey.tag
  for each statement execute function latchkey.announce_name('tag', '');

-- Soft budgets stop nothing: that one was crossed is told once in its window, by one replica.
create table latchkey.soft_budget_told (
  kind text not null,
  id text not null,
  window_start timestamptz not null,
  primary key (kind, id, window_start)
);

create index virtual_key_soft_budget on latchkey.virtual_key (digest) where soft_budget_pico is not null;
create index team_soft_budget on latchkey.team (team_id) where soft_budget_pico is not null;
create index user_soft_budget on latchkey.user_account (user_id) where soft_budget_pico is not null;
create index budget_soft_budget on latchkey.budget (budget_id) where soft_budget_pico is not null;

-- Whoever has one, by a name that people know it by.
create view latchkey.soft_budget as
  select 'key' as kind, digest as id, coalesce(alias, display_name) as shown, soft_budget_pico, budget_duration,
    budget_anchor_at
  from latchkey.virtual_key where soft_budget_pico is not null
  union all
  select 'team', team_id, team_id, soft_budget_pico, budget_duration, budget_anchor_at
  from latchkey.team where soft_budget_pico is not null
  union all
  select 'user', user_id, user_id, soft_budget_pico, budget_duration, budget_anchor_at
  from latchkey.user_account where soft_budget_pico is not null
  union all
  select owner.kind, owner.id, owner.shown, b.soft_budget_pico, b.budget_duration, b.budget_anchor_at
  from latchkey.budget b, lateral (
    select 'key' as kind, k.digest as id, coalesce(k.alias, k.display_name) as shown
    from latchkey.virtual_key k where k.budget_id = b.budget_id and k.soft_budget_pico is null
    union all select 'organization', organization_id, organization_id
    from latchkey.organization o where o.budget_id = b.budget_id
    union all select 'end_user', end_user_id, end_user_id from latchkey.end_user e where e.budget_id = b.budget_id
    union all select 'tag', name, name from latchkey.tag t where t.budget_id = b.budget_id
    union all select 'member', json_build_array(m.team_id, m.user_id)::text, m.user_id || ' in ' || m.team_id
    from latchkey.team_member m join latchkey.team t using (team_id)
    where coalesce(m.budget_id, t.member_budget_id) = b.budget_id
  ) owner where b.soft_budget_pico is not null;
