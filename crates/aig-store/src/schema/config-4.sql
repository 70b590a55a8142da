-- How requests are counted against the limit: `fixed` or `sliding`; NULL is the former.
ALTER TABLE gateway ADD COLUMN rate_limiting_technique TEXT;
ALTER TABLE gateway ADD COLUMN cache_invalidate_on_update INTEGER NOT NULL DEFAULT 0;
-- A number of `issued`, like an incarnation: answers that were kept under another one are not given.
ALTER TABLE gateway ADD COLUMN cache_epoch INTEGER NOT NULL DEFAULT 0;
UPDATE gateway SET cache_epoch = incarnation;

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
    rate_limiting_technique, cache_invalidate_on_update, cache_epoch
FROM gateway
UNION ALL
SELECT
    account_id, 'default', default_incarnation, 'default',
    NULL, NULL,
    NULL, NULL, NULL,
    1, 1, created_at, created_at,
    NULL, NULL, NULL,
    NULL, 0, 0
FROM account
WHERE NOT EXISTS (
    SELECT 1
    FROM gateway
    WHERE gateway.account_id = account.account_id AND gateway.gateway_id = 'default'
);
