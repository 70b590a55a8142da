//! Integers within bounds, by the rules of JSON Schema: `10.0` is one.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::{InstanceType, NumberValidation, Schema, SchemaObject};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Parameter, Refused};

/// An integer from `MIN` to `MAX`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Integer<const MIN: i64 = { i64::MIN }, const MAX: i64 = { i64::MAX }, F = Plain> {
    value: i64,
    format: PhantomData<F>,
}

/// A declared format of integers, with the range that it implies.
pub trait IntegerFormat {
    /// Its name.
    const NAME: Option<&'static str>;
    /// The least value it allows.
    const LEAST: i64;
    /// The greatest value it allows, or that is held here.
    const GREATEST: i64;
}

macro_rules! formats {
    ($($(#[$doc:meta])* $name:ident = $format:expr, $least:expr, $greatest:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {}

        impl IntegerFormat for $name {
            const NAME: Option<&'static str> = $format;
            const LEAST: i64 = $least;
            const GREATEST: i64 = $greatest;
        }
    )*};
}

formats! {
    /// No format.
    Plain = None, i64::MIN, i64::MAX;
    /// `int32`
    Int32 = Some("int32"), i32::MIN as i64, i32::MAX as i64;
    /// `int64`
    Int64 = Some("int64"), i64::MIN, i64::MAX;
    /// `uint8`
    Uint8 = Some("uint8"), 0, u8::MAX as i64;
    /// `uint16`
    Uint16 = Some("uint16"), 0, u16::MAX as i64;
    /// `uint32`
    Uint32 = Some("uint32"), 0, u32::MAX as i64;
    /// `uint64`, of which the upper half is not held here.
    Uint64 = Some("uint64"), 0, i64::MAX;
}

impl<const MIN: i64, const MAX: i64, F> Integer<MIN, MAX, F> {
    /// The value, if it is within the bounds.
    #[must_use]
    pub const fn new(value: i64) -> Option<Self> {
        if MIN <= value && value <= MAX {
            Some(Self {
                value,
                format: PhantomData,
            })
        } else {
            None
        }
    }

    /// The value.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.value
    }

    /// The value as an integer of another size, if it fits.
    #[must_use]
    pub fn to<T: TryFrom<i64>>(self) -> Option<T> {
        T::try_from(self.value).ok()
    }

    fn wanted() -> String {
        match (MIN, MAX) {
            (i64::MIN, i64::MAX) => "an integer".to_owned(),
            (i64::MIN, _) => format!("an integer of at most {MAX}"),
            (_, i64::MAX) => format!("an integer of at least {MIN}"),
            _ => format!("an integer from {MIN} to {MAX}"),
        }
    }

    fn refuse(found: impl fmt::Display) -> Refused {
        Refused::new(format!("must be {}, not {found}", Self::wanted()))
    }

    fn of_float(value: f64) -> Result<Self, Refused> {
        // The greatest power of two below which every whole number is held exactly.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if value.fract() != 0.0 || value.abs() > EXACT {
            return Err(Self::refuse(value));
        }
        #[expect(clippy::cast_possible_truncation, reason = "whole and small enough")]
        Self::try_from(value as i64)
    }
}

impl<const MIN: i64, const MAX: i64, F> TryFrom<i64> for Integer<MIN, MAX, F> {
    type Error = Refused;

    fn try_from(value: i64) -> Result<Self, Refused> {
        Self::new(value).ok_or_else(|| Self::refuse(value))
    }
}

impl<const MIN: i64, const MAX: i64, F> From<Integer<MIN, MAX, F>> for i64 {
    fn from(integer: Integer<MIN, MAX, F>) -> Self {
        integer.value
    }
}

impl<const MIN: i64, const MAX: i64, F> fmt::Display for Integer<MIN, MAX, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<const MIN: i64, const MAX: i64, F> fmt::Debug for Integer<MIN, MAX, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<const MIN: i64, const MAX: i64, F> Serialize for Integer<MIN, MAX, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.value)
    }
}

impl<'de, const MIN: i64, const MAX: i64, F> Deserialize<'de> for Integer<MIN, MAX, F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit<const MIN: i64, const MAX: i64, F>(PhantomData<F>);

        impl<const MIN: i64, const MAX: i64, F> Visitor<'_> for Visit<MIN, MAX, F> {
            type Value = Integer<MIN, MAX, F>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&Integer::<MIN, MAX, F>::wanted())
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
                Integer::try_from(value).map_err(E::custom)
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
                match i64::try_from(value) {
                    Ok(value) => self.visit_i64(value),
                    Err(_) => Err(E::custom(Self::Value::refuse(value))),
                }
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
                Integer::of_float(value).map_err(E::custom)
            }
        }

        // Not `deserialize_i64`: values that were buffered on the way would then
        // be refused as floats before the visitor could look at them.
        deserializer.deserialize_any(Visit(PhantomData))
    }
}

impl<const MIN: i64, const MAX: i64, F> Parameter for Integer<MIN, MAX, F> {
    fn from_text(text: &str) -> Result<Self, Refused> {
        if let Ok(value) = text.parse::<i64>() {
            return Self::try_from(value);
        }
        // `1.0` is an integer too; `inf` and the like are not numbers here.
        let plain = |sign: char| sign.is_ascii_digit() || "+-.eE".contains(sign);
        match text.parse::<f64>() {
            Ok(value) if text.chars().all(plain) => Self::of_float(value),
            _ => Err(Self::refuse(format_args!("{text:?}"))),
        }
    }
}

impl<const MIN: i64, const MAX: i64, F: IntegerFormat> JsonSchema for Integer<MIN, MAX, F> {
    fn is_referenceable() -> bool {
        false
    }

    fn schema_name() -> String {
        format!("Integer_{MIN}_{MAX}")
    }

    fn schema_id() -> Cow<'static, str> {
        Cow::Owned(format!("Integer<{MIN}, {MAX}, {:?}>", F::NAME))
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // Bounds beyond 2^53 do not survive this; the generator refuses them.
        #[expect(clippy::cast_precision_loss, reason = "schemas hold floats")]
        let bound = |bound: i64, implied: i64| (bound != implied).then_some(bound as f64);
        let bounds = NumberValidation {
            minimum: bound(MIN, F::LEAST),
            maximum: bound(MAX, F::GREATEST),
            ..NumberValidation::default()
        };
        SchemaObject {
            instance_type: Some(InstanceType::Integer.into()),
            format: F::NAME.map(str::to_owned),
            number: (bounds != NumberValidation::default()).then(|| Box::new(bounds)),
            ..SchemaObject::default()
        }
        .into()
    }
}
