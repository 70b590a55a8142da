//! The only bridge between the contract's types and the model's.
//!
//! One gateway speaks two vocabularies: the contract's switches beside numbers, and the SDKs',
//! who know numbers alone, where zero is off. How they go together is `aig-model`'s to say; here
//! only `log_enabled` and `collect_logs` are brought together, which are one setting.

use aig_api::types;
use aig_api::wire::{Integer, Number, NumberRule};
use aig_model::{
    Backoff, Change, Gateway, GatewayChange, LogStrategy, Money, NewGateway, Outcome, Page,
    PageRequest, Record, Technique, Timestamp, Usage,
};
use chrono::{DateTime, Utc};

use crate::error::{Failure, Fault};
use crate::unenforced;

/// The contract's bound of small integers.
const SMALL: i64 = 2_147_483_647;
/// The contract's bound of counts: the greatest integer that every JSON reader holds exactly.
const COUNT: i64 = 9_007_199_254_740_991;

/// What is asked for when a gateway is created.
pub(crate) fn new_gateway(mut input: types::GatewayInput) -> Result<NewGateway, Failure> {
    let id = input
        .id
        .take()
        .map(|id| id.parse())
        .transpose()
        .map_err(|error| Fault::of_field("id", format!("id {error}")))?;
    let settings = gateway_change(input)?;
    Ok(NewGateway { id, settings })
}

/// What is asked for when a gateway is updated. An `id` is passed over: it never changes, and
/// SDKs send back what they read.
pub(crate) fn gateway_change(input: types::GatewayInput) -> Result<GatewayChange, Failure> {
    let refused = unenforced::refused(&input.extra);
    if !refused.is_empty() {
        return Err(Failure::Invalid(refused));
    }
    let log_enabled = Change::from_wire(input.log_enabled);
    let collect_logs = Change::from_wire(input.collect_logs);
    // Either value does for what is compared: a switch that was not spoken of contradicts nothing.
    let contradicts = log_enabled.is_said()
        && collect_logs.is_said()
        && log_enabled.over_switch(true) != collect_logs.over_switch(true);
    if contradicts {
        let message = "collect_logs must be the same as log_enabled: they are one setting";
        return Err(Fault::of_field("collect_logs", message).into());
    }
    Ok(GatewayChange {
        name: input.name.map(Into::into),
        cache_enabled: Change::from_wire(input.cache_enabled),
        cache_ttl: number(input.cache_ttl),
        cache_invalidate_on_update: Change::from_wire(input.cache_invalidate_on_update),
        rate_limiting_enabled: Change::from_wire(input.rate_limiting_enabled),
        rate_limiting_limit: number(input.rate_limiting_limit),
        rate_limiting_interval: number(input.rate_limiting_interval),
        rate_limiting_technique: Change::from_wire(
            input
                .rate_limiting_technique
                .map(|word| word.map(technique)),
        ),
        retry_max_attempts: number(input.retry_max_attempts),
        retry_delay: number(input.retry_delay),
        retry_backoff: Change::from_wire(input.retry_backoff.map(|word| word.map(backoff))),
        log_management: number(input.log_management),
        log_management_strategy: Change::from_wire(
            input.log_management_strategy.map(|word| word.map(strategy)),
        ),
        collect_logs: if collect_logs.is_said() {
            collect_logs
        } else {
            log_enabled
        },
        authentication: Change::from_wire(input.authentication),
        byok_only: Change::from_wire(input.byok_only),
    })
}

/// A gateway as it is shown.
pub(crate) fn gateway(gateway: &Gateway) -> types::Gateway {
    let (_, limit, interval) = gateway.rate_limit.parts();
    let (attempts, _, growth) = gateway.retry.parts();
    let (most_logs, log_strategy) = gateway.log_retention.parts();
    types::Gateway {
        id: gateway.id.to_string(),
        name: gateway.name.clone(),
        slug: gateway.id.to_string(),
        log_management: most_logs.map(|most| bounded(i64::from(most))),
        log_management_strategy: log_strategy.map(shown_strategy),
        cache_enabled: gateway.cache.ttl().is_some(),
        cache_ttl: small(gateway.cache.shown_ttl()),
        cache_invalidate_on_update: gateway.cache_invalidate_on_update,
        rate_limiting_enabled: gateway.rate_limit.limit().is_some(),
        rate_limiting_limit: small(limit.unwrap_or(0)),
        rate_limiting_interval: small(interval.unwrap_or(0)),
        rate_limiting_technique: match gateway.technique {
            Technique::Fixed => types::GatewayRateLimitingTechnique::Fixed,
            Technique::Sliding => types::GatewayRateLimitingTechnique::Sliding,
        },
        log_enabled: gateway.collect_logs,
        created_at: time(gateway.created_at),
        modified_at: time(gateway.modified_at),
        collect_logs: gateway.collect_logs,
        authentication: gateway.authentication,
        is_default: gateway.id.is_default(),
        byok_only: gateway.byok_only,
        workers_ai_billing_mode: types::GatewayWorkersAiBillingMode::Postpaid,
        retry_max_attempts: attempts.map(|number| bounded(i64::from(number))),
        retry_delay: gateway.retry.delay_ms().map(count),
        retry_backoff: growth.map(shown_backoff),
    }
}

/// A log row as it is shown.
pub(crate) fn log_entry(record: &Record) -> types::LogEntry {
    types::LogEntry {
        id: record.id.to_string(),
        event_id: record.event_id(),
        created_at: time(record.created_at),
        provider: record.provider.to_string(),
        model: record.model.to_string(),
        path: record.path.to_string(),
        method: record.method.to_string(),
        status_code: bounded(i64::from(record.status)),
        success: record.success(),
        outcome: outcome(record.outcome),
        cached: record.cached,
        step: small(record.step),
        duration: count(record.duration_ms),
        timings: types::LogTimings {
            total: count(record.duration_ms),
            latency: record.first_byte_ms.map(count),
        },
        tokens_in: record.usage.tokens_in.map(count),
        tokens_out: record.usage.tokens_out.map(count),
        metadata: record.metadata.as_ref().map(|m| m.entries().clone()),
        user_agent: record.user_agent.as_ref().map(ToString::to_string),
        request_content_type: record
            .request_content_type
            .as_ref()
            .map(ToString::to_string),
        response_content_type: record
            .response_content_type
            .as_ref()
            .map(ToString::to_string),
        request_size: count(record.request_size),
        response_size: count(record.response_size),
        authentication: record.authentication,
        cost: record.cost.and_then(dollars),
        custom_cost: record.custom_cost(),
        cost_source: record.cost_source.map(|source| source.as_str().to_owned()),
        unpriced: record.unpriced.as_deref().map(str::to_owned),
        cache_status: record.cache_status.map(|status| status.as_str().to_owned()),
        cache_reason: record.cache_reason.as_deref().map(str::to_owned),
        model_type: record.model_type.as_deref().map(str::to_owned),
        request_type: record.request_type.as_deref().map(str::to_owned),
        compatibility_mode: record.compatibility_mode,
        byok: record.byok,
        wholesale: false,
        feedback: record.feedback.and_then(|value| value.try_into().ok()),
        score: record.score.and_then(|value| value.try_into().ok()),
        request_body: record.request_body.as_str().to_owned(),
        response_body: record.response_body.as_str().to_owned(),
        usage_metadata: usage(&record.usage),
        request_head: None,
        request_head_complete: None,
        response_head: None,
        response_head_complete: None,
    }
}

/// Dollars as a number: JSON has no other, and a pico-dollar is finer than anybody bills.
fn dollars<R: NumberRule>(cost: Money) -> Option<Number<R>> {
    (cost.pico() as f64 / 1e12).try_into().ok()
}

fn usage(usage: &Usage) -> types::LogUsage {
    let total = match (usage.tokens_in, usage.tokens_out) {
        (None, None) => None,
        (a, b) => Some(a.unwrap_or(0).saturating_add(b.unwrap_or(0))),
    };
    types::LogUsage {
        input_tokens: usage.tokens_in.map(count),
        output_tokens: usage.tokens_out.map(count),
        total_tokens: total.map(count),
        output_reasoning_tokens: usage.reasoning_tokens.map(count),
        input_cached_tokens: usage.cache_read_tokens.map(count),
    }
}

/// The page that is asked for; `per_page` is clamped, never refused for being large.
pub(crate) fn page_request(
    page: Integer<1, SMALL>,
    per_page: Integer<1, SMALL>,
    most: u32,
) -> PageRequest {
    PageRequest::new(page.to(), per_page.to(), most)
}

/// Where a page stands in its list.
pub(crate) fn result_info<T>(page: &Page<T>) -> types::ResultInfo {
    types::ResultInfo {
        page: bounded(i64::from(page.request.page())),
        per_page: bounded(i64::from(page.request.per_page())),
        count: count(page.items.len() as u64),
        total_count: count(page.total),
    }
}

/// A number that may be left out or null. One that does not fit in `T` lies beyond every bound of
/// the contract, so that none gets here.
fn number<T: TryFrom<i64>, const MIN: i64, const MAX: i64>(
    field: Option<Option<Integer<MIN, MAX>>>,
) -> Change<T> {
    Change::from_wire(field.map(|value| value.and_then(Integer::to)))
}

const fn technique(word: types::GatewayInputRateLimitingTechnique) -> Technique {
    match word {
        types::GatewayInputRateLimitingTechnique::Fixed => Technique::Fixed,
        types::GatewayInputRateLimitingTechnique::Sliding => Technique::Sliding,
    }
}

const fn backoff(word: types::GatewayInputRetryBackoff) -> Backoff {
    match word {
        types::GatewayInputRetryBackoff::Constant => Backoff::Constant,
        types::GatewayInputRetryBackoff::Linear => Backoff::Linear,
        types::GatewayInputRetryBackoff::Exponential => Backoff::Exponential,
    }
}

const fn strategy(word: types::GatewayInputLogManagementStrategy) -> LogStrategy {
    match word {
        types::GatewayInputLogManagementStrategy::StopInserting => LogStrategy::StopInserting,
        types::GatewayInputLogManagementStrategy::DeleteOldest => LogStrategy::DeleteOldest,
    }
}

const fn shown_strategy(strategy: LogStrategy) -> types::GatewayLogManagementStrategy {
    match strategy {
        LogStrategy::StopInserting => types::GatewayLogManagementStrategy::StopInserting,
        LogStrategy::DeleteOldest => types::GatewayLogManagementStrategy::DeleteOldest,
    }
}

const fn shown_backoff(backoff: Backoff) -> types::GatewayRetryBackoff {
    match backoff {
        Backoff::Constant => types::GatewayRetryBackoff::Constant,
        Backoff::Linear => types::GatewayRetryBackoff::Linear,
        Backoff::Exponential => types::GatewayRetryBackoff::Exponential,
    }
}

pub(crate) fn time(timestamp: Timestamp) -> DateTime<Utc> {
    // What lies beyond chrono's calendar is shown as its end: a list must not fail over one clock.
    DateTime::from_timestamp_millis(timestamp.as_millis()).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

const fn outcome(outcome: Outcome) -> types::LogOutcome {
    match outcome {
        Outcome::Complete => types::LogOutcome::Complete,
        Outcome::Refused => types::LogOutcome::Refused,
        Outcome::ClientGone => types::LogOutcome::ClientGone,
        Outcome::UpstreamBroke => types::LogOutcome::UpstreamBroke,
        Outcome::Unanswered => types::LogOutcome::Unanswered,
        Outcome::Superseded => types::LogOutcome::Superseded,
        Outcome::Cut => types::LogOutcome::Cut,
    }
}

pub(crate) fn small(value: u32) -> Integer<0, SMALL> {
    bounded(i64::from(value))
}

pub(crate) fn count<const MAX: i64>(value: u64) -> Integer<0, MAX> {
    bounded(i64::try_from(value).unwrap_or(COUNT))
}

/// The value, or the bound that it lies beyond: what is shown must be what the contract allows.
pub(crate) fn bounded<const MIN: i64, const MAX: i64>(value: i64) -> Integer<MIN, MAX> {
    Integer::new(value.clamp(MIN, MAX)).expect("a clamped value is within its bounds")
}

#[cfg(test)]
mod tests;
