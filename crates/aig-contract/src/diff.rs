//! Compares the contract with what the server emits.
//!
//! Any difference fails; there is no level below which one is overlooked. What
//! a difference is worth knowing for is who suffers from it:
//!
//! - **client**: a client that keeps to the contract is refused by this server,
//!   ignored by it, or gets an answer that the contract does not promise;
//! - **server**: no such client notices, but the server stands outside its
//!   contract: it takes or gives more than was agreed, and whoever relies on
//!   that breaks on another server of the same contract;
//! - **both**: either may happen, as when a type is replaced by another;
//! - **document**: the messages stay the same, only the text differs.
//!
//! [`compare`] takes a [`Contract`] and an [`Emitted`], which cannot be made of
//! the same text. Where the two texts may say the same thing differently is left
//! to [`crate::canonical`].

mod judge;
mod report;
mod tree;

#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::canonical::{Applied, Canonical, Carried, Contract, Emitted};
use crate::source::{Location, Sources};

pub use report::Provenance;

/// All that was found, ready to be printed.
#[derive(Clone, Debug)]
pub struct Report {
    /// What differs, in the order of the canonical form.
    pub differences: Vec<Difference>,
    /// How often each rule changed the contract.
    pub contract_rules: Applied,
    /// How often each rule changed what the server emits.
    pub emitted_rules: Applied,
    /// What the server said through extensions.
    pub carried: Vec<Carried>,
    /// Where the server's schemas come from, as far as the caller knows.
    pub provenance: Vec<Provenance>,
}

/// One place where the two sides differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// JSON pointer into the canonical form; members of arrays go by identity.
    pub pointer: String,
    /// File and line of the contract's text, base or overlay.
    pub location: Option<Location>,
    /// What happened to the contract's wording.
    pub change: Change,
    /// Who breaks.
    pub breaks: Breaks,
    /// How bad that is for clients of the contract.
    pub severity: Severity,
    /// What the contract says.
    pub contract: Option<Value>,
    /// What the server says.
    pub server: Option<Value>,
    /// Where it was read: JSON pointer into the contract's document.
    pub(crate) contract_origin: String,
    /// Where it was read: JSON pointer into the server's document.
    pub(crate) server_origin: String,
}

/// What the server did with the contract's wording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The contract has it, the server lacks it.
    Missing,
    /// The server has it, the contract does not.
    Added,
    /// Both have it and it is not the same.
    Changed,
}

/// Who breaks; the module's documentation says what each means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breaks {
    /// A client that keeps to the contract.
    Client,
    /// Whoever relies on what this server does beyond the contract.
    Server,
    /// Either.
    Both,
    /// Nobody: the messages are the same.
    Document,
}

/// What a difference means for clients of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Some of them fail.
    Breaking,
    /// They go on working; the server does more than was agreed.
    Extension,
    /// They read something else.
    Documentation,
}

/// Compares the two sides; `sources` knows the lines of the effective document.
#[must_use]
pub fn compare(contract: &Contract, emitted: &Emitted, sources: &Sources) -> Report {
    let mut differences = differences(contract.canonical(), emitted.canonical());
    for difference in &mut differences {
        difference.location = sources.locate(&difference.contract_origin);
    }
    Report {
        differences,
        contract_rules: contract.canonical().applied.clone(),
        emitted_rules: emitted.canonical().applied.clone(),
        carried: emitted.carried().iter().cloned().collect(),
        provenance: Vec::new(),
    }
}

/// How `found` departs from `promised`, without lines.
pub(crate) fn differences(promised: &Canonical, found: &Canonical) -> Vec<Difference> {
    tree::Comparison::new(promised, found).run()
}

impl Report {
    /// Whether the two sides say the same.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.differences.is_empty()
    }
}

impl Breaks {
    /// The word that reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Both => "both",
            Self::Document => "document",
        }
    }

    /// Who breaks when both this and the other happens.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Document, one) | (one, Self::Document) => one,
            (one, same) if one == same => one,
            _ => Self::Both,
        }
    }

    /// How bad this is for clients of the contract.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::Client | Self::Both => Severity::Breaking,
            Self::Server => Severity::Extension,
            Self::Document => Severity::Documentation,
        }
    }
}

impl Change {
    /// The word that reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Added => "added",
            Self::Changed => "changed",
        }
    }
}

impl Severity {
    /// The word that reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Breaking => "breaking",
            Self::Extension => "extension",
            Self::Documentation => "documentation",
        }
    }
}
