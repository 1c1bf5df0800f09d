-- Lines of callers who came with a token of an identity provider: their user or team pays, and no key.
alter table latchkey.ledger_entry
  drop constraint ledger_entry_payer_kind_check,
  add constraint ledger_entry_payer_kind_check check (payer_kind in ('key', 'master', 'token'));
