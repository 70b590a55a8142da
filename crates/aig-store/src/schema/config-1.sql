-- Every gateway is numbered anew whenever it comes into being, so that the log rows of a
-- deleted gateway cannot be taken for those of a later one with the same id.
CREATE TABLE issued (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    incarnation INTEGER NOT NULL
) STRICT;

INSERT INTO issued (one, incarnation) VALUES (1, 0);

CREATE TABLE account (
    account_id TEXT NOT NULL PRIMARY KEY CHECK (length(account_id) = 32),
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- Of the gateway `default`, whether it has been written or not.
    default_incarnation INTEGER NOT NULL UNIQUE
) STRICT, WITHOUT ROWID;

-- A setting that was never spoken of is NULL.
CREATE TABLE gateway (
    account_id TEXT NOT NULL REFERENCES account (account_id) ON DELETE CASCADE,
    gateway_id TEXT NOT NULL CHECK (length(gateway_id) BETWEEN 1 AND 64),
    incarnation INTEGER NOT NULL UNIQUE,
    name TEXT NOT NULL CHECK (name <> ''),
    cache_enabled INTEGER,
    cache_ttl INTEGER,
    rate_limiting_enabled INTEGER,
    rate_limiting_limit INTEGER,
    rate_limiting_interval INTEGER,
    collect_logs INTEGER NOT NULL,
    authentication INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, gateway_id)
) STRICT, WITHOUT ROWID;

-- What is kept of a token is a keyed digest, useless as a credential.
CREATE TABLE token (
    token_id TEXT NOT NULL PRIMARY KEY CHECK (length(token_id) = 32),
    account_id TEXT NOT NULL REFERENCES account (account_id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    permissions TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    last_four TEXT NOT NULL,
    -- 1 for the token that the environment sets at every start.
    bootstrap INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX token_by_account ON token (account_id, created_at, token_id);

-- All gateways, with the `default` of each account that nobody has written yet.
CREATE VIEW gateway_or_default AS
SELECT
    account_id, gateway_id, incarnation, name,
    cache_enabled, cache_ttl,
    rate_limiting_enabled, rate_limiting_limit, rate_limiting_interval,
    collect_logs, authentication, created_at, modified_at
FROM gateway
UNION ALL
SELECT
    account_id, 'default', default_incarnation, 'default',
    NULL, NULL,
    NULL, NULL, NULL,
    1, 1, created_at, created_at
FROM account
WHERE NOT EXISTS (
    SELECT 1
    FROM gateway
    WHERE gateway.account_id = account.account_id AND gateway.gateway_id = 'default'
);
