//! What a reader gets: the differences first, then what the verdict rests on —
//! the rules that made different texts alike, and the parts that travelled in
//! extensions or in schemas written by hand.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use serde_json::{Value, json};

use super::{Breaks, Change, Difference, Report, Severity};
use crate::canonical::{Applied, Rule};

/// Where some of the server's schemas come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// How they come about: derived, written by hand, carried.
    pub source: String,
    /// Which they are.
    pub members: Vec<String>,
}

/// Longest value that a text report prints on its line.
const LONGEST_VALUE: usize = 600;

impl Report {
    /// The report as a JSON value.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "equal": self.is_equal(),
            "differences": self.differences.iter().map(Difference::to_json).collect::<Vec<_>>(),
            "rules": self.rules().map(|(rule, contract, emitted)| json!({
                "name": rule.name(),
                "reason": rule.reason(),
                "contract": contract,
                "emitted": emitted,
            })).collect::<Vec<_>>(),
            "carried": self.carried.iter().map(|carried| json!({
                "pointer": carried.pointer,
                "carrier": carried.carrier,
            })).collect::<Vec<_>>(),
            "provenance": self.provenance.iter().map(|provenance| json!({
                "source": provenance.source,
                "members": provenance.members,
            })).collect::<Vec<_>>(),
        })
    }

    /// Every rule, and how often it was used on each side.
    fn rules(&self) -> impl Iterator<Item = (Rule, usize, usize)> {
        let count = |applied: &Applied, rule| applied.get(&rule).copied().unwrap_or(0);
        Rule::ALL.into_iter().map(move |rule| {
            (
                rule,
                count(&self.contract_rules, rule),
                count(&self.emitted_rules, rule),
            )
        })
    }

    fn summary(&self) -> String {
        if self.is_equal() {
            return "EQUAL: the server emits the contract".to_owned();
        }
        let of = |severity| {
            self.differences
                .iter()
                .filter(|difference| difference.severity == severity)
                .count()
        };
        format!(
            "{} between the contract and what the server emits: {} breaking, {} beyond the contract, {} in documentation",
            counted(self.differences.len(), "difference"),
            of(Severity::Breaking),
            of(Severity::Extension),
            of(Severity::Documentation),
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.summary())?;
        for difference in &self.differences {
            writeln!(f, "\n{difference}")?;
        }
        if !self.is_equal() {
            writeln!(
                f,
                "\nclient: a client that keeps to the contract breaks; server: nobody does, but this server stands outside the contract; document: no message changes"
            )?;
        }
        writeln!(
            f,
            "\nrules (times used on the contract, on the server's side):"
        )?;
        for (rule, contract, emitted) in self.rules() {
            let name = rule.name();
            writeln!(f, "  {name} ({contract}, {emitted}): {}", rule.reason())?;
        }
        writeln!(
            f,
            "\nnot said by dropshot itself, but carried in an extension: {}",
            self.carried.len()
        )?;
        for (holder, members) in self.carried_by_holder() {
            writeln!(f, "  {holder}: {}", members.join(" "))?;
        }
        for provenance in &self.provenance {
            writeln!(
                f,
                "\nschemas {}: {}",
                provenance.source,
                provenance.members.len()
            )?;
            for member in &provenance.members {
                writeln!(f, "  {member}")?;
            }
        }
        Ok(())
    }
}

impl Report {
    /// What is carried, the last step of each pointer under all that precedes it.
    fn carried_by_holder(&self) -> BTreeMap<String, Vec<&str>> {
        let mut holders: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for carried in &self.carried {
            let (holder, member) = carried
                .pointer
                .rsplit_once('/')
                .unwrap_or(("", &carried.pointer));
            let holder = format!("{} {holder}", carried.carrier);
            holders.entry(holder).or_default().push(member);
        }
        holders
    }
}

impl Difference {
    fn to_json(&self) -> Value {
        json!({
            "pointer": self.pointer,
            "file": self.location.as_ref().map(|location| &*location.file),
            "line": self.location.as_ref().map(|location| location.line),
            "change": self.change.name(),
            "breaks": self.breaks.name(),
            "severity": self.severity.name(),
            "contract": self.contract,
            "server": self.server,
        })
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.change {
            Change::Missing => "the server lacks it",
            Change::Added => "the contract does not have it",
            Change::Changed => "the server says otherwise",
        };
        let who = match self.breaks {
            Breaks::Client => "breaks the client",
            Breaks::Server => "goes beyond the contract (server)",
            Breaks::Both => "breaks both sides",
            Breaks::Document => "differs in the document only",
        };
        writeln!(f, "{}", self.pointer)?;
        match &self.location {
            Some(location) => writeln!(f, "  at        {location}")?,
            None => writeln!(
                f,
                "  at        (no line: the contract's text has no such place)"
            )?,
        }
        writeln!(f, "  verdict   {verb}; {who}")?;
        writeln!(f, "  contract  {}", shown(self.contract.as_ref()))?;
        write!(f, "  server    {}", shown(self.server.as_ref()))
    }
}

fn shown(value: Option<&Value>) -> String {
    let Some(value) = value else {
        return "(absent)".to_owned();
    };
    let text = value.to_string();
    if text.chars().count() <= LONGEST_VALUE {
        return text;
    }
    let mut cut: String = text.chars().take(LONGEST_VALUE).collect();
    // Writing into a string does not fail.
    let _ = write!(cut, "… ({} characters)", text.chars().count());
    cut
}

fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
