-- The held versions of one crate, for its page.
CREATE INDEX held_crate_idx ON held (crate);
