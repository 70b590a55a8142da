//! How answers look to people. A field that is not there, as Cloudflare leaves out some, is `-`.

use chrono::DateTime;
use serde_json::Value;

use crate::print::table;

const NOTHING: &str = "-";

/// Gateways, one per line.
pub(super) fn gateways(list: &[Value]) -> String {
    let rows = list.iter().map(|g| {
        let number = |name: &str| g[name].as_u64().unwrap_or(0);
        let (limit, interval) = (
            number("rate_limiting_limit"),
            number("rate_limiting_interval"),
        );
        let rate = format!("{limit}/{interval} s");
        [
            text(&g["id"]),
            text(&g["name"]),
            on_or_off(&g["authentication"]),
            on_or_off(first(g, ["collect_logs", "log_enabled"])),
            if_on(&g["cache_enabled"], number("cache_ttl") > 0, || {
                format!("{} s", number("cache_ttl"))
            }),
            if_on(
                &g["rate_limiting_enabled"],
                limit > 0 && interval > 0,
                || rate,
            ),
            moment(&g["modified_at"]),
        ]
    });
    let head = [
        "id",
        "name",
        "auth",
        "log",
        "cache",
        "rate limit",
        "modified",
    ];
    table(head, rows).to_string()
}

/// Stored keys, one per line.
pub(super) fn provider_configs(list: &[Value]) -> String {
    let rows = list.iter().map(|config| {
        [
            text(&config["id"]),
            text(&config["provider_slug"]),
            text(&config["alias"]),
            on_or_off(&config["default_config"]),
            text(&config["secret_preview"]),
            moment(&config["modified_at"]),
        ]
    });
    let head = ["id", "provider", "alias", "default", "ends in", "modified"];
    table(head, rows).to_string()
}

/// Custom providers, one per line.
pub(super) fn custom_providers(list: &[Value]) -> String {
    let rows = list.iter().map(|provider| {
        [
            text(&provider["id"]),
            format!("custom-{}", text(&provider["slug"])),
            text(&provider["name"]),
            text(&provider["base_url"]),
            on_or_off(&provider["enable"]),
            moment(&provider["modified_at"]),
        ]
    });
    let head = ["id", "provider", "name", "base url", "enabled", "modified"];
    table(head, rows).to_string()
}

/// Prices of custom providers, one per line.
pub(super) fn custom_costs(list: &[Value]) -> String {
    let rows = list.iter().map(|cost| {
        [
            text(&cost["id"]),
            text(&cost["account_provider_id"]),
            text(&cost["model_rule"]),
            text(&cost["model"]),
            text(&cost["token_pricing"]),
            on_or_off(&cost["enable"]),
            moment(&cost["modified_at"]),
        ]
    });
    let head = [
        "id",
        "provider",
        "rule",
        "model",
        "dollars a million tokens",
        "enabled",
        "modified",
    ];
    table(head, rows).to_string()
}

/// Tokens, one per line.
pub(super) fn tokens(list: &[Value]) -> String {
    let rows = list.iter().map(|token| {
        let policies = token["policies"].as_array().into_iter().flatten();
        let groups = policies.flat_map(|policy| policy["permission_groups"].as_array());
        let names: Vec<_> = groups.flatten().map(|group| text(&group["name"])).collect();
        [
            text(&token["id"]),
            text(&token["name"]),
            text(&token["status"]),
            moment(&token["expires_on"]),
            names.join(", "),
        ]
    });
    table(["id", "name", "status", "expires", "may"], rows).to_string()
}

/// Entries of the audit log, one per line.
pub(super) fn audit(list: &[Value]) -> String {
    let rows = list.iter().map(|entry| {
        let (action, resource) = (&entry["action"], &entry["resource"]);
        [
            moment(&action["time"]),
            text(&entry["actor"]["token_name"]),
            text(&action["description"]),
            text(&resource["type"]),
            text(&resource["scope"]["gateway_id"]),
            text(&resource["id"]),
            text(&action["result"]),
        ]
    });
    let head = [
        "time",
        "token",
        "operation",
        "kind",
        "gateway",
        "id",
        "outcome",
    ];
    table(head, rows).to_string()
}

/// Permission groups, one per line.
pub(super) fn permission_groups(list: &[Value]) -> String {
    let rows = list
        .iter()
        .map(|group| [text(&group["id"]), text(&group["name"])]);
    table(["id", "name"], rows).to_string()
}

/// Rows of a log, one per line.
pub(super) fn logs(list: &[Value]) -> String {
    let rows = list.iter().map(|l| {
        let duration = match text(&l["duration"]) {
            number if number == NOTHING => number,
            number => format!("{number} ms"),
        };
        [
            moment(&l["created_at"]),
            text(&l["provider"]),
            text(&l["model"]),
            text(&l["status_code"]),
            outcome(l),
            duration,
            text(&l["tokens_in"]),
            text(&l["tokens_out"]),
            text(&l["path"]),
        ]
    });
    let head = [
        "when", "provider", "model", "status", "outcome", "duration", "in", "out", "path",
    ];
    table(head, rows).to_string()
}

/// One row of a log, a field per line, those that have a value.
pub(super) fn log(row: &Value) -> String {
    let fields = row.as_object().into_iter().flatten();
    let fields = fields.filter(|(_, value)| !value.is_null());
    let lines = fields.map(|(name, value)| [name.clone(), text(value)]);
    table(["field", "value"], lines).to_string()
}

/// A value in a cell: a text without its quotes, anything else as JSON. An empty cell would shift
/// those behind it for whoever cuts the table.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => NOTHING.to_owned(),
        Value::String(text) if text.is_empty() => NOTHING.to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The first of the names that is there: two servers say the same with different ones.
fn first<'v>(object: &'v Value, names: [&str; 2]) -> &'v Value {
    let [one, other] = names.map(|name| &object[name]);
    if one.is_null() { other } else { one }
}

fn on_or_off(value: &Value) -> String {
    match value {
        Value::Bool(true) => "on".to_owned(),
        Value::Bool(false) => "off".to_owned(),
        other => text(other),
    }
}

/// The numbers of a setting, when its switch, or without one the numbers themselves, say on.
fn if_on(switch: &Value, by_numbers: bool, numbers: impl FnOnce() -> String) -> String {
    match switch.as_bool().unwrap_or(by_numbers) {
        true => numbers(),
        false => "off".to_owned(),
    }
}

/// How it ended; where only success is told, that.
fn outcome(log: &Value) -> String {
    match (&log["outcome"], &log["success"]) {
        (Value::Null, Value::Bool(true)) => "success".to_owned(),
        (Value::Null, Value::Bool(false)) => "failure".to_owned(),
        (outcome, _) => text(outcome),
    }
}

/// A moment to the second, in the same form as those of the tables of `local`.
fn moment(value: &Value) -> String {
    let said = text(value);
    match DateTime::parse_from_rfc3339(&said) {
        Ok(time) => time.to_utc().format("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => said,
    }
}

#[cfg(test)]
mod tests;
