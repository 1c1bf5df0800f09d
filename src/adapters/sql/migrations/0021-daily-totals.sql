-- Nobody writes lines from here on.
lock table latchkey.ledger_entry in share row exclusive mode;

-- What everybody spent by the day: as many rows as there are models, however many keys. Whoever asks for all lines of a month
-- is told their number, and for its models their sums, without looking at the lines or the keys.
create table latchkey.daily_total (
  day date not null,
  model_group text not null,
  upstream_model text not null,
  provider text not null,
  call_type text not null,
  amount_pico numeric(38, 0) not null,
  prompt_tokens bigint not null,
  completion_tokens bigint not null,
  cached_input_tokens bigint not null,
  cache_write_input_tokens bigint not null,
  successes bigint not null,
  failures bigint not null,
  primary key (day, model_group, upstream_model, provider, call_type)
) with (fillfactor = 50);

insert into latchkey.daily_total
select day, model_group, coalesce(upstream_model, ''), coalesce(provider, ''), coalesce(call_type, ''), sum(amount_pico),
  sum(prompt_tokens), sum(completion_tokens), sum(cached_input_tokens), sum(cache_write_input_tokens), sum(successes),
  sum(failures)
from latchkey.daily_spend where not is_named group by 1, 2, 3, 4, 5;

create function latchkey.add_to_totals() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  -- In one order, so that two replicas can't wait for each other.
  insert into latchkey.daily_total as known
  select (at at time zone 'UTC')::date, model_group, coalesce(upstream_model, ''), coalesce(provider, ''),
    coalesce(call_type, ''), sum(amount_pico), sum(prompt_tokens), sum(completion_tokens),
    coalesce(sum(cached_input_tokens), 0), coalesce(sum(cache_write_input_tokens), 0),
    count(*) filter (where status = 'success'), count(*) filter (where status = 'failure')
  from lines group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
  on conflict (day, model_group, upstream_model, provider, call_type) do update set
    amount_pico = known.amount_pico + excluded.amount_pico,
    prompt_tokens = known.prompt_tokens + excluded.prompt_tokens,
    completion_tokens = known.completion_tokens + excluded.completion_tokens,
    cached_input_tokens = known.cached_input_tokens + excluded.cached_input_tokens,
    cache_write_input_tokens = known.cache_write_input_tokens + excluded.cache_write_input_tokens,
    successes = known.successes + excluded.successes,
    failures = known.failures + excluded.failures;
  return null;
end
$$;

create trigger ledger_entry_totals after insert on latchkey.ledger_entry
  referencing new table as lines for each statement execute function latchkey.add_to_totals();

-- One index for three kinds of reports: each new row of a day is written into two fewer.
create index daily_spend_order on latchkey.daily_spend (day desc, row_id)
  include (model_group, upstream_model, team_id, organization_id) where not is_named;
drop index latchkey.daily_spend_list, latchkey.daily_spend_teams, latchkey.daily_spend_organizations;
