//! Numbers, within bounds or not. A whole one is written as an integer, so that
//! `10` comes back as `10`.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::{InstanceType, NumberValidation, Schema, SchemaObject};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Parameter, Refused};

/// A number that obeys `R`.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub struct Number<R = AnyNumber> {
    value: f64,
    rule: PhantomData<R>,
}

/// What is asked of a number.
pub trait NumberRule {
    /// The least.
    const MIN: Option<f64> = None;
    /// The greatest.
    const MAX: Option<f64> = None;
    /// Whether the least itself is too little.
    const ABOVE: bool = false;
    /// Whether the greatest itself is too much.
    const BELOW: bool = false;
    /// The declared format.
    const FORMAT: Option<&'static str> = None;
}

/// Nothing is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AnyNumber {}

impl NumberRule for AnyNumber {}

impl<R> Number<R> {
    /// The value.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.value
    }
}

impl<R: NumberRule> TryFrom<f64> for Number<R> {
    type Error = Refused;

    fn try_from(value: f64) -> Result<Self, Refused> {
        let enough = R::MIN.is_none_or(|min| value > min || (!R::ABOVE && value == min));
        let not_too_much = R::MAX.is_none_or(|max| value < max || (!R::BELOW && value == max));
        if value.is_finite() && enough && not_too_much {
            Ok(Self {
                value,
                rule: PhantomData,
            })
        } else {
            Err(refuse::<R>(value))
        }
    }
}

fn refuse<R: NumberRule>(found: impl fmt::Display) -> Refused {
    let mut wanted = "must be a number".to_owned();
    if let Some(min) = R::MIN {
        wanted += &format!(" {} {min}", if R::ABOVE { "above" } else { "of at least" });
    }
    if let Some(max) = R::MAX {
        let and = if R::MIN.is_some() { " and" } else { "" };
        let bound = if R::BELOW { "below" } else { "at most" };
        wanted += &format!("{and} {bound} {max}");
    }
    Refused::new(format!("{wanted}, not {found}"))
}

impl<R> From<Number<R>> for f64 {
    fn from(number: Number<R>) -> Self {
        number.value
    }
}

impl<R> fmt::Display for Number<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<R> fmt::Debug for Number<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<R> Serialize for Number<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Up to here every whole number is the same as a float and as an integer.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if self.value.fract() == 0.0 && self.value.abs() < EXACT {
            #[expect(clippy::cast_possible_truncation, reason = "whole and small enough")]
            serializer.serialize_i64(self.value as i64)
        } else {
            serializer.serialize_f64(self.value)
        }
    }
}

impl<'de, R: NumberRule> Deserialize<'de> for Number<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer)?
            .try_into()
            .map_err(D::Error::custom)
    }
}

impl<R: NumberRule> Parameter for Number<R> {
    fn from_text(text: &str) -> Result<Self, Refused> {
        match text.parse::<f64>() {
            Ok(value) => Self::try_from(value),
            Err(_) => Err(refuse::<R>(format_args!("{text:?}"))),
        }
    }
}

impl<R: NumberRule> JsonSchema for Number<R> {
    fn is_referenceable() -> bool {
        false
    }

    fn schema_name() -> String {
        "Number".to_owned()
    }

    fn schema_id() -> Cow<'static, str> {
        Cow::Borrowed(std::any::type_name::<Self>())
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let split = |bound: Option<f64>, exclusive: bool| {
            if exclusive {
                (None, bound)
            } else {
                (bound, None)
            }
        };
        let (minimum, exclusive_minimum) = split(R::MIN, R::ABOVE);
        let (maximum, exclusive_maximum) = split(R::MAX, R::BELOW);
        let rule = NumberValidation {
            minimum,
            exclusive_minimum,
            maximum,
            exclusive_maximum,
            multiple_of: None,
        };
        SchemaObject {
            instance_type: Some(InstanceType::Number.into()),
            format: R::FORMAT.map(str::to_owned),
            number: (rule != NumberValidation::default()).then(|| Box::new(rule)),
            ..SchemaObject::default()
        }
        .into()
    }
}
