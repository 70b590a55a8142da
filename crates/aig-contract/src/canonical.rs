//! One canonical form for both sides of the comparison.
//!
//! A contract and a server's own description of itself say the same thing in
//! different words: one refers to a shared parameter where the other repeats it,
//! one writes `nullable: false` where the other is silent. Both are brought
//! into one tree of [`Node`]s here, and every step that makes two different
//! texts alike is a named [`Rule`] with its reason. Whatever no rule names is
//! kept as it stands, descriptions included, so that [`crate::diff`] compares
//! it exactly.
//!
//! Two types keep the sides apart: [`Contract`] is read from the effective
//! document and [`Emitted`] from what dropshot printed. Each refuses the
//! other's text, so the comparison cannot be fed one document twice.
//!
//! What dropshot has no word for travels in extensions ("carriers"). The first
//! three stand in the schema of an operation's error type, the others where they
//! belong:
//! - [`DECLARED_RESPONSES`] holds the statuses that dropshot folds into `4XX` and
//!   `5XX`, success statuses beyond the first, and bodies that are not JSON:
//!   `{"404": {"description": …, "content": {…}}, …}`;
//! - [`DECLARED_REQUEST_BODY`] holds a request body that is not JSON;
//! - [`DECLARED_DOCUMENTATION`] holds a summary and description whose lines
//!   dropshot would join or divide otherwise;
//! - [`DECLARED_PARAMETER`], in the schema of a parameter, holds
//!   `{"deprecated": true}`;
//! - [`DECLARED_DISCRIMINATOR`], in a schema of alternatives, holds the
//!   discriminator.
//!
//! Carriers are expanded in place and counted, so that the report can say how
//! much of the agreement rests on them. None may contradict what dropshot has
//! said itself: that would be a second answer, hiding the first.

mod carriers;
mod emitted;
mod node;
mod operation;
mod rules;
mod schema;
mod walk;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

pub use node::{Kind, Node};
pub use rules::Rule;

/// The extension that carries an operation's declared responses.
pub const DECLARED_RESPONSES: &str = "x-declared-responses";

/// The extension that carries a request body that is not JSON.
pub const DECLARED_REQUEST_BODY: &str = "x-declared-request-body";

/// The extension that carries the exact words about an operation.
pub const DECLARED_DOCUMENTATION: &str = "x-declared-documentation";

/// The extension that carries what dropshot cuts off a parameter.
pub const DECLARED_PARAMETER: &str = "x-declared-parameter";

/// The extension that carries what tells alternatives apart.
pub const DECLARED_DISCRIMINATOR: &str = "x-declared-discriminator";

/// How often each rule changed something on one side.
pub type Applied = BTreeMap<Rule, usize>;

/// The effective document in canonical form.
#[derive(Clone, Debug)]
pub struct Contract {
    canonical: Canonical,
}

/// What the server printed about itself, in canonical form.
#[derive(Clone, Debug)]
pub struct Emitted {
    canonical: Canonical,
    carried: BTreeSet<Carried>,
}

/// One thing that dropshot could not say and an extension said for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Carried {
    /// Where it stands in the canonical form.
    pub pointer: String,
    /// The extension that held it.
    pub carrier: &'static str,
}

/// The canonical tree of one document, and which requests and responses use
/// which of its schemas.
#[derive(Clone, Debug)]
pub(crate) struct Canonical {
    pub(crate) root: Node,
    pub(crate) applied: Applied,
    pub(crate) in_requests: BTreeSet<String>,
    pub(crate) in_responses: BTreeSet<String>,
}

/// Why a text was not taken for what it was handed over as.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refused {
    /// What the text should have been.
    pub wanted: &'static str,
    /// All reasons, in the order of the text.
    pub faults: Vec<Fault>,
}

/// One reason, and where it lies in the text that was handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// JSON pointer into that text.
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
}

impl Contract {
    /// Reads an effective document: OpenAPI 3.0.3, as lowered.
    ///
    /// # Errors
    /// When the document is not readable as one, or when it is what dropshot
    /// emits: it then carries extensions that no contract has.
    pub fn parse(effective: &Value) -> Result<Self, Refused> {
        let mut faults = Vec::new();
        rules::require_version(effective, &mut faults);
        emitted::carriers_within(effective, &mut |pointer, carrier| {
            faults.push(Fault {
                pointer,
                message: format!(
                    "`{carrier}` is a server's way of speaking; hand over the effective document, not what the server emits"
                ),
            });
        });
        let walked = walk::Walk::new(effective, walk::Side::Contract).run();
        faults.extend(walked.faults);
        if faults.is_empty() {
            Ok(Self {
                canonical: walked.canonical,
            })
        } else {
            Err(Refused {
                wanted: "the effective document",
                faults,
            })
        }
    }

    pub(crate) fn canonical(&self) -> &Canonical {
        &self.canonical
    }
}

impl Emitted {
    /// Reads what a server emits about itself.
    ///
    /// # Errors
    /// When dropshot cannot have emitted this text: the effective document, or
    /// any other hand-made one, says things that dropshot has no way to say.
    pub fn parse(printed: &Value) -> Result<Self, Refused> {
        let mut faults = Vec::new();
        rules::require_version(printed, &mut faults);
        emitted::refuse_foreign(printed, &mut faults);
        if !faults.is_empty() {
            return Err(Refused {
                wanted: "what the server emits",
                faults,
            });
        }
        let walked = walk::Walk::new(printed, walk::Side::Emitted).run();
        if walked.faults.is_empty() {
            Ok(Self {
                canonical: walked.canonical,
                carried: walked.carried,
            })
        } else {
            Err(Refused {
                wanted: "what the server emits",
                faults: walked.faults,
            })
        }
    }

    /// What dropshot could not say itself.
    #[must_use]
    pub fn carried(&self) -> &BTreeSet<Carried> {
        &self.carried
    }

    pub(crate) fn canonical(&self) -> &Canonical {
        &self.canonical
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A whole document of the wrong kind would fill screens with one reason.
        const SHOWN: usize = 8;
        write!(f, "this is not {}:", self.wanted)?;
        for fault in self.faults.iter().take(SHOWN) {
            write!(f, "\n  {fault}")?;
        }
        match self.faults.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more like these"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() {
            "/"
        } else {
            &self.pointer
        };
        write!(f, "{place}: {}", self.message)
    }
}
