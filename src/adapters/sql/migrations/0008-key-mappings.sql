-- Which virtual key a claim of a token stands for.
create table latchkey.jwt_key_mapping (
  mapping_id text primary key,
  -- '': of any issuer.
  issuer text collate "C" not null check (octet_length(issuer) <= 2048),
  -- Compared byte by byte, and without line breaks, so that no two announcements look alike.
  claim text collate "C" not null check (octet_length(claim) between 1 and 255 and strpos(claim, E'\n') = 0),
  value text collate "C" not null check (octet_length(value) between 1 and 255 and strpos(value, E'\n') = 0),
  -- A key that is rotated takes its mappings along, and one that goes leaves none.
  key_digest text not null references latchkey.virtual_key on update cascade on delete cascade,
  description text,
  is_active boolean not null,
  created_at timestamptz not null,
  created_by text not null,
  updated_at timestamptz not null,
  updated_by text not null
);

create unique index jwt_key_mapping_claim on latchkey.jwt_key_mapping (claim, value, issuer);
create index jwt_key_mapping_key on latchkey.jwt_key_mapping (key_digest);
create index jwt_key_mapping_created on latchkey.jwt_key_mapping (created_at desc, mapping_id);

create function latchkey.announce_key_mapping() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'TRUNCATE' then
    perform latchkey.announce_fact('key_mapping', '*');
    return null;
  end if;
  if tg_op <> 'INSERT' then
    perform latchkey.announce_fact('key_mapping', old.claim || E'\n' || old.value);
  end if;
  if tg_op <> 'DELETE' then
    perform latchkey.announce_fact('key_mapping', new.claim || E'\n' || new.value);
  end if;
  return null;
end
$$;

create trigger jwt_key_mapping_announce after insert or update or delete on latchkey.jwt_key_mapping
  for each row execute function latchkey.announce_key_mapping();
create trigger jwt_key_mapping_announce_all after truncate on latchkey.jwt_key_mapping
  for each statement execute function latchkey.announce_key_mapping();
