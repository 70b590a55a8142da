//! What did it cost?
//!
//! Knows list prices, names of models and amounts of usage; knows nothing of who pays, of limits,
//! of where usage was read or where a cost is kept. A cost is an estimate by list prices, never an
//! invoice: providers give discounts that no table knows.
//!
//! Unknown is not nothing. Where a price, a count or a name is missing there is no cost, and the
//! reason is said ([`Unpriced`]): a sum that silently left out its dearest part would be believed.
//!
//! The table is text in the repository (`data/prices.jsonl`), read once when it is first asked.
//! Rows are sorted by provider and model and found by bisection, so a lookup allocates nothing, and
//! the names that a model goes by beside the one in the table (`names`) are tried on the way.

use std::borrow::Cow;
use std::sync::LazyLock;

use aig_model::Money;

mod bill;
mod custom;
mod names;
mod own;
mod row;
mod table;

pub use bill::{Measures, Tokens};
pub use custom::{BadCustomCost, CustomCost};
pub use names::Why;
pub use own::{BadTerms, ModelRule, OwnPrice, OwnPrices};
pub use row::{Row, Tier, Unit};
pub use table::BadTable;

/// List prices of models, by provider.
#[derive(Clone, Debug)]
pub struct PriceBook {
    /// Sorted by provider and model.
    rows: Vec<Row>,
}

/// The row that a model's price stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'b> {
    /// The row.
    pub row: &'b Row,
    /// Why this one.
    pub why: Why,
}

/// What something cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Priced<'b> {
    /// How much.
    pub money: Money,
    /// By which row.
    pub row: &'b Row,
    /// Why by this one.
    pub why: Why,
}

/// Why it cannot be said what something cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unpriced {
    /// Neither the request nor the answer named a model.
    NoModel,
    /// There is no row of that provider.
    UnknownProvider,
    /// There are rows of that provider, but none for that model.
    UnknownModel,
    /// There is a row, and nothing but zeros in it, which nobody said are meant.
    NoPrices,
    /// The provider did not say how much was used of something that has a price.
    NoUsage,
    /// Something was used that the row has no price for.
    NoPriceOf(Unit),
    /// The cost is out of any sensible range, more than nine million dollars.
    TooGreat,
}

static BUILT_IN: LazyLock<PriceBook> = LazyLock::new(|| {
    PriceBook::of_static(include_str!("../data/prices.jsonl"))
        .expect("the table in the repository is read by a test")
});

// === impl PriceBook ===

impl PriceBook {
    /// The book that comes with the gateway; read at the first call.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// A book of nothing but the rows of a text, in the form of the built-in table.
    pub fn of(text: &str) -> Result<Self, BadTable> {
        table::read(text, |name| Cow::Owned(name.into_owned())).map(Self::sorted)
    }

    fn of_static(text: &'static str) -> Result<Self, BadTable> {
        table::read(text, |name| name).map(Self::sorted)
    }

    fn sorted(mut rows: Vec<Row>) -> Self {
        rows.sort_by(|a, b| a.key().cmp(&b.key()));
        Self { rows }
    }

    /// This book with the rows of a text, in the form of the built-in table. A row for a model that
    /// this book has a row for takes its place as a whole.
    pub fn extended(&self, text: &str) -> Result<Self, BadTable> {
        let own = Self::of(text)?;
        let kept = self
            .rows
            .iter()
            .filter(|row| own.position(row.provider(), &[row.model()]).is_none())
            .cloned();
        let mut rows: Vec<_> = kept.collect();
        rows.extend(own.rows);
        Ok(Self::sorted(rows))
    }

    /// The row in which the price of a model stands, under whatever name it goes there.
    pub fn find(&self, provider: &str, model: &str) -> Result<Found<'_>, Unpriced> {
        if model.is_empty() {
            return Err(Unpriced::NoModel);
        }
        names::find(self, provider, model).ok_or_else(|| match self.of_provider(provider) {
            [] => Unpriced::UnknownProvider,
            _ => Unpriced::UnknownModel,
        })
    }

    /// What that usage of that model cost. `provider` is the slug of the gateway's paths, `model`
    /// the name as it was asked for or, better, as the answer names it.
    pub fn cost(
        &self,
        provider: &str,
        model: &str,
        tokens: &Tokens,
    ) -> Result<Priced<'_>, Unpriced> {
        let Found { row, why } = self.find(provider, model)?;
        let money = row.cost(tokens)?;
        Ok(Priced { money, row, why })
    }

    /// All rows that have a price, by provider and model; what a list of models can be made of.
    pub fn models(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.is_priced())
    }

    /// All rows, by provider and model.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The rows of one provider, by model.
    pub fn of_provider(&self, provider: &str) -> &[Row] {
        let start = self.rows.partition_point(|row| row.provider() < provider);
        let rest = &self.rows[start..];
        &rest[..rest.partition_point(|row| row.provider() == provider)]
    }

    /// The row of exactly that model, whose name is given in parts.
    fn exactly(&self, provider: &str, model: &[&str]) -> Option<&Row> {
        self.position(provider, model).map(|at| &self.rows[at])
    }

    fn position(&self, provider: &str, model: &[&str]) -> Option<usize> {
        if let [model] = model {
            // Nearly always; whole names are compared by the word, not by the byte.
            let key = (provider, *model);
            return (self.rows.binary_search_by(|row| row.key().cmp(&key))).ok();
        }
        let name = || model.iter().flat_map(|part| part.bytes());
        self.rows
            .binary_search_by(|row| {
                row.provider()
                    .cmp(provider)
                    .then_with(|| row.model().bytes().cmp(name()))
            })
            .ok()
    }
}

// === impl Unpriced ===

impl Unpriced {
    /// The word for it in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoModel => "no_model",
            Self::UnknownProvider => "unknown_provider",
            Self::UnknownModel => "unknown_model",
            Self::NoPrices => "no_prices",
            Self::NoUsage => "no_usage",
            Self::NoPriceOf(_) => "no_price_of_unit",
            Self::TooGreat => "too_great",
        }
    }
}

impl std::fmt::Display for Unpriced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NoModel => "no model is named",
            Self::UnknownProvider => "no prices of this provider are known",
            Self::UnknownModel => "no price of this model is known",
            Self::NoPrices => "the table has only zeros for this model",
            Self::NoUsage => "the provider did not say how much was used",
            Self::NoPriceOf(unit) => {
                return write!(
                    f,
                    "the table has no price of {} for this model",
                    unit.name()
                );
            }
            Self::TooGreat => "the cost is out of range",
        })
    }
}

impl std::error::Error for Unpriced {}

#[cfg(test)]
mod tests;
