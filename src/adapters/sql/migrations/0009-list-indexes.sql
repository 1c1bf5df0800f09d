-- Lists of keys are read page by page in these orders. The last column makes the order total, and the page is found
-- without looking at the rows of the pages before it.
create index virtual_key_updated on latchkey.virtual_key (updated_at desc, digest);
create index virtual_key_alias_order on latchkey.virtual_key (alias collate "C" desc nulls last, digest);
create index virtual_key_max_budget on latchkey.virtual_key (max_budget_pico desc nulls last, digest);

-- The audit log is asked for what somebody did.
create index audit_record_actor on latchkey.audit_record (coalesce(on_behalf_of, actor), at);
