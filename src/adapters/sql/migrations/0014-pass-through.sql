-- Pass-through routes that are open to a key or a team.
alter table latchkey.virtual_key add column allowed_passthrough_routes text[] not null default '{}';
alter table latchkey.team add column allowed_passthrough_routes text[] not null default '{}';
