-- What the pages of the ledger ask beyond its lists.

-- Which entries answer an entry: the outcome of an intent, openings, erasures.
CREATE INDEX ledger_entry_refers ON ledger_entry ((body::jsonb ->> 'refers'), index) WHERE (body::jsonb ->> 'refers') IS NOT NULL;

-- When a head was stored. Heads from before this release have no time; nothing
-- is proved by it.
ALTER TABLE ledger_checkpoint ADD COLUMN signed_at timestamptz;
ALTER TABLE ledger_checkpoint ALTER COLUMN signed_at SET DEFAULT now();
