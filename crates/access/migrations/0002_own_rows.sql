-- One's own rows in order: an index on the person alone keeps the order of the rows.
CREATE INDEX audit_by_person ON audit (user_id);
