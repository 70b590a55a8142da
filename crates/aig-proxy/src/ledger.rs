//! What all trails write with: where rows go, what is counted, and what things cost.
//!
//! Prices are `aig-policy`'s. Their order is Cloudflare's: what the request says itself, then what an
//! account says of a provider of its own, then the
//! instance's own table over the built-in one; and where no table knows, what the provider says.

use std::sync::Arc;

use aig_model::{CostSource, Money, Record};
use aig_policy::price::{BadCustomCost, CustomCost, OwnPrices, PriceBook, Tokens, Unpriced};
use aig_provider::Reading;

use crate::metrics::Metrics;
use crate::ports::Recorder;
use crate::transcript::Room;

/// Shared by all trails.
pub(crate) struct Ledger {
    pub(crate) recorder: Arc<dyn Recorder>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) prices: Prices,
    /// Of the bodies of all open requests.
    pub(crate) room: Arc<Room>,
}

/// What things cost.
#[derive(Clone, Debug)]
pub struct Prices {
    /// All rows.
    book: Arc<PriceBook>,
    /// The instance's own, which are in `book`, too.
    own: Option<Arc<PriceBook>>,
}

/// The word for a price in a request that is none.
const BAD_CUSTOM_COST: &str = "bad_custom_cost";

// === impl Prices ===

impl Prices {
    /// The built-in table.
    pub fn built_in() -> Self {
        Self {
            book: Arc::new(PriceBook::built_in().clone()),
            own: None,
        }
    }

    /// The built-in table with the rows of a text over it.
    pub fn with_own(text: &str) -> Result<Self, aig_policy::price::BadTable> {
        Ok(Self {
            book: Arc::new(PriceBook::built_in().extended(text)?),
            own: Some(Arc::new(PriceBook::of(text)?)),
        })
    }

    /// All rows.
    pub fn book(&self) -> &PriceBook {
        &self.book
    }

    /// Writes into a row what its try cost; `account` are the prices of a provider that an account made. The row has the model that the request named, which may
    /// have a price where the one that the answer names has none.
    pub(crate) fn price(
        &self,
        record: &mut Record,
        custom: Option<&Result<CustomCost, BadCustomCost>>,
        account: Option<&OwnPrices>,
        reading: &Reading,
    ) {
        let tokens = Tokens::from(&reading.usage);
        let cost = match custom {
            Some(Ok(custom)) => Self::by_request(custom, tokens, reading),
            Some(Err(_)) => Err(BAD_CUSTOM_COST),
            None => match account.and_then(|own| by_account(own, record, &tokens, reading)) {
                Some(cost) => cost,
                None => self.by_table(record, &tokens, reading),
            },
        };
        match cost {
            Ok((cost, source)) => {
                record.cost = Some(cost);
                record.cost_source = Some(source);
            }
            Err(why) => record.unpriced = Some(why.into()),
        }
    }

    /// Where the request prices no cache, tokens that are counted beside the input cost nothing.
    fn by_request(
        custom: &CustomCost,
        mut tokens: Tokens,
        reading: &Reading,
    ) -> Result<(Money, CostSource), &'static str> {
        if reading.cache_apart && !custom.prices_caches() {
            tokens.input = reading.usage.fresh_tokens_in();
        }
        let cost = custom.cost(&tokens).map_err(Unpriced::as_str)?;
        Ok((cost, CostSource::Custom))
    }

    fn by_table(
        &self,
        record: &Record,
        tokens: &Tokens,
        reading: &Reading,
    ) -> Result<(Money, CostSource), &'static str> {
        let answered = reading.model.as_deref();
        let mut names = answered.into_iter().chain([&*record.model]);
        let mut why = None;
        let priced = names.find_map(|model| {
            let priced = self.book.cost(&record.provider, model, tokens);
            priced
                .map_err(|because| _ = why.get_or_insert(because))
                .ok()
        });
        if let Some(priced) = priced {
            let is_own = self.own.as_ref().is_some_and(|own| {
                let (provider, model) = (priced.row.provider(), priced.row.model());
                (own.of_provider(provider).iter()).any(|row| row.model() == model)
            });
            let source = if is_own {
                CostSource::Own
            } else {
                CostSource::List
            };
            return Ok((priced.money, source));
        }
        match reading.usage.stated_cost {
            Some(pico) => Ok((Money::from_pico(pico.into()), CostSource::Stated)),
            None => Err(why.map_or("no_model", Unpriced::as_str)),
        }
    }
}

/// By the prices that an account set; `None` where they are not about the model.
fn by_account(
    own: &OwnPrices,
    record: &Record,
    tokens: &Tokens,
    reading: &Reading,
) -> Option<Result<(Money, CostSource), &'static str>> {
    let answered = reading.model.as_deref();
    let mut names = answered.into_iter().chain([&*record.model]);
    let row = names.find_map(|model| own.find(model))?;
    let cost = row.cost(tokens).map_err(Unpriced::as_str);
    Some(cost.map(|cost| (cost, CostSource::Account)))
}

#[cfg(test)]
mod tests;
