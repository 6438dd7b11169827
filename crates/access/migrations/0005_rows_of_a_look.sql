-- The second row of a look or a search names the first: found without a walk through the log.
CREATE INDEX audit_by_first_row ON audit (permit_id) WHERE permit_id IS NOT NULL;
