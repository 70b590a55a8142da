//! Prices of a custom provider: what its owner says, model by model.

use std::collections::BTreeMap;
use std::fmt;

use aig_model::{BadMoney, CostTerms, Money};

pub use aig_model::ModelRule;

use super::{Row, Tokens, Unit, Unpriced};

/// The prices of one custom provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnPrices {
    /// The best match first.
    prices: Vec<OwnPrice>,
}

/// What one or several models of a custom provider cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPrice {
    /// How the row's name is compared with a model's.
    pub rule: ModelRule,
    /// Of two rules that match equally well, the one with more weight wins.
    pub weight: i64,
    /// The name, or part of a name, and the prices.
    pub row: Row,
}

/// Terms of a price that nothing could be priced by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadTerms {
    /// A member of `token_pricing` that nobody counts.
    Unknown(String),
    /// A price that is none; which one.
    Price(String, BadMoney),
    /// A price below nothing, or above a million dollars.
    Range(String),
    /// Two prices of the same thing.
    Twice(&'static str),
    /// No price at all.
    Empty,
}

/// The kinds of tokens that a price may be said of, and what each is here.
const KINDS: [(&str, Unit); 7] = [
    ("input_tokens", Unit::Input),
    ("input_text_tokens", Unit::Input),
    ("input_cached_tokens", Unit::CacheRead),
    ("input_cache_creation_tokens", Unit::CacheWrite),
    ("input_audio_tokens", Unit::AudioInput),
    ("output_tokens", Unit::Output),
    ("output_reasoning_tokens", Unit::Reasoning),
];

/// All tokens, of whatever kind.
const TOTAL: &str = "total_tokens";

// === impl OwnPrices ===

impl OwnPrices {
    /// Prices of one provider, in any order.
    pub fn new(prices: impl IntoIterator<Item = OwnPrice>) -> Self {
        let mut prices: Vec<_> = prices.into_iter().collect();
        // The nearest match wins, whatever else matches: the same name, then the longest beginning,
        // then the longest part.
        prices.sort_by(|a, b| {
            let rank = |price: &OwnPrice| (price.rule, std::cmp::Reverse(price.row.model().len()));
            rank(a).cmp(&rank(b)).then_with(|| b.weight.cmp(&a.weight))
        });
        Self { prices }
    }

    /// The row by which a model is priced.
    pub fn find(&self, model: &str) -> Option<&Row> {
        self.prices
            .iter()
            .find(|price| price.rule.matches(price.row.model(), model))
            .map(|price| &price.row)
    }

    /// The models whose names the prices say whole.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        let whole = self.prices.iter();
        let whole = whole.filter(|price| price.rule == ModelRule::Equals);
        whole.map(|price| price.row.model())
    }

    /// What that usage of a model costs, and by which row.
    pub fn cost(&self, model: &str, tokens: &Tokens) -> Result<(Money, &Row), Unpriced> {
        match model {
            "" => Err(Unpriced::NoModel),
            _ if self.prices.is_empty() => Err(Unpriced::UnknownProvider),
            _ => {
                let row = self.find(model).ok_or(Unpriced::UnknownModel)?;
                row.cost(tokens).map(|money| (money, row))
            }
        }
    }
}

// === impl OwnPrice ===

impl OwnPrice {
    /// Reads the terms of a price. Where they say nothing but zeros, the model is free: somebody
    /// said so.
    pub fn of(terms: &CostTerms) -> Result<Self, BadTerms> {
        let mut prices = read(&terms.token_pricing)?;
        let spare = [
            ("cost_in", Unit::Input, &terms.cost_in),
            ("cost_out", Unit::Output, &terms.cost_out),
        ];
        for (name, unit, said) in spare {
            let Some(text) = said else { continue };
            let price = in_range(name, Money::rounded(text))?;
            if !prices.iter().any(|(priced, _)| *priced == unit) {
                prices.push((unit, price));
            }
        }
        if prices.is_empty() {
            return Err(BadTerms::Empty);
        }
        prices.sort_unstable_by_key(|(unit, _)| *unit);
        let free = prices.iter().all(|(_, price)| *price == Money::ZERO);
        Ok(Self {
            rule: terms.rule,
            weight: terms.weight.into(),
            row: Row {
                free,
                ..Row::new("", terms.model.clone(), prices)
            },
        })
    }
}

/// The prices of one token each.
fn read(pricing: &BTreeMap<String, String>) -> Result<Vec<(Unit, Money)>, BadTerms> {
    let mut prices: Vec<(Unit, Money)> = Vec::new();
    for (name, text) in pricing {
        let price = in_range(name, Money::per_million(text))?;
        if name == TOTAL {
            if pricing.len() > 1 {
                return Err(BadTerms::Twice(TOTAL));
            }
            return Ok(vec![(Unit::Input, price), (Unit::Output, price)]);
        }
        let kind = KINDS.iter().find(|(kind, _)| kind == name);
        let (kind, unit) = *kind.ok_or_else(|| BadTerms::Unknown(name.clone()))?;
        if prices.iter().any(|(priced, _)| *priced == unit) {
            return Err(BadTerms::Twice(kind));
        }
        prices.push((unit, price));
    }
    Ok(prices)
}

fn in_range(name: &str, price: Result<Money, BadMoney>) -> Result<Money, BadTerms> {
    let price = price.map_err(|bad| BadTerms::Price(name.to_owned(), bad))?;
    match price.is_negative() || price > Row::MAX_PRICE {
        true => Err(BadTerms::Range(name.to_owned())),
        false => Ok(price),
    }
}

// === impl BadTerms ===

impl BadTerms {
    /// The member of a price that is at fault.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Price(name, _) | Self::Range(name) if name == "cost_in" => "cost_in",
            Self::Price(name, _) | Self::Range(name) if name == "cost_out" => "cost_out",
            _ => "token_pricing",
        }
    }
}

impl fmt::Display for BadTerms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => {
                write!(
                    f,
                    "{name:?} is not counted here; leave it out, or take one of "
                )?;
                for (kind, _) in KINDS {
                    write!(f, "{kind}, ")?;
                }
                f.write_str(TOTAL)
            }
            Self::Price(name, bad) => write!(f, "{name} {bad}"),
            Self::Range(name) => write!(f, "{name} must be from 0 to a million dollars a token"),
            Self::Twice(TOTAL) => write!(f, "{TOTAL} is the price of all tokens and stands alone"),
            Self::Twice(kind) => write!(f, "{kind} stands beside another price of the same"),
            Self::Empty => {
                f.write_str("some price must be said, in token_pricing or in cost_in and cost_out")
            }
        }
    }
}

impl std::error::Error for BadTerms {}

#[cfg(test)]
mod tests;
