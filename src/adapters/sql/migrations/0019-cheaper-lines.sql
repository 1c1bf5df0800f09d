-- As before. What lines of one batch have in common is summed first, and who a user is now is looked up once for all of them.
create or replace function latchkey.keep_ledger_lines(lines json) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  kept_ids uuid[];
  digests text[];
  amounts numeric[];
  account record;
begin
  perform latchkey.share_budget_accounts();
  with kept as (
    insert into latchkey.ledger_entry (
      entry_id, at, payer_kind, key_digest, user_id, team_id, organization_id, end_user_id, request_id, amount_pico,
      model_group, status, prompt_tokens, completion_tokens, detail, hold_id, counted_at, call_type, ended_at,
      upstream_model, provider, http_status, key_alias, deployment_id, session_id, error_class, cached_input_tokens,
      cache_write_input_tokens)
    select
      entry_id, to_timestamp(at / 1000.0), payer_kind, key_digest, user_id, team_id, organization_id, end_user_id,
      request_id, amount_pico, model_group, status, prompt_tokens, completion_tokens, detail, hold_id,
      to_timestamp(counted_at / 1000.0),
      -- Lines of before these were columns, in spools of before and of processes of before, have them in their detail.
      case when call_type is null then detail::json ->> 'callType' else call_type end,
      to_timestamp(case when call_type is null then (detail::json ->> 'endedAt')::numeric else ended_at end / 1000.0),
      case when call_type is null then detail::json ->> 'upstreamModel' else upstream_model end,
      case when call_type is null then detail::json ->> 'provider' else provider end,
      case when call_type is null then (detail::json ->> 'httpStatus')::numeric else http_status end,
      case when call_type is null then detail::json ->> 'keyAlias' else key_alias end,
      case when call_type is null then detail::json ->> 'deploymentId' else deployment_id end,
      case when call_type is null then detail::json ->> 'sessionId' else session_id end,
      case when call_type is null then detail::json ->> 'errorClass' else error_class end,
      case when call_type is null then (detail::json ->> 'cachedInputTokens')::numeric else cached_input_tokens end,
      case when call_type is null then (detail::json ->> 'cacheWriteInputTokens')::numeric
        else cache_write_input_tokens end
    from json_to_recordset(lines) as line (
      entry_id uuid, at bigint, payer_kind text, key_digest text, user_id text, team_id text, organization_id text,
      end_user_id text, request_id text, amount_pico bigint, model_group text, status text, prompt_tokens bigint,
      completion_tokens bigint, detail text, hold_id uuid, counted_at bigint, call_type text, ended_at bigint,
      upstream_model text, provider text, http_status integer, key_alias text, deployment_id text, session_id text,
      error_class text, cached_input_tokens bigint, cache_write_input_tokens bigint)
    on conflict (entry_id) do nothing
    returning entry_id, key_digest, user_id, team_id, organization_id, end_user_id, amount_pico,
      case when strpos(detail, '"tags":') > 0 then detail end as tagged
  ), alike as (
    select key_digest, user_id, team_id, organization_id, end_user_id, sum(amount_pico) as amount_pico
    from kept group by key_digest, user_id, team_id, organization_id, end_user_id
  ), part as (
    -- Written out, because a function would be called for each of them, at the price of a line.
    select key_digest, coalesce(
        (select survivor_id from latchkey.former_user f where f.user_id = alike.user_id), user_id) as user_id,
      team_id, organization_id, end_user_id, amount_pico
    from alike
  ), totals as (
    -- In one order, so that two replicas can't wait for each other.
    insert into latchkey.spend_total (kind, id, total_pico)
    select kind, id, sum(amount_pico) from (
      select 'all' as kind, '' as id, amount_pico from part
      union all select 'key', key_digest, amount_pico from part where key_digest is not null
      union all select 'user', user_id, amount_pico from part where user_id is not null
      union all select 'team', team_id, amount_pico from part where team_id is not null
      union all select 'member', json_build_array(team_id, user_id)::text, amount_pico from part
        where team_id is not null and user_id is not null
      union all select 'organization', organization_id, amount_pico from part where organization_id is not null
      union all select 'end_user', end_user_id, amount_pico from part where end_user_id is not null
      union all select 'tag', tag, amount_pico
        from kept, lateral (select distinct json_array_elements_text(tagged::json -> 'tags') as tag) tags
        where tagged is not null
    ) parts group by kind, id order by kind, id
    on conflict (kind, id) do update set total_pico = spend_total.total_pico + excluded.total_pico
  )
  select (select array_agg(entry_id) from kept), array_agg(key_digest), array_agg(amount_pico)
    into kept_ids, digests, amounts from part;
  if kept_ids is null then return; end if;

  update latchkey.key_spend s set spent_pico = s.spent_pico + part.amount_pico
  from (
    select found.number, sum(line.amount_pico) as amount_pico
    from unnest(digests, amounts) as line (digest, amount_pico)
    left join latchkey.retired_key_digest earlier on earlier.digest = line.digest
    join latchkey.key_spend found on found.digest = coalesce(earlier.successor, line.digest)
    where line.amount_pico > 0 group by found.number, found.digest order by found.digest
  ) part where s.number = part.number;
  if not exists (select from latchkey.budget_account) then return; end if;

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
