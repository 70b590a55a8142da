//! The cost that a request says itself, in its header `cf-aig-custom-cost`.
//!
//! The header is a JSON object of US dollars: `per_token_in`, `per_token_out` and, where the cache
//! is priced apart, `per_cache_read_token` and `per_cache_write_token`; or `total_cost`, the price of
//! the request as a whole. There is no limit to decimals; a pico-dollar is what they are rounded
//! to, half up. What cannot be a price is refused and never taken for something else: a caller who
//! says a price relies on it.
//!
//! One cache price switches on pricing by cache, and the other one is then the input's. With none,
//! all of the input costs the same.

use std::fmt;

use aig_model::{BadMoney, Money};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Row, Tokens, Unit, Unpriced};

/// The prices of one request, as it says itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CustomCost(Prices);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prices {
    Total(Money),
    PerToken {
        input: Option<Money>,
        output: Option<Money>,
        cache_read: Option<Money>,
        cache_write: Option<Money>,
    },
}

/// The header is not a cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadCustomCost {
    /// It is not a JSON object of known fields, each at most once; says where.
    Form(String),
    /// A field is not a number of dollars from 0 to a million.
    Price(&'static str, BadMoney),
    /// A field is below nothing.
    Negative(&'static str),
    /// No field says a price.
    Empty,
    /// `total_cost` stands beside prices of tokens.
    Both,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'t> {
    #[serde(borrow)]
    per_token_in: Option<&'t RawValue>,
    #[serde(borrow)]
    per_token_out: Option<&'t RawValue>,
    #[serde(borrow)]
    per_cache_read_token: Option<&'t RawValue>,
    #[serde(borrow)]
    per_cache_write_token: Option<&'t RawValue>,
    #[serde(borrow)]
    total_cost: Option<&'t RawValue>,
}

// === impl CustomCost ===

impl CustomCost {
    /// The header that says it.
    pub const HEADER: &'static str = "cf-aig-custom-cost";

    /// What a header says.
    pub fn parse(text: &str) -> Result<Self, BadCustomCost> {
        if !text.trim_start().starts_with('{') {
            return Err(BadCustomCost::Form("it is not an object".to_owned()));
        }
        let header: Header<'_> = serde_json::from_str(text).map_err(|error| {
            let said = error.to_string();
            let said = said.split(" at line ").next().unwrap_or_default();
            BadCustomCost::Form(format!("{said}, column {}", error.column()))
        })?;
        let input = price("per_token_in", header.per_token_in)?;
        let output = price("per_token_out", header.per_token_out)?;
        let cache_read = price("per_cache_read_token", header.per_cache_read_token)?;
        let cache_write = price("per_cache_write_token", header.per_cache_write_token)?;
        let total = price("total_cost", header.total_cost)?;
        let per_token = [input, output, cache_read, cache_write]
            .iter()
            .any(Option::is_some);
        match (total, per_token) {
            (None, false) => Err(BadCustomCost::Empty),
            (Some(_), true) => Err(BadCustomCost::Both),
            (Some(total), false) => Ok(Self(Prices::Total(total))),
            (None, true) => Ok(Self(Prices::PerToken {
                input,
                output,
                cache_read,
                cache_write,
            })),
        }
    }

    /// Whether the provider's cache is priced apart. Where it is not, what came from it or went into
    /// it costs like the rest of the input, if the provider counts it there, and else nothing.
    pub const fn prices_caches(&self) -> bool {
        match self.0 {
            Prices::Total(_) => false,
            Prices::PerToken {
                cache_read,
                cache_write,
                ..
            } => cache_read.is_some() || cache_write.is_some(),
        }
    }

    /// What that usage costs by these prices. Tokens whose price the header does not say have none.
    pub fn cost(&self, tokens: &Tokens) -> Result<Money, Unpriced> {
        let (input, output, cache_read, cache_write) = match self.0 {
            Prices::Total(total) => return Ok(total),
            Prices::PerToken {
                input,
                output,
                cache_read,
                cache_write,
            } => (input, output, cache_read, cache_write),
        };
        let by_cache = cache_read.is_some() || cache_write.is_some();
        let (read, write) = match by_cache {
            true => (tokens.cache_read, tokens.cache_write),
            false => (0, 0),
        };
        let total = counted(tokens.input, input.or(cache_read).or(cache_write))?;
        let fresh = Tokens::fresh(total, &[read, write]);
        let parts = [
            (Unit::Input, fresh, input),
            (Unit::CacheRead, read, cache_read.or(input)),
            (Unit::CacheWrite, write, cache_write.or(input)),
            (Unit::Output, counted(tokens.output, output)?, output),
        ];
        let mut sum = Money::ZERO;
        for (unit, amount, price) in parts.into_iter().filter(|(_, amount, _)| *amount > 0) {
            let price = price.ok_or(Unpriced::NoPriceOf(unit))?;
            sum = price
                .checked_mul(amount)
                .and_then(|cost| sum.checked_add(cost))
                .ok_or(Unpriced::TooGreat)?;
        }
        sum.to_i64().map(|_| sum).ok_or(Unpriced::TooGreat)
    }
}

/// A count that the provider did not give matters where it has a price.
fn counted(count: Option<u64>, price: Option<Money>) -> Result<u64, Unpriced> {
    match (count, price) {
        (None, Some(price)) if price > Money::ZERO => Err(Unpriced::NoUsage),
        (count, _) => Ok(count.unwrap_or(0)),
    }
}

fn price(field: &'static str, text: Option<&RawValue>) -> Result<Option<Money>, BadCustomCost> {
    let Some(text) = text else {
        return Ok(None);
    };
    match Money::rounded(text.get()) {
        Ok(price) if price.is_negative() => Err(BadCustomCost::Negative(field)),
        Ok(price) if price > Row::MAX_PRICE => Err(BadCustomCost::Price(field, BadMoney::TooGreat)),
        Ok(price) => Ok(Some(price)),
        Err(why) => Err(BadCustomCost::Price(field, why)),
    }
}

// === impl BadCustomCost ===

impl fmt::Display for BadCustomCost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cf-aig-custom-cost: ")?;
        match self {
            Self::Form(said) => write!(
                f,
                "{said}; send a JSON object like {{\"per_token_in\":0.000001,\"per_token_out\":0.000002}}"
            ),
            Self::Price(field, why) => {
                let why = match why {
                    BadMoney::TooFine => "is less than a pico-dollar",
                    BadMoney::TooGreat => "is more than a million dollars",
                    BadMoney::Syntax => "is not a number",
                };
                write!(f, "{field} {why}; send US dollars as a JSON number")
            }
            Self::Negative(field) => write!(f, "{field} is negative; a price is 0 or more"),
            Self::Empty => f.write_str(
                "names no price; send per_token_in and per_token_out, or total_cost alone",
            ),
            Self::Both => {
                f.write_str("total_cost is the whole price; leave away either it or the others")
            }
        }
    }
}

impl std::error::Error for BadCustomCost {}
