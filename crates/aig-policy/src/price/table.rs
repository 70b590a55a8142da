//! Reads a table of prices: one JSON object a line, the same form for the built-in table and for
//! one that a user brings. Numbers go from their text to money without becoming floats.
//!
//! Nothing is passed over: a field that is not known, a number that is no price, a model that
//! stands there twice are errors which name the line and what would be right. A price that was
//! mistyped would else be a wrong cost that nobody sees.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use aig_model::{BadMoney, Money};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Row, Tier, Unit};

/// A table cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadTable {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there and what would be right.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'t> {
    #[serde(borrow)]
    provider: Cow<'t, str>,
    #[serde(borrow)]
    model: Cow<'t, str>,
    #[serde(borrow, default)]
    mode: Option<Cow<'t, str>>,
    #[serde(default)]
    free: bool,
    #[serde(borrow, default)]
    tiers: Vec<TierLine<'t>>,
    max_input: Option<u64>,
    max_output: Option<u64>,
    #[serde(borrow)]
    input: Option<&'t RawValue>,
    #[serde(borrow)]
    output: Option<&'t RawValue>,
    #[serde(borrow)]
    cache_read: Option<&'t RawValue>,
    #[serde(borrow)]
    cache_write: Option<&'t RawValue>,
    #[serde(borrow)]
    cache_write_1h: Option<&'t RawValue>,
    #[serde(borrow)]
    reasoning: Option<&'t RawValue>,
    #[serde(borrow)]
    audio_input: Option<&'t RawValue>,
    #[serde(borrow)]
    audio_output: Option<&'t RawValue>,
    #[serde(borrow)]
    image_output: Option<&'t RawValue>,
    #[serde(borrow)]
    per_output_image: Option<&'t RawValue>,
    #[serde(borrow)]
    per_input_second: Option<&'t RawValue>,
    #[serde(borrow)]
    per_output_second: Option<&'t RawValue>,
    #[serde(borrow)]
    per_input_character: Option<&'t RawValue>,
    #[serde(borrow)]
    per_output_character: Option<&'t RawValue>,
    #[serde(borrow)]
    per_input_query: Option<&'t RawValue>,
    #[serde(borrow)]
    per_input_page: Option<&'t RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TierLine<'t> {
    above: u64,
    #[serde(borrow)]
    input: Option<&'t RawValue>,
    #[serde(borrow)]
    output: Option<&'t RawValue>,
    #[serde(borrow)]
    cache_read: Option<&'t RawValue>,
    #[serde(borrow)]
    cache_write: Option<&'t RawValue>,
    #[serde(borrow)]
    cache_write_1h: Option<&'t RawValue>,
    #[serde(borrow)]
    reasoning: Option<&'t RawValue>,
    #[serde(borrow)]
    audio_input: Option<&'t RawValue>,
    #[serde(borrow)]
    audio_output: Option<&'t RawValue>,
    #[serde(borrow)]
    image_output: Option<&'t RawValue>,
}

/// What a row looks like, for those whose line is none.
const ROW: &str = "a row is like \
    {\"provider\":\"openai\",\"model\":\"my-model\",\"input\":0.15,\"output\":0.6}";

/// The rows of a text, in its order; `keep` says how long its names live.
pub(super) fn read<'t>(
    text: &'t str,
    keep: impl Fn(Cow<'t, str>) -> Cow<'static, str>,
) -> Result<Vec<Row>, BadTable> {
    let mut rows = Vec::new();
    let mut seen = HashMap::new();
    // An editor of another system may have put a mark in front.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (at, line) in text.lines().enumerate() {
        let (number, line) = (at + 1, line.trim());
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let bad = |message| BadTable {
            line: number,
            message,
        };
        // An array of values in the order of the fields would be read as well.
        if !line.starts_with('{') {
            return Err(bad(format!("is not a JSON object; {ROW}")));
        }
        let line: Line<'t> = serde_json::from_str(line).map_err(|error| bad(unreadable(&error)))?;
        if let Some(first) = seen.insert((line.provider.clone(), line.model.clone()), number) {
            return Err(bad(format!(
                "{}/{} stands in line {first} already; keep one of the two",
                line.provider, line.model
            )));
        }
        let row = line.into_row(&keep).map_err(bad)?;
        rows.push(row);
    }
    Ok(rows)
}

/// The parser's words without its place: it saw one line only.
fn unreadable(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let said = said.split(" at line ").next().unwrap_or(&said);
    format!("column {}: {said}; {ROW}", error.column())
}

// === impl Line ===

impl<'t> Line<'t> {
    fn into_row(self, keep: impl Fn(Cow<'t, str>) -> Cow<'static, str>) -> Result<Row, String> {
        for (field, text) in [("provider", &self.provider), ("model", &self.model)] {
            if text.is_empty() || text.trim() != text {
                return Err(format!("`{field}` must be a name without space around it"));
            }
        }
        let prices = prices(&self.prices())?;
        if prices.is_empty() && !self.free {
            return Err(format!(
                "{}/{} has no price; give one, or say \"free\":true",
                self.provider, self.model
            ));
        }
        if self.free && prices.iter().any(|(_, price)| *price > Money::ZERO) {
            return Err(format!(
                "{}/{} is free and has a price; leave one of the two away",
                self.provider, self.model
            ));
        }
        let tiers = self.tiers.iter().map(TierLine::tier);
        Ok(Row {
            tiers: tiers.collect::<Result<_, _>>()?,
            prices,
            free: self.free,
            max_input: self.max_input,
            max_output: self.max_output,
            provider: keep(self.provider),
            model: keep(self.model),
            mode: self.mode.map(keep),
        })
    }

    fn prices(&self) -> [(Unit, Option<&'t RawValue>); 16] {
        [
            (Unit::Input, self.input),
            (Unit::Output, self.output),
            (Unit::CacheRead, self.cache_read),
            (Unit::CacheWrite, self.cache_write),
            (Unit::CacheWrite1h, self.cache_write_1h),
            (Unit::Reasoning, self.reasoning),
            (Unit::AudioInput, self.audio_input),
            (Unit::AudioOutput, self.audio_output),
            (Unit::ImageOutput, self.image_output),
            (Unit::PerOutputImage, self.per_output_image),
            (Unit::PerInputSecond, self.per_input_second),
            (Unit::PerOutputSecond, self.per_output_second),
            (Unit::PerInputCharacter, self.per_input_character),
            (Unit::PerOutputCharacter, self.per_output_character),
            (Unit::PerInputQuery, self.per_input_query),
            (Unit::PerInputPage, self.per_input_page),
        ]
    }
}

// === impl TierLine ===

impl TierLine<'_> {
    fn tier(&self) -> Result<Tier, String> {
        let prices = prices(&[
            (Unit::Input, self.input),
            (Unit::Output, self.output),
            (Unit::CacheRead, self.cache_read),
            (Unit::CacheWrite, self.cache_write),
            (Unit::CacheWrite1h, self.cache_write_1h),
            (Unit::Reasoning, self.reasoning),
            (Unit::AudioInput, self.audio_input),
            (Unit::AudioOutput, self.audio_output),
            (Unit::ImageOutput, self.image_output),
        ])?;
        Ok(Tier {
            above: self.above,
            prices,
        })
    }
}

fn prices(fields: &[(Unit, Option<&RawValue>)]) -> Result<Vec<(Unit, Money)>, String> {
    fields
        .iter()
        .filter_map(|(unit, text)| Some((*unit, (*text)?.get())))
        .map(|(unit, text)| price(unit, text).map(|price| (unit, price)))
        .collect()
}

fn price(unit: Unit, text: &str) -> Result<Money, String> {
    let (read, of) = match unit.is_token() {
        true => (Money::per_million(text), "US dollars per million tokens"),
        false => (Money::rounded(text), "US dollars"),
    };
    let complain = |what| format!("`{}` {what}; a price is a number of {of}", unit.name());
    match read {
        Ok(price) if price.is_negative() => Err(complain("is negative".into())),
        Ok(price) if price > Row::MAX_PRICE => Err(complain("is too great".into())),
        Ok(price) => Ok(price),
        Err(BadMoney::TooFine) => Err(complain("is less than a pico-dollar".into())),
        Err(error) => Err(complain(error.to_string())),
    }
}

// === impl BadTable ===

impl fmt::Display for BadTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for BadTable {}
