//! What a usage costs by the prices of a row.

use aig_model::{Money, Usage};

use super::{Row, Unit, Unpriced};

/// How many tokens were used, as the provider counted them; `None` where it did not say.
///
/// `input` includes what was read from or written to the provider's cache, `output` includes
/// reasoning: the other counts are parts of these two, and 0 where the provider did not tell them
/// apart. Parts that come to more than their whole are taken as they are, and nothing beside them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Of the prompt, all of them.
    pub input: Option<u64>,
    /// Of the answer, all of them.
    pub output: Option<u64>,
    /// Of `input`: read from the cache.
    pub cache_read: u64,
    /// Of `input`: written to the cache, for however long.
    pub cache_write: u64,
    /// Of `cache_write`: to be kept for an hour.
    pub cache_write_1h: u64,
    /// Of `input`: sound.
    pub audio_input: u64,
    /// Of `output`: what the model kept to itself.
    pub reasoning: u64,
    /// Of `output`: sound.
    pub audio_output: u64,
    /// Of `output`: pictures.
    pub image_output: u64,
    /// What was used beside tokens. It counts where the model is not sold by the token, or the
    /// provider counted none.
    pub measures: Measures,
}

/// What was used of other things than tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// Pictures in the answer.
    pub output_images: u64,
    /// Sound or film in the request, in milliseconds.
    pub input_millis: u64,
    /// Sound or film in the answer, in milliseconds.
    pub output_millis: u64,
    /// Characters in the request.
    pub input_characters: u64,
    /// Characters in the answer.
    pub output_characters: u64,
    /// Queries of a search or ranking.
    pub queries: u64,
    /// Pages of documents.
    pub pages: u64,
}

// === impl Tokens ===

impl Tokens {
    /// What was written to the cache for the usual time, and for an hour.
    fn writes(&self) -> (u64, u64) {
        let long = self.cache_write_1h.min(self.cache_write);
        (self.cache_write - long, long)
    }

    /// What of `input` is nothing special, where so much of it is.
    pub(super) fn fresh(input: u64, parts: &[u64]) -> u64 {
        parts
            .iter()
            .fold(input, |rest, part| rest.saturating_sub(*part))
    }
}

impl From<&Usage> for Tokens {
    /// What a provider counted, as prices ask for it. A count that it did not tell is a part of
    /// nothing; images and characters are taken for what models are sold by that count them.
    fn from(usage: &Usage) -> Self {
        let part = |count: Option<u64>| count.unwrap_or(0);
        Self {
            input: usage.tokens_in,
            output: usage.tokens_out,
            cache_read: part(usage.cache_read_tokens),
            cache_write: part(usage.cache_write_tokens),
            cache_write_1h: part(usage.cache_write_1h_tokens),
            audio_input: part(usage.audio_in_tokens),
            reasoning: part(usage.reasoning_tokens),
            audio_output: part(usage.audio_out_tokens),
            image_output: part(usage.image_out_tokens),
            measures: Measures {
                output_images: part(usage.images),
                input_millis: part(usage.audio_ms),
                input_characters: part(usage.characters),
                queries: part(usage.searches),
                ..Measures::default()
            },
        }
    }
}

// === impl Measures ===

impl Measures {
    /// How much of each, and how many of it are one unit.
    const fn amounts(&self) -> [(Unit, u64, u64); 7] {
        [
            (Unit::PerOutputImage, self.output_images, 1),
            (Unit::PerInputSecond, self.input_millis, 1000),
            (Unit::PerOutputSecond, self.output_millis, 1000),
            (Unit::PerInputCharacter, self.input_characters, 1),
            (Unit::PerOutputCharacter, self.output_characters, 1),
            (Unit::PerInputQuery, self.queries, 1),
            (Unit::PerInputPage, self.pages, 1),
        ]
    }
}

// === impl Row ===

impl Row {
    /// What that usage costs by this row.
    pub fn cost(&self, tokens: &Tokens) -> Result<Money, Unpriced> {
        if !self.is_priced() {
            return Err(Unpriced::NoPrices);
        }
        let counted = tokens.input.is_some() || tokens.output.is_some();
        let cost = match counted && self.counts_tokens() {
            true => self.cost_of_tokens(tokens),
            false => self.cost_of_measures(&tokens.measures),
        }?;
        // Who keeps costs has 64 bits for each.
        cost.to_i64().map(|_| cost).ok_or(Unpriced::TooGreat)
    }

    fn cost_of_tokens(&self, tokens: &Tokens) -> Result<Money, Unpriced> {
        let input = self.counted(tokens.input, Unit::Input)?;
        let output = self.counted(tokens.output, Unit::Output)?;
        let (write, write_1h) = tokens.writes();
        let special_input = [tokens.cache_read, tokens.cache_write, tokens.audio_input];
        let special_output = [tokens.reasoning, tokens.audio_output, tokens.image_output];
        let amounts = [
            (Unit::Input, Tokens::fresh(input, &special_input)),
            (Unit::CacheRead, tokens.cache_read),
            (Unit::CacheWrite, write),
            (Unit::CacheWrite1h, write_1h),
            (Unit::AudioInput, tokens.audio_input),
            (Unit::Output, Tokens::fresh(output, &special_output)),
            (Unit::Reasoning, tokens.reasoning),
            (Unit::AudioOutput, tokens.audio_output),
            (Unit::ImageOutput, tokens.image_output),
        ];
        let mut sum = Money::ZERO;
        for (unit, amount) in amounts.into_iter().filter(|(_, amount)| *amount > 0) {
            let price = self.price(unit, input).ok_or(Unpriced::NoPriceOf(unit))?;
            sum = price
                .checked_mul(amount)
                .and_then(|cost| sum.checked_add(cost))
                .ok_or(Unpriced::TooGreat)?;
        }
        Ok(sum)
    }

    /// A count that the provider did not give matters where it has a price.
    fn counted(&self, count: Option<u64>, unit: Unit) -> Result<u64, Unpriced> {
        let priced = || self.price(unit, 0).is_some_and(|price| price > Money::ZERO);
        match count {
            None if priced() => Err(Unpriced::NoUsage),
            count => Ok(count.unwrap_or(0)),
        }
    }

    /// Of several measures of the same thing (seconds and characters of a text that was read
    /// aloud) only those count that have a price; at least one must.
    fn cost_of_measures(&self, measures: &Measures) -> Result<Money, Unpriced> {
        let mut used = measures
            .amounts()
            .into_iter()
            .filter(|(_, amount, _)| *amount > 0)
            .peekable();
        let first = used.peek().map(|(unit, _, _)| *unit);
        let first = first.ok_or(Unpriced::NoUsage)?;
        let mut sum = None;
        for (unit, amount, per) in used {
            let Some(price) = self.price(unit, 0) else {
                continue;
            };
            let cost = price.checked_mul(amount).ok_or(Unpriced::TooGreat)?.pico();
            // Half up, like a price that is finer than a pico-dollar.
            let per = i128::from(per);
            let cost = Money::from_pico((cost + per / 2) / per);
            sum = Some(
                sum.unwrap_or(Money::ZERO)
                    .checked_add(cost)
                    .ok_or(Unpriced::TooGreat)?,
            );
        }
        sum.ok_or(Unpriced::NoPriceOf(first))
    }
}
