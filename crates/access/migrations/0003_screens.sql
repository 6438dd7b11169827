-- Walls that were paired. Each is an account of the role `screen` to which no password belongs: what proves it is a
-- signature by the key whose public half stands here. The row stays when a screen is revoked, without its key, so that
-- the name may be paired again and its rows in the log keep their meaning.
CREATE TABLE screens (
    user_id INTEGER PRIMARY KEY REFERENCES users (id),
    -- P-256, an uncompressed point.
    public_key BLOB UNIQUE CHECK (length(public_key) = 65),
    visitor INTEGER NOT NULL DEFAULT 0 CHECK (visitor IN (0, 1)),
    paired_unix_s INTEGER NOT NULL,
    -- As of the end of its last session.
    seen_unix_s INTEGER NOT NULL
) STRICT;
