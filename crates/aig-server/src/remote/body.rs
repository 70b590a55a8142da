//! What is sent to make or change a gateway: bodies that Cloudflare takes as well as `aig` does.
//!
//! Cloudflare wants five settings at creation and all of a gateway at an update, which replaces it;
//! `aig` takes anything and keeps what is not said. So the whole is sent to both.

use anyhow::bail;
use serde_json::{Map, Value, json};

use super::Settings;

/// What answers hold and is no setting. `log_enabled` is `collect_logs` again, and goes with it.
const NOT_SETTINGS: [&str; 11] = [
    "id",
    "slug",
    "created_at",
    "modified_at",
    "is_default",
    "account_id",
    "account_tag",
    "internal",
    "internal_id",
    "wholesale",
    "log_enabled",
];

/// A switch beside numbers that each must be more than zero for it to be on. Not sent back as read:
/// it would count as spoken of, and from then on a number alone could not turn the setting on.
const SWITCHES: [(&str, &[&str]); 2] = [
    ("cache_enabled", &["cache_ttl"]),
    (
        "rate_limiting_enabled",
        &["rate_limiting_limit", "rate_limiting_interval"],
    ),
];

/// The body that makes a gateway.
pub(super) fn create(id: Option<String>, settings: &Settings) -> anyhow::Result<Value> {
    if id.is_none() && settings.name.is_none() {
        bail!("say --id, or --name from which an id is made");
    }
    let mut body = Map::new();
    if let Some(id) = id {
        body.insert("id".to_owned(), id.into());
    }
    complete(&mut body);
    body.extend(settings.said());
    has_both_rates(&body, settings)?;
    Ok(Value::Object(body))
}

/// The body that makes of the gateway that was read the one that is wanted.
pub(super) fn update(read: &Value, settings: &Settings) -> anyhow::Result<Value> {
    let Some(read) = read.as_object() else {
        bail!("the server's answer holds no gateway");
    };
    let said = settings.said();
    let mut body: Map<_, _> = read
        .iter()
        .filter(|(name, value)| {
            let is_switch = SWITCHES.iter().any(|(switch, _)| switch == name);
            !value.is_null() && !is_switch && !NOT_SETTINGS.contains(&name.as_str())
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if let (None, Some(logs)) = (body.get("collect_logs"), read.get("log_enabled")) {
        body.insert("collect_logs".to_owned(), logs.clone());
    }
    complete(&mut body);
    body.extend(said.clone());
    has_both_rates(&body, settings)?;
    // A switch that was turned off outweighs the number, so it is turned on when it stands there.
    for (switch, numbers) in SWITCHES {
        let wanted = numbers.iter().any(|number| said.contains_key(*number))
            && numbers
                .iter()
                .all(|number| is_more_than_zero(&body, number));
        if wanted && read.get(switch) == Some(&Value::Bool(false)) {
            body.insert(switch.to_owned(), true.into());
        }
    }
    if let Some(logs) = body.get("collect_logs").cloned()
        && read.contains_key("log_enabled")
    {
        body.insert("log_enabled".to_owned(), logs);
    }
    Ok(Value::Object(body))
}

/// Refuses an update that changes nothing: what was meant was not said.
pub(super) fn says_something(settings: &Settings) -> anyhow::Result<()> {
    if settings.said().is_empty() {
        bail!("say what is to change; `aig gateways update --help` lists the settings");
    }
    Ok(())
}

/// Adds what Cloudflare requires and is not there, at the values that it has by itself.
fn complete(body: &mut Map<String, Value>) {
    for (name, by_itself) in [
        ("cache_invalidate_on_update", json!(false)),
        ("cache_ttl", json!(0)),
        ("collect_logs", json!(true)),
        ("rate_limiting_interval", json!(0)),
        ("rate_limiting_limit", json!(0)),
    ] {
        body.entry(name).or_insert(by_itself);
    }
}

/// A limit without an interval, or an interval without a limit, would be taken and limit nothing.
fn has_both_rates(body: &Map<String, Value>, settings: &Settings) -> anyhow::Result<()> {
    let limit = is_more_than_zero(body, "rate_limiting_limit");
    let interval = is_more_than_zero(body, "rate_limiting_interval");
    if settings.rate_limit.unwrap_or(0) > 0 && !interval {
        bail!("--rate-limit needs --rate-interval, the seconds in which so many may come");
    }
    if settings.rate_interval.unwrap_or(0) > 0 && !limit && settings.rate_limit != Some(0) {
        bail!("--rate-interval needs --rate-limit, the requests that may come in it");
    }
    Ok(())
}

fn is_more_than_zero(body: &Map<String, Value>, number: &str) -> bool {
    body.get(number).and_then(Value::as_u64).unwrap_or(0) > 0
}

/// The members of a body that were said.
pub(super) fn without_nulls(mut body: Value) -> Map<String, Value> {
    let members = body.as_object_mut().into_iter().flat_map(std::mem::take);
    members.filter(|(_, value)| !value.is_null()).collect()
}

impl Settings {
    fn said(&self) -> Map<String, Value> {
        without_nulls(json!({
            "name": self.name,
            "cache_ttl": self.cache_ttl,
            "rate_limiting_limit": self.rate_limit,
            "rate_limiting_interval": self.rate_interval,
            "retry_max_attempts": self.retry_max_attempts,
            "retry_delay": self.retry_delay,
            "retry_backoff": self.retry_backoff,
            "collect_logs": self.log,
            "authentication": self.authentication,
            "byok_only": self.byok_only,
        }))
    }
}

#[cfg(test)]
mod tests;
