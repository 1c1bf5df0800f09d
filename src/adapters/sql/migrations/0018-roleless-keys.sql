-- Keys that somebody else gave out for their user, and that manage nothing.
alter table latchkey.virtual_key add column roleless boolean not null default false;
