-- A rotated key is the same key: its rates go by a number that rotations leave alone, whichever of its secrets is presented.
create function latchkey.rated_key(digest text) returns text language sql stable as $$
  select coalesce((
    select spend.number::text from latchkey.key_spend spend where spend.digest = latchkey.owner_id('key', $1)), $1)
$$;

create or replace function latchkey.asked_rates(scopes json)
returns table (n integer, scope text, id text, requests bigint, tokens bigint, parallel bigint)
language sql stable as $$
  select asked.n, asked.scope,
    case asked.scope
      when 'api_key' then latchkey.rated_key(asked.id)
      when 'model_per_key' then latchkey.with_owner(asked.id, latchkey.rated_key(asked.id::json ->> 0))
      else asked.id end,
    asked.requests, asked.tokens, asked.parallel
  from pg_catalog.json_to_recordset($1) as asked (
    n integer, scope text, id text, requests bigint, tokens bigint, parallel bigint)
$$;
