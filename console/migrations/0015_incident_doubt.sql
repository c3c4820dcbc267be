-- What the record says against the state of a case that is closed. Such a case
-- does not go back by itself, but its public texts are locked until it is cleared.
ALTER TABLE incident ADD COLUMN doubt text NOT NULL DEFAULT '';
