-- A digest that nothing was spent under has no row that could be locked: lines that were under way for it were neither waited
-- for nor told of the key, and a later lock of a row that had come meanwhile was a deadlock. So rows are made where none are,
-- and locked, in the order in which lines do.
create or replace function latchkey.spent_by_key(of_digest text) returns numeric
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  digests text[] := array(select digest from latchkey.retired_key_digest where successor = of_digest) || of_digest;
  spent numeric;
begin
  insert into latchkey.spend_total as known (kind, id, total_pico)
  select 'key', one, 0 from unnest(digests) one order by one
  on conflict (kind, id) do update set total_pico = known.total_pico;
  select coalesce(sum(total_pico - forgiven_pico), 0) into spent
  from latchkey.spend_total where kind = 'key' and id = any(digests);
  return spent;
end
$$;
