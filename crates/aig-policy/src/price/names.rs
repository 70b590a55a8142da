//! Under which name does the table know a model?
//!
//! A name is tried as it is, then without what was put around it (a provider, a region, the owner
//! of a fine-tuned model), then in another version of the same name: `gpt-4o-2024-08-06` is priced
//! as `gpt-4o` when it has no row of its own, and a name without a date as the newest that has one.
//! Nothing is guessed beyond that: a name that only looks alike has no price.

use super::{Found, PriceBook, Row};

/// Why the price of a model stands in just this row; for people who wonder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// It has the model's name.
    Name,
    /// It has the name without the provider, or the author, in front or around it.
    Inner,
    /// It is the same model without a region's prefix.
    Region,
    /// It is the base of the fine-tuned model.
    FineTuned,
    /// It is the same name without a date or version.
    Undated,
    /// It is the row of the newest version, since none was named.
    Newest,
    /// It has the same name with `-` in place of `.`, or the other way round.
    Spelling,
    /// Azure sells the models of OpenAI at OpenAI's prices.
    OpenAi,
}

/// Prefixes of Bedrock's inference profiles.
const REGIONS: [&str; 12] = [
    "us.", "us-gov.", "eu.", "apac.", "global.", "jp.", "au.", "ca.", "sa.", "in.", "uk.", "me.",
];

/// What some providers put in front of a name, or leave away.
const FIREWORKS: &str = "accounts/fireworks/models/";

pub(super) fn find<'b>(book: &'b PriceBook, provider: &str, model: &str) -> Option<Found<'b>> {
    let spellings = spellings(provider, model);
    let spellings = || spellings.iter().flatten().copied();
    let found = |row, why| Found { row, why };
    let exact = spellings().find_map(|(name, why)| {
        let row = book.exactly(provider, &[name])?;
        Some(found(row, why))
    });
    let version = || spellings().find_map(|(name, _)| other_version(book, provider, name));
    let dots = || spellings().find_map(|(name, _)| spelled_alike(book, provider, name));
    exact
        .or_else(|| joined(book, provider, model).map(|row| found(row, Why::Inner)))
        .or_else(version)
        .or_else(|| dots().map(|row| found(row, Why::Spelling)))
        .or_else(|| match provider {
            "azure-openai" => find(book, "openai", model).map(|f| found(f.row, Why::OpenAi)),
            _ => None,
        })
}

/// The name, and what is left of it without what was put around it, from the longest.
fn spellings<'m>(provider: &str, model: &'m str) -> [Option<(&'m str, Why)>; 5] {
    let mut spellings = [Some((model, Why::Name)), None, None, None, None];
    let mut free = 1;
    let mut add = |name: &'m str, why| {
        if let Some(place) = spellings.get_mut(free).filter(|_| !name.is_empty()) {
            *place = Some((name, why));
            free += 1;
        }
    };
    let mut name = model;
    // `openai/gpt-5`, `models/gemini-3`, `publishers/google/models/gemini-3`, the name of an ARN.
    let inner = match provider {
        "google-ai-studio" | "google-vertex-ai" if name.contains("models/") => {
            name.split_once("models/").map(|(_, inner)| inner)
        }
        "aws-bedrock" if name.starts_with("arn:") => name.rsplit_once('/').map(|(_, inner)| inner),
        "fireworks" => name.strip_prefix(FIREWORKS),
        _ => name
            .split_once('/')
            .filter(|(outer, _)| is_name_of(provider, outer))
            .map(|(_, inner)| inner),
    };
    if let Some(inner) = inner {
        name = inner;
        add(name, Why::Inner);
    }
    if let Some(base) = fine_tuned(name) {
        add(base, Why::FineTuned);
    }
    if provider == "aws-bedrock" {
        let inner = REGIONS.iter().find_map(|region| name.strip_prefix(region));
        if let Some(inner) = inner {
            add(inner, Why::Region);
        }
        // `anthropic.claude-opus-4-6-v1:0` without its revision.
        if let Some((stem, _)) = name.split_once(':') {
            add(stem, Why::Undated);
        }
    }
    spellings
}

/// Whether `outer/` in front of a model says no more than which provider it is.
fn is_name_of(provider: &str, outer: &str) -> bool {
    outer == provider
        || matches!(
            (provider, outer),
            ("google-ai-studio", "google")
                | ("google-vertex-ai", "google" | "anthropic" | "mistralai")
                | ("grok", "xai")
                | ("perplexity-ai", "perplexity")
                | ("azure-openai", "azure" | "openai")
                | ("aws-bedrock", "bedrock")
        )
}

/// The base of `ft:gpt-4o-2024-08-06:owner::id`, as the table writes it.
fn fine_tuned(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("ft:")?;
    let base = rest.find(':')?;
    Some(&name[.."ft:".len() + base])
}

/// Names of which the table has only the longer form.
fn joined<'b>(book: &'b PriceBook, provider: &str, model: &str) -> Option<&'b Row> {
    match provider {
        "fireworks" if !model.contains('/') => book.exactly(provider, &[FIREWORKS, model]),
        "google-vertex-ai" => {
            let (publisher, name) = model.rsplit_once("/models/")?;
            let (_, publisher) = publisher.rsplit_once("publishers/")?;
            book.exactly(provider, &[publisher, "/", name])
        }
        _ => None,
    }
}

/// The row of the same name in another version: without one, else the newest there is.
fn other_version<'b>(book: &'b PriceBook, provider: &str, name: &str) -> Option<Found<'b>> {
    let (stem, version) = split_version(name);
    if version != Version::None
        && let Some(row) = book.exactly(provider, &[stem])
    {
        let why = Why::Undated;
        return Some(Found { row, why });
    }
    if !matches!(version, Version::None | Version::Latest) {
        return None;
    }
    let latest = ["-latest", "@latest", "@default"];
    let named = latest
        .iter()
        .find_map(|latest| book.exactly(provider, &[stem, latest]));
    let newest = || {
        let rows = book.of_provider(provider);
        let rows = &rows[rows.partition_point(|row| row.model() < stem)..];
        rows.iter()
            .take_while(|row| row.model().starts_with(stem))
            .filter_map(|row| match split_version(row.model()) {
                (same, Version::Dated(date)) if same == stem => Some((date, row)),
                _ => None,
            })
            .max_by_key(|(date, _)| *date)
            .map(|(_, row)| row)
    };
    let row = named.or_else(newest)?;
    let why = Why::Newest;
    Some(Found { row, why })
}

/// The row whose name differs in nothing but points and hyphens.
fn spelled_alike<'b>(book: &'b PriceBook, provider: &str, name: &str) -> Option<&'b Row> {
    let plain = |byte| if byte == b'.' { b'-' } else { byte };
    book.of_provider(provider).iter().find(|row| {
        row.model().len() == name.len()
            && row.model().bytes().map(plain).eq(name.bytes().map(plain))
    })
}

/// What a name ends in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    None,
    Latest,
    /// Comparable; days before everything that is only a month and has no year for certain.
    Dated(u32),
    /// `-001`: a revision, of which another one is another model.
    Revision,
}

/// Takes the version off the end of a name.
fn split_version(name: &str) -> (&str, Version) {
    for latest in ["-latest", "@latest", "@default"] {
        if let Some(stem) = name.strip_suffix(latest) {
            return (stem, Version::Latest);
        }
    }
    let dated = |stem, date| (stem, Version::Dated(date));
    if let Some((rest, [year, month, day])) = numbers::<3>(name, [4, 2, 2])
        && is_date(year, month, day)
    {
        return dated(rest, year * 10_000 + month * 100 + day);
    }
    if let Some((rest, [month, year])) = numbers::<2>(name, [2, 4])
        && is_date(year, month, 1)
    {
        return dated(rest, year * 10_000 + month * 100);
    }
    if let Some((rest, [date])) = numbers::<1>(name, [8])
        && is_date(date / 10_000, date / 100 % 100, date % 100)
    {
        return dated(rest, date);
    }
    // A month and a day, or a year and a month.
    if let Some((rest, [date])) = numbers::<1>(name, [4])
        && ((1..=12).contains(&(date / 100)) && (1..=31).contains(&(date % 100))
            || (23..=39).contains(&(date / 100)) && (1..=12).contains(&(date % 100)))
    {
        return dated(rest, date);
    }
    match numbers::<1>(name, [3]) {
        Some((rest, [..100])) => (rest, Version::Revision),
        _ => (name, Version::None),
    }
}

/// Numbers of so many digits each at the end of a name, and what stands in front of them.
fn numbers<const N: usize>(name: &str, digits: [usize; N]) -> Option<(&str, [u32; N])> {
    let mut rest = name;
    let mut numbers = [0; N];
    for (number, digits) in numbers.iter_mut().zip(digits).rev() {
        let (stem, text) = rest.rsplit_once(['-', '@'])?;
        if text.len() != digits || !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        *number = text.parse().ok()?;
        rest = stem;
    }
    (!rest.is_empty()).then_some((rest, numbers))
}

fn is_date(year: u32, month: u32, day: u32) -> bool {
    (2019..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day)
}

// === impl Why ===

impl Why {
    /// What to tell people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "the row of this name",
            Self::Inner => "the same name without what stands around it",
            Self::Region => "the same model without the prefix of a region",
            Self::FineTuned => "the base of a fine-tuned model",
            Self::Undated => "the same name without its date or version",
            Self::Newest => "the newest version of this name",
            Self::Spelling => "the same name with other points and hyphens",
            Self::OpenAi => "the price at OpenAI of the same model",
        }
    }
}
