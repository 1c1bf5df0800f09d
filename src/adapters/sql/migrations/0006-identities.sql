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
