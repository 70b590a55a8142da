//! Text to value. The one place that knows how YAML is read; where its parts
//! stand in the text is [`crate::source`]'s business.

use std::sync::Arc;

use serde_json::Value;

use crate::problem::{Limit, Problem};
use crate::source::Location;

/// A text and the name it is reported under.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceFile {
    /// The path, relative to the repository.
    pub path: String,
    /// The whole text.
    pub text: String,
}

impl SourceFile {
    /// The text as a value; JSON is YAML too.
    ///
    /// # Errors
    /// When the text is not one YAML document, says a key twice, or holds
    /// something that JSON cannot.
    pub fn value(&self) -> Result<Value, Problem> {
        let problem = |line: Option<usize>, reason: String| Problem {
            limit: Limit::Document,
            pointer: String::new(),
            location: line.map(|line| Location {
                file: Arc::from(self.path.as_str()),
                line,
            }),
            message: format!("{} is not readable: {reason}", self.path),
        };
        // By way of YAML's own values, which notice a key that is there twice.
        let value: serde_yaml::Value = serde_yaml::from_str(&self.text).map_err(|error| {
            problem(
                error.location().map(|place| place.line()),
                error.to_string(),
            )
        })?;
        serde_json::to_value(value).map_err(|error| problem(None, error.to_string()))
    }
}
