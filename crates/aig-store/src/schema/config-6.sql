-- Whether requests without a key for the provider are refused.
ALTER TABLE gateway ADD COLUMN byok_only INTEGER NOT NULL DEFAULT 0;

-- The view names its columns, so it is made anew with the one that came.
DROP VIEW gateway_or_default;

-- All gateways, with the `default` of each account that nobody has written yet.
CREATE VIEW gateway_or_default AS
SELECT
    account_id, gateway_id, incarnation, name,
    cache_enabled, cache_ttl,
    rate_limiting_enabled, rate_limiting_limit, rate_limiting_interval,
    collect_logs, authentication, created_at, modified_at,
    retry_max_attempts, retry_delay, retry_backoff,
    rate_limiting_technique, cache_invalidate_on_update, cache_epoch,
    log_management, log_management_strategy,
    byok_only
FROM gateway
UNION ALL
SELECT
    account_id, 'default', default_incarnation, 'default',
    NULL, NULL,
    NULL, NULL, NULL,
    1, 1, created_at, created_at,
    NULL, NULL, NULL,
    NULL, 0, 0,
    NULL, NULL,
    0
FROM account
WHERE NOT EXISTS (
    SELECT 1
    FROM gateway
    WHERE gateway.account_id = account.account_id AND gateway.gateway_id = 'default'
);

-- Stored keys of providers. What is kept of one is its envelope: the secret under a data key, and
-- that wrapped by the key-encryption key, which never stands here.
CREATE TABLE provider_config (
    account_id TEXT NOT NULL,
    gateway_id TEXT NOT NULL,
    provider_config_id TEXT NOT NULL UNIQUE CHECK (length(provider_config_id) = 36),
    provider TEXT NOT NULL,
    alias TEXT NOT NULL,
    default_config INTEGER NOT NULL,
    preview TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    rate_limit INTEGER,
    rate_limit_period INTEGER NOT NULL CHECK (rate_limit_period > 0),
    wrapped BLOB NOT NULL,
    sealed BLOB NOT NULL,
    modified_at INTEGER NOT NULL,
    UNIQUE (account_id, gateway_id, provider, alias),
    FOREIGN KEY (account_id, gateway_id) REFERENCES gateway (account_id, gateway_id)
        ON DELETE CASCADE
) STRICT;

-- At most one key of a provider is the default.
CREATE UNIQUE INDEX provider_config_default
ON provider_config (account_id, gateway_id, provider) WHERE default_config = 1;

-- A record that only the right key-encryption key opens. Which key made it is the key that new
-- secrets are wrapped with, whatever other keys a process still holds.
CREATE TABLE canary (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    record BLOB NOT NULL
) STRICT;
