-- Reports look for the days of single keys, and for those of callers without one.
create index daily_spend_keyless on latchkey.daily_spend (day) where key_digest is null;
