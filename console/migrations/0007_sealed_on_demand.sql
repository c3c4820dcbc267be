-- The bundle that came of a request to seal; plan is NULL then. While both are
-- NULL the request is worked on, or was given up half way.
ALTER TABLE request ADD COLUMN evidence bytea REFERENCES evidence_bundle;
