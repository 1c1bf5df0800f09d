create table latchkey.installation (
  singleton boolean primary key default true check (singleton),
  id uuid not null,
  created_at timestamptz not null,
  -- Signs ids that come back to us. Opens nothing.
  signing_secret bytea not null check (octet_length(signing_secret) = 32),
  master_key_digest text check (master_key_digest ~ '^[0-9a-f]{64}$')
);

create table latchkey.virtual_key (
  digest text primary key check (digest ~ '^[0-9a-f]{64}$'),
  display_name text not null,
  alias text,
  user_id text,
  models text[] not null,
  model_aliases jsonb not null,
  allowed_routes text[] not null,
  enforced_params text[] not null,
  tags text[] not null,
  metadata jsonb not null,
  blocked boolean not null,
  expires_at timestamptz,
  created_at timestamptz not null,
  created_by text not null,
  updated_at timestamptz not null,
  updated_by text not null,
  rotation_count integer not null check (rotation_count >= 0),
  last_rotated_at timestamptz
);

create unique index virtual_key_alias on latchkey.virtual_key (alias) where alias is not null;
create index virtual_key_user on latchkey.virtual_key (user_id) where user_id is not null;

-- Rows outlive their successor: a retired digest is never given out again, and what it spent stays its successor's.
create table latchkey.retired_key_digest (
  digest text primary key check (digest ~ '^[0-9a-f]{64}$'),
  successor text not null check (successor ~ '^[0-9a-f]{64}$' and successor <> digest),
  grace_ends_at timestamptz
);

create index retired_key_digest_successor on latchkey.retired_key_digest (successor);

create table latchkey.deleted_key (
  id bigint generated always as identity primary key,
  digest text not null,
  snapshot jsonb not null,
  deleted_at timestamptz not null,
  deleted_by text not null
);

create table latchkey.ledger_entry (
  entry_id uuid primary key,
  at timestamptz not null,
  payer_kind text not null check (payer_kind in ('key', 'master')),
  key_digest text,
  user_id text,
  team_id text,
  end_user_id text,
  request_id text not null,
  amount_pico bigint not null check (amount_pico >= 0),
  model_group text not null,
  status text not null check (status in ('success', 'failure')),
  prompt_tokens bigint not null,
  completion_tokens bigint not null,
  -- JSON; kept as text because jsonb costs as much as the rest of the line. Cast it to look inside.
  detail text not null,
  check ((payer_kind = 'key') = (key_digest is not null))
);

create index ledger_entry_at on latchkey.ledger_entry (at);
create index ledger_entry_key on latchkey.ledger_entry (key_digest, at);
create index ledger_entry_request on latchkey.ledger_entry using hash (request_id);

-- Always the sum of the lines: the one statement that adds a line adds to this.
create table latchkey.key_spend (
  key_digest text primary key,
  total_pico numeric(38, 0) not null check (total_pico >= 0)
) with (fillfactor = 50);

create function latchkey.refuse_ledger_change() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'the ledger is append-only' using errcode = 'restrict_violation';
end
$$;

create trigger ledger_entry_append_only before update or delete or truncate on latchkey.ledger_entry
  for each statement execute function latchkey.refuse_ledger_change();

-- By triggers, so that a change made by hand in SQL is announced like any other.
create function latchkey.announce_key_change() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op <> 'INSERT' then
    perform pg_notify('latchkey_changes', 'key:' || old.digest);
  end if;
  if tg_op <> 'DELETE' then
    perform pg_notify('latchkey_changes', 'key:' || new.digest);
  end if;
  return null;
end
$$;

create trigger virtual_key_announce after insert or update or delete on latchkey.virtual_key
  for each row execute function latchkey.announce_key_change();
create trigger retired_key_digest_announce after insert or update or delete on latchkey.retired_key_digest
  for each row execute function latchkey.announce_key_change();

-- A truncated table has no rows to name: everything may have changed.
create function latchkey.announce_all_keys() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform pg_notify('latchkey_changes', 'key:*');
  return null;
end
$$;

create trigger virtual_key_announce_all after truncate on latchkey.virtual_key
  for each statement execute function latchkey.announce_all_keys();
create trigger retired_key_digest_announce_all after truncate on latchkey.retired_key_digest
  for each statement execute function latchkey.announce_all_keys();
