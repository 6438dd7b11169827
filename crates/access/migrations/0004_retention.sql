-- Old rows of the log may go: from its beginning, and only after a row of the kind `audit_cut` that says up to which
-- number (`amount`) and gives the first half of that row's hash (`handle`). What such a row must hold is refused here too,
-- so that a program that forgets its own rules cannot cut what is younger than half a year.
CREATE INDEX audit_cuts ON audit (amount) WHERE kind = 'audit_cut';

DROP TRIGGER audit_is_not_deleted;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
WHEN OLD.seq > coalesce((SELECT max(amount) FROM audit WHERE kind = 'audit_cut'), 0)
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;

CREATE TRIGGER audit_is_cut_when_old BEFORE INSERT ON audit
WHEN NEW.kind = 'audit_cut' AND NOT EXISTS (
    SELECT 1 FROM audit WHERE seq = NEW.amount AND substr(hash, 1, 16) = NEW.handle
        AND at_unix_s <= NEW.at_unix_s - 182 * 86400)
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
