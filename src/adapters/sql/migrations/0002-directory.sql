-- Who and what a principal is made of. Memberships are rows; the arrays that the API shows are made from them.

create table latchkey.budget (
  budget_id text primary key,
  -- Made with an object that is its only user, and gone with it.
  is_own boolean not null default false,
  max_budget_pico numeric(38, 0) check (max_budget_pico >= 0),
  soft_budget_pico numeric(38, 0) check (soft_budget_pico >= 0),
  budget_duration text,
  -- Where windows of unaligned length begin.
  budget_anchor_at timestamptz,
  tpm_limit bigint check (tpm_limit >= 0),
  rpm_limit bigint check (rpm_limit >= 0),
  max_parallel_requests bigint check (max_parallel_requests >= 0),
  model_limits jsonb not null default '{}',
  allowed_models text[] not null default '{}',
  created_at timestamptz not null,
  created_by text not null,
  updated_at timestamptz not null,
  updated_by text not null,
  check ((budget_duration is null) = (budget_anchor_at is null))
);

create table latchkey.object_permission (
  object_permission_id text primary key,
  grants jsonb not null
);

create table latchkey.organization (
  organization_id text primary key,
  alias text not null,
  budget_id text not null references latchkey.budget,
  models text[] not null,
  metadata jsonb not null,
  created_at timestamptz not null,
  created_by text not null,
  updated_at timestamptz not null,
  updated_by text not null
);

create table latchkey.team (
  team_id text primary key,
  alias text,
  organization_id text references latchkey.organization,
  models text[] not null,
  model_aliases jsonb not null,
  metadata jsonb not null,
  tags text[] not null,
  blocked boolean not null,
  -- Who blocked it: an object that a higher role blocked is not opened by a lower one.
  blocked_by_role text,
  member_permissions text[] not null,
  default_member_models text[] not null,
  access_group_ids text[] not null,
  -- What a new member gets where nothing else is said.
  member_budget_id text references latchkey.budget,
  max_budget_pico numeric(38, 0) check (max_budget_pico >= 0),
  soft_budget_pico numeric(38, 0) check (soft_budget_pico >= 0),
  budget_duration text,
  budget_anchor_at timestamptz,
  tpm_limit bigint check (tpm_limit >= 0),
  rpm_limit bigint check (rpm_limit >= 0),
  max_parallel_requests bigint check (max_parallel_requests >= 0),
  model_limits jsonb not null default '{}',
  created_at timestamptz not null,
  created_by text not null,
  updated_at timestamptz not null,
  updated_by text not null,
  check ((budget_duration is null) = (budget_anchor_at is null)),
  check (blocked or blocked_by_role is null)
);

create index team_organization on latchkey.team (organization_id) where organization_id is not null;
create index team_alias on latchkey.team (alias);

create table latchkey.user_account (
  user_id text primary key,
  email text,
  alias text,
  role text not null check (role in ('proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer')),
  sso_user_id text unique,
  blocked boolean not null,
  blocked_by_role text,
  models text[] not null,
  metadata jsonb not null,
  password_hash text,
  max_budget_pico numeric(38, 0) check (max_budget_pico >= 0),
  soft_budget_pico numeric(38, 0) check (soft_budget_pico >= 0),
  budget_duration text,
  budget_anchor_at timestamptz,
  tpm_limit bigint check (tpm_limit >= 0),
  rpm_limit bigint check (rpm_limit >= 0),
  max_parallel_requests bigint check (max_parallel_requests >= 0),
  model_limits jsonb not null default '{}',
  created_at timestamptz not null,
  created_by text not null,
  updated_at timestamptz not null,
  updated_by text not null,
  check ((budget_duration is null) = (budget_anchor_at is null)),
  check (blocked or blocked_by_role is null)
);

create index user_account_email on latchkey.user_account (lower(email)) where email is not null;

-- INV-05: spend, membership, keys and audit hang on this id, so nobody can be renamed into somebody else.
create function latchkey.refuse_new_id() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'ids do not change' using errcode = 'restrict_violation';
end
$$;

create trigger user_account_id_stays before update of user_id on latchkey.user_account
  for each row when (old.user_id is distinct from new.user_id) execute function latchkey.refuse_new_id();
create trigger team_id_stays before update of team_id on latchkey.team
  for each row when (old.team_id is distinct from new.team_id) execute function latchkey.refuse_new_id();
create trigger organization_id_stays before update of organization_id on latchkey.organization
  for each row when (old.organization_id is distinct from new.organization_id) execute function latchkey.refuse_new_id();

create table latchkey.team_member (
  team_id text not null references latchkey.team on delete cascade,
  user_id text not null references latchkey.user_account on delete cascade,
  role text not null check (role in ('admin', 'user')),
  budget_id text references latchkey.budget,
  -- What made this membership: `api`, or later a provider's claim or directory.
  source text not null default 'api',
  created_at timestamptz not null,
  primary key (team_id, user_id)
);

create index team_member_user on latchkey.team_member (user_id);

create table latchkey.organization_member (
  organization_id text not null references latchkey.organization on delete cascade,
  user_id text not null references latchkey.user_account on delete cascade,
  role text not null check (role in ('org_admin', 'internal_user', 'internal_user_viewer')),
  budget_id text references latchkey.budget,
  source text not null default 'api',
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (organization_id, user_id)
);

create index organization_member_user on latchkey.organization_member (user_id);

create table latchkey.end_user (
  end_user_id text primary key,
  alias text,
  blocked boolean not null,
  allowed_model_region text check (allowed_model_region in ('eu', 'us')),
  default_model text,
  budget_id text references latchkey.budget,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

create table latchkey.tag (
  name text primary key,
  description text,
  models text[] not null,
  budget_id text references latchkey.budget,
  created_at timestamptz not null,
  created_by text not null,
  updated_at timestamptz not null
);

create table latchkey.access_group (
  access_group_id text primary key,
  name text not null unique,
  description text,
  models text[] not null,
  mcp_server_ids text[] not null,
  agent_ids text[] not null,
  created_at timestamptz not null,
  created_by text not null,
  updated_at timestamptz not null,
  updated_by text not null
);

create table latchkey.credential (
  name text primary key,
  -- Sealed: nothing in it is readable without the key that is kept outside of this database.
  sealed_values text not null,
  info jsonb not null,
  created_at timestamptz not null,
  created_by text not null,
  updated_at timestamptz not null,
  updated_by text not null
);

create table latchkey.stored_model (
  model_id text primary key,
  -- Unique inside for a model of a team; `public_name` is what its members call it.
  model_name text not null,
  public_name text not null,
  team_id text references latchkey.team on delete cascade,
  sealed_params text not null,
  info jsonb not null,
  blocked boolean not null,
  created_at timestamptz not null,
  created_by text not null,
  updated_at timestamptz not null,
  updated_by text not null
);

create table latchkey.invitation (
  invitation_id text primary key,
  user_id text not null references latchkey.user_account on delete cascade,
  secret_digest text not null,
  accepted_at timestamptz,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  created_by text not null,
  updated_at timestamptz not null,
  updated_by text not null
);

-- The person behind the master key, for whom existing clients look.
insert into latchkey.user_account
  (user_id, role, blocked, models, metadata, created_at, created_by, updated_at, updated_by)
values ('default_user_id', 'proxy_admin', false, '{}', '{}', now(), 'installation', now(), 'installation');

-- Keys named users before there were rows for them.
insert into latchkey.user_account
  (user_id, role, blocked, models, metadata, created_at, created_by, updated_at, updated_by)
select user_id, 'internal_user', false, '{}', '{}', min(created_at), 'migration', now(), 'migration'
from latchkey.virtual_key where user_id is not null group by user_id
on conflict do nothing;

alter table latchkey.virtual_key
  add column team_id text references latchkey.team,
  add column organization_id text references latchkey.organization,
  add column budget_id text references latchkey.budget,
  add column access_group_ids text[] not null default '{}',
  -- Kept for who wrote it, without meaning.
  add column inert jsonb not null default '{}',
  -- Set once its user is a member of its team; from then on it is dead without that membership.
  add column needs_membership boolean not null default false,
  add column blocked_by_role text,
  add column max_budget_pico numeric(38, 0) check (max_budget_pico >= 0),
  add column soft_budget_pico numeric(38, 0) check (soft_budget_pico >= 0),
  add column budget_duration text,
  add column budget_anchor_at timestamptz,
  add column tpm_limit bigint check (tpm_limit >= 0),
  add column rpm_limit bigint check (rpm_limit >= 0),
  add column max_parallel_requests bigint check (max_parallel_requests >= 0),
  add column model_limits jsonb not null default '{}',
  add column temp_budget_increase_pico numeric(38, 0) check (temp_budget_increase_pico >= 0),
  add column temp_budget_expires_at timestamptz,
  add foreign key (user_id) references latchkey.user_account,
  add check ((budget_duration is null) = (budget_anchor_at is null)),
  add check ((temp_budget_increase_pico is null) = (temp_budget_expires_at is null)),
  add check (blocked or blocked_by_role is null);

create index virtual_key_team on latchkey.virtual_key (team_id) where team_id is not null;
create index virtual_key_organization on latchkey.virtual_key (organization_id) where organization_id is not null;
create index virtual_key_created on latchkey.virtual_key (created_at desc, digest);

create table latchkey.deleted_team (
  id bigint generated always as identity primary key,
  team_id text not null,
  snapshot jsonb not null,
  deleted_at timestamptz not null,
  deleted_by text not null
);

-- Always the sums of the lines: the one statement that adds a line adds to these.
create table latchkey.spend_total (
  kind text not null check (kind in ('all', 'key', 'user', 'team', 'member', 'organization', 'end_user', 'tag')),
  -- `member`: team and user, as a JSON list.
  id text not null,
  total_pico numeric(38, 0) not null check (total_pico >= 0),
  -- What an administrator took off by a reset. The lines stay, and so does the record of who did it.
  forgiven_pico numeric(38, 0) not null default 0 check (forgiven_pico >= 0),
  primary key (kind, id)
) with (fillfactor = 50);

insert into latchkey.spend_total (kind, id, total_pico)
select 'key', key_digest, total_pico from latchkey.key_spend;
insert into latchkey.spend_total (kind, id, total_pico)
select 'user', user_id, sum(amount_pico) from latchkey.ledger_entry where user_id is not null group by user_id;
insert into latchkey.spend_total (kind, id, total_pico)
select 'end_user', end_user_id, sum(amount_pico) from latchkey.ledger_entry where end_user_id is not null group by end_user_id;
insert into latchkey.spend_total (kind, id, total_pico)
select 'team', team_id, sum(amount_pico) from latchkey.ledger_entry where team_id is not null group by team_id;
insert into latchkey.spend_total (kind, id, total_pico)
select 'member', json_build_array(team_id, user_id)::text, sum(amount_pico) from latchkey.ledger_entry
where team_id is not null and user_id is not null group by team_id, user_id;
insert into latchkey.spend_total (kind, id, total_pico)
select 'tag', tag, sum(amount_pico)
from latchkey.ledger_entry, lateral (select distinct json_array_elements_text(detail::json -> 'tags') as tag) tags
where strpos(detail, '"tags":') > 0 group by tag;
insert into latchkey.spend_total (kind, id, total_pico)
select 'all', '', coalesce(sum(amount_pico), 0) from latchkey.ledger_entry;
drop table latchkey.key_spend;

alter table latchkey.ledger_entry add column organization_id text;
create index ledger_entry_user on latchkey.ledger_entry (user_id, at) where user_id is not null;
create index ledger_entry_team on latchkey.ledger_entry (team_id, at) where team_id is not null;

create table latchkey.audit_record (
  sequence bigint primary key,
  audit_id text not null unique,
  at timestamptz not null,
  actor text not null,
  actor_role text not null,
  actor_key text,
  on_behalf_of text,
  client_address text,
  request_id text not null,
  route text not null,
  action text not null check (action in ('created', 'updated', 'deleted', 'blocked', 'unblocked', 'rotated')),
  outcome text not null check (outcome in ('done', 'refused')),
  reason text,
  object_type text not null,
  object_id text not null,
  -- JSON text, exactly as it went into the hash.
  before_value text not null,
  updated_values text not null,
  previous_hash text not null,
  hash text not null
);

create index audit_record_at on latchkey.audit_record (at);
create index audit_record_object on latchkey.audit_record (object_type, object_id);

create function latchkey.refuse_audit_change() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'the audit log is append-only' using errcode = 'restrict_violation';
end
$$;

create trigger audit_record_append_only before update or delete or truncate on latchkey.audit_record
  for each statement execute function latchkey.refuse_audit_change();

-- One channel for every fact that the request path remembers: `kind:id`.
create function latchkey.announce_change() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  kind text := tg_argv[0];
  id_column text := tg_argv[1];
begin
  if tg_op = 'TRUNCATE' then
    perform pg_notify('latchkey_changes', kind || ':*');
    return null;
  end if;
  if tg_op <> 'INSERT' then
    perform pg_notify('latchkey_changes', kind || ':' || (to_jsonb(old) ->> id_column));
  end if;
  if tg_op <> 'DELETE' then
    perform pg_notify('latchkey_changes', kind || ':' || (to_jsonb(new) ->> id_column));
  end if;
  return null;
end
$$;

create trigger user_announce after insert or update or delete on latchkey.user_account
  for each row execute function latchkey.announce_change('user', 'user_id');
create trigger user_announce_all after truncate on latchkey.user_account
  for each statement execute function latchkey.announce_change('user', '');
create trigger team_member_announce after insert or update or delete on latchkey.team_member
  for each row execute function latchkey.announce_change('user', 'user_id');
create trigger team_member_announce_all after truncate on latchkey.team_member
  for each statement execute function latchkey.announce_change('user', '');
create trigger organization_member_announce after insert or update or delete on latchkey.organization_member
  for each row execute function latchkey.announce_change('user', 'user_id');
create trigger organization_member_announce_all after truncate on latchkey.organization_member
  for each statement execute function latchkey.announce_change('user', '');
create trigger team_announce after insert or update or delete on latchkey.team
  for each row execute function latchkey.announce_change('team', 'team_id');
create trigger team_announce_all after truncate on latchkey.team
  for each statement execute function latchkey.announce_change('team', '');
create trigger organization_announce after insert or update or delete on latchkey.organization
  for each row execute function latchkey.announce_change('organization', 'organization_id');
create trigger organization_announce_all after truncate on latchkey.organization
  for each statement execute function latchkey.announce_change('organization', '');
create trigger end_user_announce after insert or update or delete on latchkey.end_user
  for each row execute function latchkey.announce_change('end_user', 'end_user_id');
create trigger end_user_announce_all after truncate on latchkey.end_user
  for each statement execute function latchkey.announce_change('end_user', '');
create trigger budget_announce after insert or update or delete on latchkey.budget
  for each row execute function latchkey.announce_change('budget', 'budget_id');
create trigger budget_announce_all after truncate on latchkey.budget
  for each statement execute function latchkey.announce_change('budget', '');
create trigger access_group_announce after insert or update or delete on latchkey.access_group
  for each row execute function latchkey.announce_change('access_group', 'access_group_id');
create trigger access_group_announce_all after truncate on latchkey.access_group
  for each statement execute function latchkey.announce_change('access_group', '');
create trigger stored_model_announce after insert or update or delete on latchkey.stored_model
  for each row execute function latchkey.announce_change('model', 'model_id');
create trigger stored_model_announce_all after truncate on latchkey.stored_model
  for each statement execute function latchkey.announce_change('model', '');
create trigger credential_announce after insert or update or delete on latchkey.credential
  for each row execute function latchkey.announce_change('model', 'name');
create trigger credential_announce_all after truncate on latchkey.credential
  for each statement execute function latchkey.announce_change('model', '');
