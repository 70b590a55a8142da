//! What stops a generation, as data: which part of the chain cannot go on, where
//! the fault stands in the text, and what would mend it. Problems are collected
//! to the end of a stage and reported together; none of them is a panic.

use std::fmt;

use crate::source::{Location, Sources};

/// Who cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    /// The text itself is not what it should be.
    Document,
    /// An overlay does not fit the document it is laid over.
    Overlay,
    /// OpenAPI 3.0.3 cannot say this.
    Lowering,
    /// Neither generator can express this.
    Both,
    /// Only the client generator cannot express this.
    Client,
    /// Only the server generator cannot express this.
    Server,
    /// dropshot has no way to emit this.
    Dropshot,
}

/// One obstacle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Who cannot go on.
    pub limit: Limit,
    /// JSON pointer into the document.
    pub pointer: String,
    /// File and line, where the text is known.
    pub location: Option<Location>,
    /// What is wrong and what would mend it.
    pub message: String,
}

/// All obstacles of one stage; never empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl Limit {
    /// The word that reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Overlay => "overlay",
            Self::Lowering => "openapi 3.0",
            Self::Both => "client and server",
            Self::Client => "client",
            Self::Server => "server",
            Self::Dropshot => "dropshot",
        }
    }
}

impl Problem {
    /// A problem whose place in the text is still to be looked up.
    pub fn new(limit: Limit, pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            limit,
            pointer: pointer.into(),
            location: None,
            message: message.into(),
        }
    }
}

impl Problems {
    /// `Ok` when nothing was found, otherwise everything, each with its place
    /// and in the order of the text.
    ///
    /// # Errors
    /// When there is at least one problem.
    pub fn none_of(found: Vec<Problem>, sources: &Sources) -> Result<(), Self> {
        if found.is_empty() {
            Ok(())
        } else {
            Err(Self::located(found, sources))
        }
    }

    /// Each problem once, with its place and in the order of the text.
    #[must_use]
    pub fn located(mut found: Vec<Problem>, sources: &Sources) -> Self {
        for problem in &mut found {
            if problem.location.is_none() {
                problem.location = sources.locate(&problem.pointer);
            }
        }
        found.sort_by(|a, b| {
            (&a.location, &a.pointer, a.limit, &a.message).cmp(&(
                &b.location,
                &b.pointer,
                b.limit,
                &b.message,
            ))
        });
        found.dedup();
        Self(found)
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.location {
            write!(f, "{location}: ")?;
        }
        if !self.pointer.is_empty() {
            write!(f, "{}: ", self.pointer)?;
        }
        write!(f, "[{}] {}", self.limit.name(), self.message)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            if number > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}
