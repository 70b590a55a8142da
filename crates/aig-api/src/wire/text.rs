//! Texts that obey a rule: a length in characters, a pattern. A format that has
//! no type of its own is named and not checked, as JSON Schema has it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::{Arc, LazyLock, RwLock};

use regex::Regex;
use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::{InstanceType, Schema, SchemaObject, StringValidation};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Parameter, Refused};

/// A text that obeys `R`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<R> {
    value: String,
    rule: PhantomData<R>,
}

/// What is asked of a text.
pub trait TextRule {
    /// The least number of characters.
    const MIN: Option<u32> = None;
    /// The greatest number of characters.
    const MAX: Option<u32> = None;
    /// A regular expression that must match somewhere.
    const PATTERN: Option<&'static str> = None;
    /// A format that is named and not checked.
    const FORMAT: Option<&'static str> = None;
}

impl<R> Text<R> {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// The text, owned.
    #[must_use]
    pub fn into_string(self) -> String {
        self.value
    }
}

impl<R: TextRule> TryFrom<String> for Text<R> {
    type Error = Refused;

    fn try_from(value: String) -> Result<Self, Refused> {
        check::<R>(&value)?;
        Ok(Self {
            value,
            rule: PhantomData,
        })
    }
}

impl<R: TextRule> TryFrom<&str> for Text<R> {
    type Error = Refused;

    fn try_from(value: &str) -> Result<Self, Refused> {
        Self::try_from(value.to_owned())
    }
}

fn check<R: TextRule>(value: &str) -> Result<(), Refused> {
    if R::MIN.is_some() || R::MAX.is_some() {
        let length = value.chars().count();
        let at_least = R::MIN.is_none_or(|min| length >= min as usize);
        let at_most = R::MAX.is_none_or(|max| length <= max as usize);
        if !(at_least && at_most) {
            let wanted = match (R::MIN, R::MAX) {
                (Some(1), None) => "must not be empty".to_owned(),
                (Some(min), None) => format!("must have at least {min} characters"),
                (None, Some(max)) => format!("must have at most {max} characters"),
                (min, max) => format!(
                    "must have {} to {} characters",
                    min.unwrap_or(0),
                    max.unwrap_or(u32::MAX)
                ),
            };
            return Err(Refused::new(if length == 0 {
                wanted
            } else {
                format!("{wanted}, not {length}")
            }));
        }
    }
    match R::PATTERN {
        Some(pattern) if !compiled(pattern).is_match(value) => {
            Err(Refused::new(format!("must match {pattern}")))
        }
        _ => Ok(()),
    }
}

/// Compiled once for each pattern. The engine takes linear time whatever the
/// text, which matters for texts that come from anybody.
fn compiled(pattern: &'static str) -> Arc<Regex> {
    static COMPILED: LazyLock<RwLock<HashMap<&'static str, Arc<Regex>>>> =
        LazyLock::new(RwLock::default);
    let poisoned = "nothing panics while the lock is held";
    if let Some(known) = COMPILED.read().expect(poisoned).get(pattern) {
        return known.clone();
    }
    let regex = Regex::new(&ascii_classes(pattern))
        .or_else(|_| Regex::new(pattern))
        .expect("the generator refuses patterns that do not compile");
    let regex = Arc::new(regex);
    let mut all = COMPILED.write().expect(poisoned);
    all.insert(pattern, regex.clone());
    regex
}

/// JSON Schema's dialect is ECMA-262, where digits and words are ASCII.
fn ascii_classes(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut signs = pattern.chars();
    while let Some(sign) = signs.next() {
        if sign != '\\' {
            out.push(sign);
            continue;
        }
        match signs.next() {
            Some('d') => out.push_str("[0-9]"),
            Some('D') => out.push_str("[^0-9]"),
            Some('w') => out.push_str("[0-9A-Za-z_]"),
            Some('W') => out.push_str("[^0-9A-Za-z_]"),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

impl<R> Deref for Text<R> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.value
    }
}

impl<R> AsRef<str> for Text<R> {
    fn as_ref(&self) -> &str {
        &self.value
    }
}

impl<R> From<Text<R>> for String {
    fn from(text: Text<R>) -> Self {
        text.value
    }
}

impl<R> fmt::Display for Text<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.value)
    }
}

impl<R> fmt::Debug for Text<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.value, f)
    }
}

impl<R> Serialize for Text<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.value)
    }
}

impl<'de, R: TextRule> Deserialize<'de> for Text<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .try_into()
            .map_err(D::Error::custom)
    }
}

impl<R: TextRule> Parameter for Text<R> {
    fn from_text(text: &str) -> Result<Self, Refused> {
        Self::try_from(text)
    }
}

impl<R: TextRule> JsonSchema for Text<R> {
    fn is_referenceable() -> bool {
        false
    }

    fn schema_name() -> String {
        "Text".to_owned()
    }

    fn schema_id() -> Cow<'static, str> {
        Cow::Borrowed(std::any::type_name::<Self>())
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let rule = StringValidation {
            min_length: R::MIN,
            max_length: R::MAX,
            pattern: R::PATTERN.map(str::to_owned),
        };
        SchemaObject {
            instance_type: Some(InstanceType::String.into()),
            format: R::FORMAT.map(str::to_owned),
            string: (rule != StringValidation::default()).then(|| Box::new(rule)),
            ..SchemaObject::default()
        }
        .into()
    }
}
