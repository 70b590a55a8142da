//! What was measured, as a table for people and as JSON for programs.

use std::fmt::Write;

use serde::Serialize;

use crate::numbers::Spread;

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// What of the gateway was on, and whether it worked.
    pub(crate) features: Vec<(&'static str, bool)>,
    pub(crate) rows: Vec<Row>,
}

/// One thing that was measured, against the floor where there is one.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) who: String,
    pub(crate) unit: &'static str,
    pub(crate) floor: Option<Spread>,
    pub(crate) value: Option<Spread>,
    /// What is compared with the reach, round by round.
    pub(crate) against: Against,
    pub(crate) compared: Option<Spread>,
    pub(crate) reach: Option<Reach>,
    /// Why rounds do not count.
    pub(crate) void: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Against {
    /// The value divided by the floor's of the same round.
    Ratio,
    /// The value less the floor's of the same round.
    Added,
    /// The value itself.
    Nothing,
}

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reach {
    AtMost(f64),
    AtLeast(f64),
}

/// Pairs of one measurement, round by round.
#[derive(Default)]
pub(crate) struct Rounds {
    pairs: Vec<(f64, f64)>,
    void: Vec<String>,
}

// === impl Rounds ===

impl Rounds {
    /// One round: the floor's value and the gateway's.
    pub(crate) fn push(&mut self, floor: f64, value: f64) {
        self.pairs.push((floor, value));
    }

    pub(crate) fn void(&mut self, why: String) {
        self.void.push(why);
    }

    pub(crate) fn row(
        self,
        (what, who): (impl Into<String>, impl Into<String>),
        unit: &'static str,
        against: Against,
        reach: Option<Reach>,
    ) -> Row {
        let all = |of: fn(&(f64, f64)) -> f64| {
            let values: Vec<f64> = self.pairs.iter().map(of).collect();
            Spread::of(&values)
        };
        Row {
            what: what.into(),
            who: who.into(),
            unit,
            floor: all(|pair| pair.0).filter(|_| against != Against::Nothing),
            value: all(|pair| pair.1),
            against,
            compared: match against {
                Against::Ratio => all(|pair| pair.1 / pair.0),
                Against::Added => all(|pair| pair.1 - pair.0),
                Against::Nothing => all(|pair| pair.1),
            },
            reach,
            void: self.void,
        }
    }
}

// === impl Row ===

impl Row {
    /// Whether the median is within reach; `None` where none is set or nothing was measured.
    fn reached(&self) -> Option<bool> {
        let median = self.compared?.median;
        Some(match self.reach? {
            Reach::AtMost(most) => median <= most,
            Reach::AtLeast(least) => median >= least,
        })
    }

    fn cells(&self) -> [String; 7] {
        let median = |spread: Option<Spread>| {
            spread.map_or_else(|| "-".to_owned(), |spread| short(spread.median))
        };
        let sign = match self.against {
            Against::Ratio => "x ",
            Against::Added => "+ ",
            Against::Nothing => "",
        };
        let compared = self.compared.map_or_else(
            || "-".to_owned(),
            |s| {
                format!(
                    "{sign}{} ({} to {})",
                    short(s.median),
                    short(s.least),
                    short(s.most)
                )
            },
        );
        let reach = match self.reach {
            Some(Reach::AtMost(most)) => format!("<= {}", short(most)),
            Some(Reach::AtLeast(least)) => format!(">= {}", short(least)),
            None => String::new(),
        };
        let verdict = match (self.reached(), self.void.first()) {
            (_, Some(why)) => format!("{} void: {why}", self.void.len()),
            (Some(true), None) => "reached".to_owned(),
            (Some(false), None) => "MISSED".to_owned(),
            (None, None) => String::new(),
        };
        [
            format!("{} [{}]", self.what, self.unit),
            self.who.clone(),
            median(self.floor),
            median(self.value),
            compared,
            reach,
            verdict,
        ]
    }
}

/// Three digits that count.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

// === impl Report ===

impl Report {
    /// For a terminal.
    pub(crate) fn table(&self) -> String {
        let head = ["", "who", "floor", "value", "median (spread)", "reach", ""];
        let mut lines = vec![head.map(str::to_owned)];
        lines.extend(self.rows.iter().map(Row::cells));
        let width = |column: usize| {
            let widths = lines.iter().map(|cells| cells[column].chars().count());
            widths.max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..head.len()).map(width).collect();
        let mut table = String::new();
        for (name, works) in &self.features {
            let state = if *works { "on" } else { "not there" };
            let _ = writeln!(table, "{name}: {state}");
        }
        table.push('\n');
        for cells in &lines {
            let padded = cells
                .iter()
                .zip(&widths)
                .map(|(cell, &w)| format!("{cell:w$}"));
            let line = padded.collect::<Vec<_>>().join("  ");
            let _ = writeln!(table, "{}", line.trim_end());
        }
        table
    }
}

#[cfg(test)]
mod tests;
