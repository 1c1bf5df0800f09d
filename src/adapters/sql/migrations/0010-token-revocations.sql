-- Tokens that are refused although their providers vouch for them.
create table latchkey.token_revocation (
  revocation_id text primary key,
  kind text not null check (kind in ('token', 'jti', 'subject', 'user')),
  -- '': the kind needs none, or the tokens name none.
  issuer text collate "C" not null check (octet_length(issuer) <= 2048 and strpos(issuer, E'\n') = 0),
  -- The SHA-256 of what is signed of the token, its jti, the subject, or the user's id. Compared byte by byte.
  value text collate "C" not null check (octet_length(value) between 1 and 255),
  name text collate "C" generated always as (kind || E'\n' || issuer || E'\n' || value) stored,
  -- Of subjects and users: tokens from before it are refused.
  issued_before timestamptz check ((issued_before is not null) = (kind in ('subject', 'user'))),
  reason text,
  -- When no such token is good any more; null: that can't be said.
  ends_at timestamptz,
  created_at timestamptz not null,
  created_by text not null,
  updated_at timestamptz not null,
  updated_by text not null
);

create unique index token_revocation_name on latchkey.token_revocation (name);
create index token_revocation_end on latchkey.token_revocation (ends_at);
create index token_revocation_created on latchkey.token_revocation (created_at desc, revocation_id);

create function latchkey.announce_revocation() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'TRUNCATE' then
    perform latchkey.announce_fact('revocation', '*');
    return null;
  end if;
  -- What ended by itself is no news.
  if tg_op = 'DELETE' and old.ends_at <= clock_timestamp() then return null; end if;
  if tg_op <> 'INSERT' then perform latchkey.announce_fact('revocation', old.name); end if;
  if tg_op <> 'DELETE' then perform latchkey.announce_fact('revocation', new.name); end if;
  return null;
end
$$;

create trigger token_revocation_announce after insert or update or delete on latchkey.token_revocation
  for each row execute function latchkey.announce_revocation();
create trigger token_revocation_announce_all after truncate on latchkey.token_revocation
  for each statement execute function latchkey.announce_revocation();
