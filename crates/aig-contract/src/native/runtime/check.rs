//! The bounds that named types keep to: lengths in characters, patterns, ranges.

use std::fmt;

/// Why a value was not taken; the words are for whoever sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid(String);

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Invalid {}

/// A pattern of a contract, which is one of ECMA-262.
///
/// One that cannot be read is passed over: it could not have refused anything.
#[derive(Debug)]
pub struct Pattern(Option<regress::Regex>, &'static str);

impl Pattern {
    /// Reads a pattern.
    #[must_use]
    pub fn new(pattern: &'static str) -> Self {
        Self(regress::Regex::new(pattern).ok(), pattern)
    }
}

/// Refuses a text that is too short, too long, or not of the pattern.
///
/// # Errors
/// When it is.
pub fn text(
    value: &str,
    shortest: Option<usize>,
    longest: Option<usize>,
    pattern: Option<&Pattern>,
) -> Result<(), Invalid> {
    let length = value.chars().count();
    if let Some(shortest) = shortest.filter(|&shortest| length < shortest) {
        return Err(Invalid(format!("must have at least {shortest} characters, not {length}")));
    }
    if let Some(longest) = longest.filter(|&longest| length > longest) {
        return Err(Invalid(format!("must have at most {longest} characters, not {length}")));
    }
    match pattern {
        Some(Pattern(Some(regex), words)) if regex.find(value).is_none() => {
            Err(Invalid(format!("must match {words}")))
        }
        _ => Ok(()),
    }
}

/// Refuses a number that is too little or too much.
///
/// # Errors
/// When it is.
pub fn range<T: PartialOrd + fmt::Display>(
    value: &T,
    least: Option<T>,
    most: Option<T>,
) -> Result<(), Invalid> {
    if let Some(least) = least.filter(|least| value < least) {
        return Err(Invalid(format!("must be at least {least}, not {value}")));
    }
    if let Some(most) = most.filter(|most| value > most) {
        return Err(Invalid(format!("must be at most {most}, not {value}")));
    }
    Ok(())
}
