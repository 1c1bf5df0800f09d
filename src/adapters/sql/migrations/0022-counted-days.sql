-- Nobody writes lines from here on.
lock table latchkey.ledger_entry in share row exclusive mode;

-- How many rows the days have, so that whoever sees all of them is told how many pages they fill without counting them. Those
-- with customers and tags are not among them, and are counted when they are asked for. No column of the totals: rows of days are
-- counted before totals are summed, and two replicas that lock rows of one table in two rounds could wait for each other.
create table latchkey.daily_row_count (
  day date not null,
  model_group text not null,
  upstream_model text not null,
  row_count bigint not null,
  primary key (day, model_group, upstream_model)
) with (fillfactor = 50);

insert into latchkey.daily_row_count
select day, model_group, coalesce(upstream_model, ''), count(*) from latchkey.daily_spend where not is_named group by 1, 2, 3;

-- Rows come, and are added to; they never go.
create function latchkey.count_day_rows() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  -- In one order, so that two replicas can't wait for each other.
  insert into latchkey.daily_row_count as known
  select day, model_group, coalesce(upstream_model, ''), count(*) from added where not is_named
  group by 1, 2, 3 order by 1, 2, 3
  on conflict (day, model_group, upstream_model) do update set row_count = known.row_count + excluded.row_count;
  return null;
end
$$;

create trigger daily_spend_count after insert on latchkey.daily_spend
  referencing new table as added for each statement execute function latchkey.count_day_rows();
