//! Prices of a custom provider: what its owner says, model by model.

use super::{Row, Tokens, Unpriced};
use aig_model::Money;

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

/// How a name in a price is compared with that of a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ModelRule {
    /// They are the same.
    #[default]
    Equals,
    /// The model's begins with it.
    StartsWith,
    /// It occurs in the model's.
    Contains,
}

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

// === impl ModelRule ===

impl ModelRule {
    /// The rule of that word in the contract.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "equals" => Some(Self::Equals),
            "starts-with" => Some(Self::StartsWith),
            "contains" => Some(Self::Contains),
            _ => None,
        }
    }

    fn matches(self, pattern: &str, model: &str) -> bool {
        match self {
            Self::Equals => model == pattern,
            Self::StartsWith => model.starts_with(pattern),
            Self::Contains => model.contains(pattern),
        }
    }
}
