-- How many rows a gateway's log may have, and what happens then; NULL where it was never said.
ALTER TABLE gateway ADD COLUMN log_management INTEGER;
ALTER TABLE gateway ADD COLUMN log_management_strategy TEXT;

-- The view names its columns, so it is made anew with those that came.
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
    log_management, log_management_strategy
FROM gateway
UNION ALL
SELECT
    account_id, 'default', default_incarnation, 'default',
    NULL, NULL,
    NULL, NULL, NULL,
    1, 1, created_at, created_at,
    NULL, NULL, NULL,
    NULL, 0, 0,
    NULL, NULL
FROM account
WHERE NOT EXISTS (
    SELECT 1
    FROM gateway
    WHERE gateway.account_id = account.account_id AND gateway.gateway_id = 'default'
);
