-- The whole of what evwall keeps about people is its own staff: who may look, and who looked.
-- Nothing here can hold an owner, a plate, a phone number or an ICCID. A VIN stands in `audit` only.
-- STRICT tables: a wrong type is refused by SQLite itself.

CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (length(name) BETWEEN 1 AND 64),
    role TEXT NOT NULL CHECK (role IN ('screen', 'viewer', 'supervisor', 'privacy_officer', 'admin')),
    password_phc TEXT NOT NULL,
    disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    demo INTEGER NOT NULL DEFAULT 0 CHECK (demo IN (0, 1)),
    -- Base of the one-time codes; in clear, because a code can only be checked against it.
    totp_secret BLOB,
    totp_on INTEGER NOT NULL DEFAULT 0 CHECK (totp_on IN (0, 1)),
    -- The last time step whose code was taken: a code is good once.
    totp_step INTEGER NOT NULL DEFAULT 0,
    created_unix_s INTEGER NOT NULL
) STRICT;

-- Live sessions only; ending one deletes its row. The token itself is in the browser and nowhere else.
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token_sha256 BLOB NOT NULL UNIQUE CHECK (length(token_sha256) = 32),
    user_id INTEGER NOT NULL REFERENCES users (id),
    source TEXT NOT NULL,
    started_unix_s INTEGER NOT NULL,
    seen_unix_s INTEGER NOT NULL,
    idle_s INTEGER NOT NULL,
    expires_unix_s INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id);

-- Every ended session, in order: how a server learns of one that another process ended. Pruned after a day.
CREATE TABLE session_ends (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id INTEGER NOT NULL,
    why TEXT NOT NULL,
    at_unix_s INTEGER NOT NULL
) STRICT;

-- Failed log-ins by a hash of the name tried or of the source address: what was typed into the name field may be
-- a password. Bounded: the oldest goes first.
CREATE TABLE lockouts (
    subject BLOB PRIMARY KEY CHECK (length(subject) = 32),
    failures INTEGER NOT NULL,
    last_unix_s INTEGER NOT NULL,
    locked_until_unix_s INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at_unix_s INTEGER NOT NULL,
    kind TEXT NOT NULL,
    user_id INTEGER,
    user_name TEXT,
    role TEXT,
    session_id INTEGER,
    source TEXT,
    action TEXT,
    purpose TEXT,
    case_number TEXT CHECK (length(case_number) <= 40),
    vin TEXT CHECK (length(vin) <= 17),
    make TEXT CHECK (length(make) <= 40),
    handle BLOB CHECK (length(handle) = 16),
    permit_id INTEGER,
    about_user TEXT CHECK (length(about_user) <= 64),
    reason TEXT CHECK (length(reason) <= 40),
    amount INTEGER,
    previous BLOB NOT NULL CHECK (length(previous) = 32),
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX audit_by_user ON audit (user_id, kind, at_unix_s);
CREATE INDEX audit_by_vin ON audit (vin) WHERE vin IS NOT NULL;
CREATE INDEX audit_by_time ON audit (at_unix_s);

CREATE TRIGGER audit_is_not_edited BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
-- Also what stops INSERT OR REPLACE, which does not fire the delete trigger.
CREATE TRIGGER audit_has_no_gaps BEFORE INSERT ON audit
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit)
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;

-- Permits whose closing row is still to be written; after a crash the next start writes it.
CREATE TABLE open_permits (
    permit_id INTEGER PRIMARY KEY,
    session_id INTEGER NOT NULL,
    opened_unix_s INTEGER NOT NULL,
    expires_unix_s INTEGER NOT NULL
) STRICT;

-- What the privacy officer has still to see: each row points at the audit row that says what happened.
CREATE TABLE notices (
    audit_seq INTEGER PRIMARY KEY,
    seen_unix_s INTEGER,
    seen_by INTEGER REFERENCES users (id)
) STRICT;

