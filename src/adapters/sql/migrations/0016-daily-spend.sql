-- Nobody writes lines from here on.
lock table latchkey.ledger_entry in share row exclusive mode;

-- What was spent by the day: lines that agree in everything that reports of days tell apart are one row, so that a report is
-- as long as its answer and no longer. Always the sum of the lines: whatever adds a line adds to this, in the same statement.
create table latchkey.daily_spend (
  -- Made from what the row tells apart, so that the index on it is small whatever callers name.
  row_id uuid primary key,
  day date not null,
  -- Lines with a customer or tags count twice: in a row without those, and in one with them. Otherwise reports of users and
  -- teams would fall into as many rows as there are customers.
  is_named boolean not null,
  payer_kind text not null,
  key_digest text,
  user_id text,
  team_id text,
  organization_id text,
  end_user_id text,
  -- A JSON list, as the line has it.
  tags text,
  upstream_model text,
  model_group text not null,
  provider text,
  call_type text,
  key_alias text,
  amount_pico numeric(38, 0) not null,
  prompt_tokens bigint not null,
  completion_tokens bigint not null,
  cached_input_tokens bigint not null,
  cache_write_input_tokens bigint not null,
  successes bigint not null,
  failures bigint not null
) with (fillfactor = 70);

-- Callers choose the names of models under wildcards, and an index holds none that is longer than a few hundred letters.
create function latchkey.shorten_model_names() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.model_group := left(new.model_group, 255);
  new.upstream_model := left(new.upstream_model, 255);
  return new;
end
$$;

create trigger ledger_entry_model_names before insert on latchkey.ledger_entry for each row
  when (length(new.model_group) > 255 or length(new.upstream_model) > 255) execute function latchkey.shorten_model_names();

alter table latchkey.ledger_entry disable trigger ledger_entry_append_only;
update latchkey.ledger_entry set model_group = left(model_group, 255), upstream_model = left(upstream_model, 255)
where length(model_group) > 255 or length(upstream_model) > 255;
alter table latchkey.ledger_entry enable trigger ledger_entry_append_only;

-- The lines that there are, and those of each statement from here on.
do $migration$
declare
  adds constant text := $adds$
  -- In one order, so that two replicas can't wait for each other.
  insert into latchkey.daily_spend as known
  select encode(substr(sha256(convert_to(json_build_array(day, is_named, payer_kind, key_digest, user_id, team_id,
      organization_id, end_user_id, tags, upstream_model, model_group, provider, call_type)::text, 'UTF8')), 1, 16),
      'hex')::uuid as row_id, part.*
  from (
    select (line.at at time zone 'UTC')::date as day, as_one.is_named, line.payer_kind, line.key_digest, line.user_id,
      line.team_id, line.organization_id, as_one.end_user_id, as_one.tags, line.upstream_model, line.model_group,
      line.provider, line.call_type, max(line.key_alias), sum(line.amount_pico), sum(line.prompt_tokens),
      sum(line.completion_tokens), coalesce(sum(line.cached_input_tokens), 0),
      coalesce(sum(line.cache_write_input_tokens), 0), count(*) filter (where line.status = 'success'),
      count(*) filter (where line.status = 'failure')
    from %s line
    cross join lateral (
      select case when strpos(line.detail, '"tags":') > 0 then line.detail::json ->> 'tags' end as tags
    ) said
    cross join lateral (
      select false as is_named, null::text as end_user_id, null::text as tags
      union all
      select true, line.end_user_id, said.tags where line.end_user_id is not null or said.tags is not null
    ) as_one
    group by 1, 2, line.payer_kind, line.key_digest, line.user_id, line.team_id, line.organization_id,
      as_one.end_user_id, as_one.tags, line.upstream_model, line.model_group, line.provider, line.call_type
  ) part
  order by row_id
  on conflict (row_id) do update set
    key_alias = greatest(known.key_alias, excluded.key_alias),
    amount_pico = known.amount_pico + excluded.amount_pico,
    prompt_tokens = known.prompt_tokens + excluded.prompt_tokens,
    completion_tokens = known.completion_tokens + excluded.completion_tokens,
    cached_input_tokens = known.cached_input_tokens + excluded.cached_input_tokens,
    cache_write_input_tokens = known.cache_write_input_tokens + excluded.cache_write_input_tokens,
    successes = known.successes + excluded.successes,
    failures = known.failures + excluded.failures
  $adds$;
begin
  execute format(adds, 'latchkey.ledger_entry');
  execute format(
    'create function latchkey.add_to_days() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as %L',
    'begin' || format(adds, 'lines') || '; return null; end');
end
$migration$;

create trigger ledger_entry_days after insert on latchkey.ledger_entry
  referencing new table as lines for each statement execute function latchkey.add_to_days();

-- In the order of reports, for each kind of them, so that a page is found and all are counted without reading rows.
create index daily_spend_list on latchkey.daily_spend (day desc, row_id) include (model_group, upstream_model)
  where not is_named;
create index daily_spend_teams on latchkey.daily_spend (day desc, row_id) where not is_named and team_id is not null;
create index daily_spend_organizations on latchkey.daily_spend (day desc, row_id)
  where not is_named and organization_id is not null;
create index daily_spend_end_users on latchkey.daily_spend (day desc, row_id)
  where is_named and end_user_id is not null;
create index daily_spend_tags on latchkey.daily_spend (day desc, row_id) where is_named and tags is not null;
-- And by whom callers ask for and see.
create index daily_spend_key on latchkey.daily_spend (key_digest, day) where key_digest is not null;
create index daily_spend_user on latchkey.daily_spend (user_id, day) where user_id is not null;
create index daily_spend_team on latchkey.daily_spend (team_id, day) where team_id is not null;
create index daily_spend_organization on latchkey.daily_spend (organization_id, day) where organization_id is not null;
create index daily_spend_end_user on latchkey.daily_spend (end_user_id, day) where end_user_id is not null;

-- As before, and with what else may be true of every line: a filter that all of them pass is counted without reading them.
create index ledger_entry_order on latchkey.ledger_entry (at desc, entry_id)
  include (amount_pico, ended_at, prompt_tokens, completion_tokens, status, model_group, upstream_model, deployment_id,
    http_status, error_class);
drop index latchkey.ledger_entry_list;
