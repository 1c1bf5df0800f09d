-- Reports by organisation and by customer go by these and by the day.
create index if not exists ledger_entry_organization
  on latchkey.ledger_entry (organization_id, at) where organization_id is not null;
create index if not exists ledger_entry_end_user
  on latchkey.ledger_entry (end_user_id, at) where end_user_id is not null;
