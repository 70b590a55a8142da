//! Both kinds of answers, as people see them.

use serde_json::json;

use super::*;

fn cells(table: &str) -> Vec<Vec<&str>> {
    table
        .lines()
        .skip(1)
        .map(|line| {
            let cells = line.split("  ").map(str::trim);
            cells.filter(|cell| !cell.is_empty()).collect()
        })
        .collect()
}

#[test]
fn gateways_of_both_servers_are_shown() {
    let list = [
        json!({
            "id": "cf", "cache_ttl": 60, "collect_logs": true, "rate_limiting_interval": null,
            "rate_limiting_limit": null, "modified_at": "2026-01-02T03:04:05.678Z",
        }),
        json!({
            "id": "own", "name": "Own", "cache_enabled": false, "cache_ttl": 10,
            "rate_limiting_enabled": true, "rate_limiting_limit": 5, "rate_limiting_interval": 60,
            "log_enabled": false, "authentication": true, "modified_at": "2026-01-02 03:04:05",
        }),
    ];
    let table = gateways(&list);
    assert_eq!(
        cells(&table),
        [
            ["cf", "-", "-", "on", "60 s", "off", "2026-01-02 03:04:05"],
            [
                "own",
                "Own",
                "on",
                "off",
                "off",
                "5/60 s",
                "2026-01-02 03:04:05"
            ],
        ],
        "{table}"
    );
}

#[test]
fn logs_of_both_servers_are_shown() {
    let list = [
        json!({
            "created_at": "2026-01-02T03:04:05Z", "provider": "openai", "model": "",
            "success": false, "duration": 12, "tokens_in": null, "metadata": "{\"a\":1}",
            "path": "chat/completions",
        }),
        json!({
            "created_at": "2026-01-02T03:04:05+01:00", "provider": "openai", "model": "m",
            "status_code": 200, "outcome": "complete", "success": true, "duration": 0,
            "tokens_in": 1, "tokens_out": 2, "metadata": {"a": 1}, "path": "p",
        }),
    ];
    let table = logs(&list);
    let path = "chat/completions";
    assert_eq!(
        cells(&table),
        [
            [
                "2026-01-02 03:04:05",
                "openai",
                "-",
                "-",
                "failure",
                "12 ms",
                "-",
                "-",
                path
            ],
            [
                "2026-01-02 02:04:05",
                "openai",
                "m",
                "200",
                "complete",
                "0 ms",
                "1",
                "2",
                "p"
            ],
        ],
        "{table}"
    );
}
