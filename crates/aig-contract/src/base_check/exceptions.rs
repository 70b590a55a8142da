//! The reviewed list of places where the effective document may be narrower than
//! its base. It is read as strictly as an overlay: an entry that nobody can
//! review, because it has no reason or stands there twice, is an error.

use serde_json::{Map, Value};

use super::Problem;
use crate::document::SourceFile;
use crate::source::{Location, Sources};

/// The list, in the order of its file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exceptions {
    entries: Vec<Exception>,
}

/// One place that may be narrower.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// JSON pointer into the canonical form.
    pub pointer: String,
    /// Why the narrowing is wanted.
    pub reason: String,
    /// Where the entry stands.
    pub location: Option<Location>,
}

impl Exceptions {
    /// Reads a file of the form
    ///
    /// ```yaml
    /// exceptions:
    /// - pointer: /components/schemas/Thing/properties/name/minLength
    ///   reason: A thing without a name cannot be shown.
    /// ```
    ///
    /// # Errors
    /// Everything in it that is not of this form.
    pub fn read(file: &SourceFile) -> Result<Self, Vec<Problem>> {
        let text = |problem: crate::problem::Problem| {
            vec![Problem::Unreadable {
                location: problem.location,
                message: problem.message,
            }]
        };
        let value = file.value().map_err(text)?;
        let lines = Sources::read(&file.path, &file.text).map_err(text)?;
        let mut reader = Reader {
            lines: &lines,
            entries: Vec::new(),
            problems: Vec::new(),
        };
        reader.file(&value);
        if reader.problems.is_empty() {
            Ok(Self {
                entries: reader.entries,
            })
        } else {
            Err(reader.problems)
        }
    }

    /// All entries.
    pub fn iter(&self) -> impl Iterator<Item = &Exception> {
        self.entries.iter()
    }

    pub(super) fn excuse(&self, pointer: &str) -> bool {
        self.entries.iter().any(|entry| entry.pointer == pointer)
    }
}

struct Reader<'a> {
    lines: &'a Sources,
    entries: Vec<Exception>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn file(&mut self, value: &Value) {
        let Some(members) = value.as_object() else {
            return self.problem("", "this must be an object with the list `exceptions`");
        };
        self.known(members, "", &["exceptions"]);
        match members.get("exceptions").and_then(Value::as_array) {
            Some(entries) => {
                for (index, entry) in entries.iter().enumerate() {
                    self.entry(entry, &format!("/exceptions/{index}"));
                }
            }
            None => self.problem("/exceptions", "`exceptions` must be a list"),
        }
    }

    fn entry(&mut self, entry: &Value, at: &str) {
        let Some(members) = entry.as_object() else {
            return self.problem(at, "an exception is an object with `pointer` and `reason`");
        };
        self.known(members, at, &["pointer", "reason"]);
        let text = |key| members.get(key).and_then(Value::as_str).unwrap_or_default();
        let (pointer, reason) = (text("pointer"), text("reason").trim());
        if !pointer.starts_with('/') {
            return self.problem(at, "`pointer` must be a JSON pointer, as reports print it");
        }
        if reason.is_empty() {
            return self.problem(at, "`reason` must say why the base may be narrowed here");
        }
        if self.entries.iter().any(|entry| entry.pointer == pointer) {
            return self.problem(
                at,
                "this pointer stands in the list already; keep one entry",
            );
        }
        self.entries.push(Exception {
            pointer: pointer.to_owned(),
            reason: reason.to_owned(),
            location: self.lines.locate(at),
        });
    }

    fn known(&mut self, members: &Map<String, Value>, at: &str, known: &[&str]) {
        for key in members.keys().filter(|key| !known.contains(&key.as_str())) {
            self.problem(
                at,
                &format!("there is no `{key}` here, only {}", known.join(" and ")),
            );
        }
    }

    fn problem(&mut self, at: &str, message: &str) {
        self.problems.push(Problem::Unreadable {
            location: self.lines.locate(at),
            message: message.to_owned(),
        });
    }
}
