-- One row per attempt. A gateway is named by its incarnation, so that deleting it hides its rows
-- at once; they are swept away afterwards. `gateway_id` is kept for people who read the file.
CREATE TABLE log (
    account_id TEXT NOT NULL,
    incarnation INTEGER NOT NULL,
    gateway_id TEXT NOT NULL,
    -- Which run of the process wrote the row, and its number there: a gap is a lost row.
    boot INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    event_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    path TEXT NOT NULL,
    method TEXT NOT NULL,
    status INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    cached INTEGER NOT NULL,
    step INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    first_byte_ms INTEGER,
    tokens_in INTEGER,
    tokens_out INTEGER,
    -- A JSON object.
    metadata TEXT,
    user_agent TEXT,
    request_content_type TEXT,
    response_content_type TEXT,
    request_size INTEGER NOT NULL,
    response_size INTEGER NOT NULL,
    authentication INTEGER NOT NULL
) STRICT;

-- The order of the list, which is also how the sweep finds what nobody can see any more.
CREATE UNIQUE INDEX log_by_time ON log (account_id, incarnation, created_at, id);
