//! Checks that overlays only add to the base: every request that is valid under
//! the base stays valid, and every answer that the base promises is still given.
//!
//! The comparison is that of [`crate::diff`], with the base as the contract and
//! the effective document in the server's place: what would break a client of
//! the base is a narrowing. Two kinds of difference are extensions all the same:
//! - a further error status, because any server may fail in ways that the base
//!   forgot to mention, and clients of HTTP have to reckon with that;
//! - a further optional field or parameter, although the base lets anything
//!   pass under that name: nobody could send it with an expectation.
//!
//! A narrowing that is wanted stands in a reviewed list with its reason. The
//! list cannot outlive its causes: an entry that excuses nothing is a problem too.

mod exceptions;

#[cfg(test)]
mod tests;

use std::fmt;

use serde_json::Value;

use crate::canonical::{self, Refused};
use crate::diff::{self, Breaks, Change, Difference};
use crate::document::SourceFile;
use crate::generate;
use crate::lower;
use crate::source::{Location, Sources};

pub use exceptions::{Exception, Exceptions};

/// Where the reviewed list is kept.
pub const EXCEPTIONS: &str = "spec/base-exceptions.yml";

/// Why the effective document may not stand on its base.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// The effective document is narrower than the base and nothing excuses it.
    /// Of the two sides, `contract` is the base and `server` the effective one.
    Narrowed(Box<Difference>),
    /// An exception that excuses nothing.
    Stale(Exception),
    /// The base or the list of exceptions cannot be read for the purpose.
    Unreadable {
        /// Where.
        location: Option<Location>,
        /// What is wrong and what would mend it.
        message: String,
    },
}

/// Holds a contract against the base that it was made from.
#[must_use]
pub fn check(
    base: &SourceFile,
    contract: &generate::Contract,
    exceptions: &SourceFile,
) -> Vec<Problem> {
    let read = || {
        let base = canonical_base(base)?;
        let effective = canonical::Contract::parse(&contract.effective).map_err(unreadable)?;
        let exceptions = Exceptions::read(exceptions)?;
        Ok(compare(&base, &effective, &exceptions, &contract.sources))
    };
    read().unwrap_or_else(|problems: Vec<Problem>| problems)
}

/// The same, when everything has been read; `sources` knows the lines of the
/// effective document.
#[must_use]
pub fn compare(
    base: &canonical::Contract,
    effective: &canonical::Contract,
    exceptions: &Exceptions,
    sources: &Sources,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut narrowed = Vec::new();
    for mut difference in diff::differences(base.canonical(), effective.canonical()) {
        if !narrows(&difference) {
            continue;
        }
        narrowed.push(difference.pointer.clone());
        if !exceptions.excuse(&difference.pointer) {
            difference.location = sources.locate(&difference.server_origin);
            problems.push(Problem::Narrowed(Box::new(difference)));
        }
    }
    let stale = |exception: &&Exception| !narrowed.contains(&exception.pointer);
    let stale = exceptions.iter().filter(stale).cloned();
    problems.extend(stale.map(Problem::Stale));
    problems
}

/// The base without any overlay, lowered like the effective document.
fn canonical_base(base: &SourceFile) -> Result<canonical::Contract, Vec<Problem>> {
    let problem = |problem: crate::problem::Problem| Problem::Unreadable {
        location: problem.location,
        message: format!("{}: {}", base.path, problem.message),
    };
    let value = base.value().map_err(|found| vec![problem(found)])?;
    let lowered: Value =
        lower::lower(&value).map_err(|found| found.into_iter().map(problem).collect::<Vec<_>>())?;
    canonical::Contract::parse(&lowered).map_err(unreadable)
}

fn unreadable(refused: Refused) -> Vec<Problem> {
    let message = refused.to_string();
    vec![Problem::Unreadable {
        location: None,
        message,
    }]
}

fn narrows(difference: &Difference) -> bool {
    let breaks_clients = matches!(difference.breaks, Breaks::Client | Breaks::Both);
    breaks_clients && !is_further_error(difference)
}

/// Whether this is an error status that the base does not mention.
fn is_further_error(difference: &Difference) -> bool {
    let mut steps = difference.pointer.rsplit('/');
    let (status, holder) = (steps.next(), steps.next());
    difference.change == Change::Added
        && holder == Some("responses")
        && difference.pointer.starts_with("/paths/")
        && status.is_some_and(|status| status.starts_with(['4', '5']) || status == "default")
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Narrowed(difference) => {
                if let Some(location) = &difference.location {
                    write!(f, "{location}: ")?;
                }
                let shown = |value: &Option<serde_json::Value>| {
                    value
                        .as_ref()
                        .map_or_else(|| "nothing".to_owned(), ToString::to_string)
                };
                write!(
                    f,
                    "{}: this narrows the base, which says {}, to {}; change the overlay, or add the pointer with a reason to the list of exceptions",
                    difference.pointer,
                    shown(&difference.contract),
                    shown(&difference.server),
                )
            }
            Self::Stale(exception) => {
                if let Some(location) = &exception.location {
                    write!(f, "{location}: ")?;
                }
                write!(
                    f,
                    "{}: this exception excuses nothing: the effective document does not narrow the base there; remove the entry",
                    exception.pointer,
                )
            }
            Self::Unreadable { location, message } => {
                if let Some(location) = location {
                    write!(f, "{location}: ")?;
                }
                f.write_str(message)
            }
        }
    }
}
