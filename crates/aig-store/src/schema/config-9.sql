-- What was done with each account over the API, and by which token. Written in the same transaction
-- as the change itself. Numbers grow in the order of writing.
CREATE TABLE audit (
    audit_number INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id TEXT NOT NULL REFERENCES account (account_id) ON DELETE CASCADE,
    audit_id TEXT NOT NULL UNIQUE CHECK (length(audit_id) = 32),
    at INTEGER NOT NULL,
    token_id TEXT NOT NULL,
    -- As it was then: tokens are renamed and deleted.
    token_name TEXT NOT NULL,
    operation TEXT NOT NULL,
    action TEXT NOT NULL,
    resource TEXT NOT NULL,
    -- NULL for what was never made.
    resource_id TEXT,
    -- The gateway that the object is in; NULL for what is in none.
    gateway_id TEXT,
    succeeded INTEGER NOT NULL
) STRICT;

CREATE INDEX audit_by_account ON audit (account_id, audit_number);
