//! `aig prices`: which row of the price table would apply to a model and why, or what there is.
//! How a row is found and what it means is left to `aig-policy`; needs no server and no data.

use std::borrow::Cow;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use aig_model::Money;
use aig_policy::PriceBook;
use aig_policy::price::{Found, Row, Unit, Unpriced};
use aig_provider::Providers;
use anyhow::{Context, bail};
use clap::Args;
use serde_json::{Map, Value, json};

use crate::print;

#[derive(Debug, Args)]
pub(crate) struct Prices {
    /// A model, as it is called or as `provider/model`; or part of a name. Without one, the providers
    model: Option<String>,
    /// Only this provider's
    #[arg(long, value_name = "SLUG")]
    provider: Option<String>,
    /// With the rows of this file, which replace and extend the built-in table
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// What is to be shown.
#[derive(Debug, PartialEq)]
enum Answer<'b> {
    /// How many rows each provider has.
    Providers(Vec<(&'b str, usize)>),
    /// The row of one model.
    One(Found<'b>),
    /// Rows of that name at several providers, of a provider, or whose name has that part.
    Rows(Vec<&'b Row>),
}

// === impl Prices ===

impl Prices {
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let built_in = PriceBook::built_in();
        let book = match &self.table {
            None => Cow::Borrowed(built_in),
            Some(file) => {
                let text = std::fs::read_to_string(file)
                    .with_context(|| format!("{} is not readable", file.display()))?;
                let extended = built_in.extended(&text);
                Cow::Owned(extended.with_context(|| format!("{}", file.display()))?)
            }
        };
        let answer = self.answer(&book)?;
        let text = match self.json {
            true => print::json(&answer.json()),
            false => answer.text(),
        };
        // Whoever reads the first lines only has seen enough.
        match writeln!(std::io::stdout().lock(), "{text}") {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(ExitCode::SUCCESS),
        }
    }

    fn answer<'b>(&self, book: &'b PriceBook) -> anyhow::Result<Answer<'b>> {
        let providers = Providers::known();
        let slug = |name: &str| match providers.by_author(name) {
            Some(provider) => provider.slug().to_owned(),
            None => name.to_owned(),
        };
        let provider = self.provider.as_deref().map(slug);
        let rows = match &provider {
            Some(provider) => book.of_provider(provider),
            None => book.rows(),
        };
        if let (Some(provider), []) = (&provider, rows) {
            bail!(
                "{}: {provider}; `aig prices` lists those that there are",
                Unpriced::UnknownProvider
            );
        }
        let model = match (&self.model, &provider) {
            (Some(model), _) => model.as_str(),
            (None, Some(_)) => return Ok(Answer::Rows(rows.iter().collect())),
            (None, None) => return Ok(Answer::Providers(counts(rows))),
        };
        let named = match &provider {
            Some(provider) => book.find(provider, model).ok(),
            None => providers
                .by_model_prefix(model)
                .and_then(|(provider, model)| book.find(provider.slug(), model).ok()),
        };
        if let Some(found) = named {
            return Ok(Answer::One(found));
        }
        let slugs = counts(rows);
        let mut found = slugs
            .iter()
            .filter_map(|(slug, _)| book.find(slug, model).ok());
        match (found.next(), found.next()) {
            (Some(only), None) => return Ok(Answer::One(only)),
            (Some(_), Some(_)) => {
                let found = slugs
                    .iter()
                    .filter_map(|(slug, _)| book.find(slug, model).ok());
                let mut rows: Vec<_> = found.map(|found| found.row).collect();
                rows.dedup();
                return Ok(Answer::Rows(rows));
            }
            (None, _) => {}
        }
        let part = model.to_lowercase();
        let rows: Vec<_> = rows
            .iter()
            .filter(|row| row.model().to_lowercase().contains(&part))
            .collect();
        if rows.is_empty() {
            bail!("{}: {model}", Unpriced::UnknownModel);
        }
        Ok(Answer::Rows(rows))
    }
}

fn counts(rows: &[Row]) -> Vec<(&str, usize)> {
    rows.chunk_by(|a, b| a.provider() == b.provider())
        .map(|rows| (rows[0].provider(), rows.len()))
        .collect()
}

// === impl Answer ===

impl Answer<'_> {
    fn text(&self) -> String {
        match self {
            Self::Providers(counts) => {
                let rows = counts.iter();
                let rows = rows.map(|(slug, count)| [(*slug).to_owned(), count.to_string()]);
                print::table(["provider", "models"], rows).to_string()
            }
            Self::One(found) => one(found),
            Self::Rows(rows) => many(rows),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Providers(counts) => counts
                .iter()
                .map(|(slug, count)| json!({"provider": slug, "models": count}))
                .collect(),
            Self::One(found) => {
                let mut row = row_json(found.row);
                row["why"] = found.why.as_str().into();
                row
            }
            Self::Rows(rows) => rows.iter().map(|row| row_json(row)).collect(),
        }
    }
}

/// Everything about one row.
fn one(found: &Found<'_>) -> String {
    let row = found.row;
    let mut lines = vec![
        ["provider".to_owned(), row.provider().to_owned()],
        ["model".to_owned(), row.model().to_owned()],
        ["why".to_owned(), found.why.as_str().to_owned()],
    ];
    let mut line = |name: &str, value: String| lines.push([name.to_owned(), value]);
    if let Some(mode) = row.mode() {
        line("mode", mode.to_owned());
    }
    let limits = [
        ("max input", row.max_input()),
        ("max output", row.max_output()),
    ];
    for (name, tokens) in limits {
        if let Some(tokens) = tokens {
            line(name, format!("{tokens} tokens"));
        }
    }
    match (row.is_free(), row.is_priced()) {
        (true, _) => line("price", "free".to_owned()),
        (false, false) => line("price", format!("unpriced: {}", Unpriced::NoPrices)),
        (false, true) => {
            for (unit, price) in row.prices() {
                line(unit.name(), quoted_with_unit(*unit, *price));
            }
            for tier in row.tiers() {
                let above = format!("above {} input tokens", tier.above);
                line("long prompts", above);
                for (unit, price) in &tier.prices {
                    line(unit.name(), quoted_with_unit(*unit, *price));
                }
            }
        }
    }
    let mut table = print::table(["", ""], lines);
    table.set_header(Vec::<String>::new());
    table.to_string()
}

/// Rows to compare.
fn many(rows: &[&Row]) -> String {
    let cells = rows.iter().map(|row| {
        let price = |unit| {
            let price = row.prices().iter().find(|(priced, _)| *priced == unit);
            price.map_or(String::new(), |(unit, price)| quoted(*unit, *price))
        };
        let shown = [Unit::Input, Unit::Output, Unit::CacheRead, Unit::CacheWrite];
        let others: Vec<_> = row
            .prices()
            .iter()
            .filter(|(unit, _)| !shown.contains(unit))
            .map(|(unit, price)| format!("{} {}", unit.name(), quoted(*unit, *price)))
            .chain((!row.is_priced()).then(|| "unpriced".to_owned()))
            .collect();
        let [input, output, read, write] = shown.map(price);
        let (provider, model) = (row.provider().to_owned(), row.model().to_owned());
        [
            provider,
            model,
            input,
            output,
            read,
            write,
            others.join(", "),
        ]
    });
    let head = [
        "provider",
        "model",
        "input",
        "output",
        "cache read",
        "cache write",
        "other",
    ];
    let table = print::table(head, cells);
    format!("{table}\n\nUS dollars; tokens by the million.")
}

fn row_json(row: &Row) -> Value {
    let prices = |prices: &[(Unit, Money)]| -> Map<String, Value> {
        prices
            .iter()
            .map(|(unit, price)| {
                let price = of_quantity(*unit, *price);
                (unit.name().to_owned(), Value::Number(price.to_json()))
            })
            .collect()
    };
    let tiers = row.tiers().iter().map(|tier| {
        let mut fields = prices(&tier.prices);
        fields.insert("above".to_owned(), tier.above.into());
        fields
    });
    json!({
        "provider": row.provider(),
        "model": row.model(),
        "mode": row.mode(),
        "priced": row.is_priced(),
        "free": row.is_free(),
        "usd": prices(row.prices()),
        "tiers": tiers.collect::<Vec<_>>(),
        "max_input": row.max_input(),
        "max_output": row.max_output(),
    })
}

/// The price of as many units as prices are quoted for: a million tokens, one of all else.
fn of_quantity(unit: Unit, price: Money) -> Money {
    match unit.is_token() {
        true => price
            .checked_mul(1_000_000)
            .expect("a price is at most a million dollars"),
        false => price,
    }
}

fn quoted(unit: Unit, price: Money) -> String {
    of_quantity(unit, price).to_string()
}

fn quoted_with_unit(unit: Unit, price: Money) -> String {
    let per = match unit.is_token() {
        true => "a million tokens",
        false => "each",
    };
    format!("{} US dollars {per}", quoted(unit, price))
}

#[cfg(test)]
mod tests;
