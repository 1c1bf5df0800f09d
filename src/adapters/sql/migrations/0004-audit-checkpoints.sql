-- Attempts that end at the route, before any object was looked at, are told too.
alter table latchkey.audit_record
  drop constraint audit_record_action_check,
  add constraint audit_record_action_check
    check (action in ('created', 'updated', 'deleted', 'blocked', 'unblocked', 'rotated', 'attempted'));

-- Where the chain ends, kept apart from it: records that are cut off its end are missed, now and for good.
create table latchkey.audit_head (
  is_only boolean primary key default true check (is_only),
  sequence bigint not null,
  hash text not null
);

insert into latchkey.audit_head (sequence, hash)
values (
  coalesce((select max(sequence) from latchkey.audit_record), 0),
  coalesce((select hash from latchkey.audit_record order by sequence desc limit 1), repeat('0', 64))
);

create trigger audit_head_goes_on before update on latchkey.audit_head
  for each row when (new.sequence <= old.sequence) execute function latchkey.refuse_audit_change();
create trigger audit_head_stays before delete or truncate on latchkey.audit_head
  for each statement execute function latchkey.refuse_audit_change();
