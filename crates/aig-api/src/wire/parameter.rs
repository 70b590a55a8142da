//! Parameters arrive as text, whatever their type. They are read by rules of
//! their own, so that an error names the parameter and what it should be.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::{Schema, SchemaObject, SubschemaValidation};
use schemars::visit::{RemoveRefSiblings, Visitor};
use serde::de::value::{Error as Plain, StrDeserializer};
use serde::de::{DeserializeOwned, Error, IntoDeserializer};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use uuid::Uuid;

use super::Refused;

/// A type that can be read from a path, a query or a header.
pub trait Parameter: Sized {
    /// The value of a text.
    ///
    /// # Errors
    /// When the text does not stand for a value.
    fn from_text(text: &str) -> Result<Self, Refused>;
}

/// Reads the parameter of that name.
///
/// # Errors
/// When its text does not stand for a value.
pub fn required<'de, D, T>(deserializer: D, name: &str) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Parameter,
{
    let text = String::deserialize(deserializer)?;
    T::from_text(&text).map_err(|refused| D::Error::custom(format_args!("{name}: {refused}")))
}

/// Reads the parameter of that name, which may be left out.
///
/// # Errors
/// When it is there and its text does not stand for a value.
pub fn optional<'de, D, T>(deserializer: D, name: &str) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Parameter,
{
    required(deserializer, name).map(Some)
}

/// The schema of a parameter with what dropshot would cut off: it takes the
/// description out of a parameter's schema together with everything beside it,
/// but looks only at the outermost level.
#[must_use]
pub fn parameter_schema<T: JsonSchema>(
    generator: &mut SchemaGenerator,
    description: Option<&str>,
    default: Option<Value>,
    deprecated: bool,
) -> Schema {
    let mut inner = generator.subschema_for::<T>().into_object();
    if deprecated {
        // dropshot has no word for it; whoever reads the description puts it back.
        let carried = serde_json::json!({ "deprecated": true });
        inner
            .extensions
            .insert("x-declared-parameter".to_owned(), carried);
    }
    let metadata = inner.metadata();
    metadata.default = default;
    if let Some(description) = description {
        metadata.description = Some(description.to_owned());
    }
    let mut inner = Schema::Object(inner);
    RemoveRefSiblings.visit_schema(&mut inner);
    SchemaObject {
        subschemas: Some(Box::new(SubschemaValidation {
            all_of: Some(vec![inner]),
            ..SubschemaValidation::default()
        })),
        ..SchemaObject::default()
    }
    .into()
}

/// A value of a type that reads itself from text.
fn of_text<T: DeserializeOwned>(text: &str) -> Result<T, Refused> {
    let text: StrDeserializer<'_, Plain> = text.into_deserializer();
    T::deserialize(text).map_err(|error| Refused::new(error.to_string()))
}

macro_rules! parsed {
    ($($type:ty = $wanted:literal;)*) => {$(
        impl Parameter for $type {
            fn from_text(text: &str) -> Result<Self, Refused> {
                of_text(text).map_err(|_| {
                    Refused::new(format!(concat!("must be ", $wanted, ", not {:?}"), text))
                })
            }
        }
    )*};
}

parsed! {
    Uuid = "a uuid";
    DateTime<Utc> = "a date and time such as 2026-01-15T10:30:00Z";
    NaiveDate = "a date such as 2026-01-15";
    IpAddr = "an ip address";
    Ipv4Addr = "an ipv4 address";
    Ipv6Addr = "an ipv6 address";
}

impl Parameter for String {
    fn from_text(text: &str) -> Result<Self, Refused> {
        Ok(text.to_owned())
    }
}

impl Parameter for bool {
    fn from_text(text: &str) -> Result<Self, Refused> {
        match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(Refused::new(format!("must be true or false, not {text:?}"))),
        }
    }
}

/// For enumerations: they derive how they are read.
#[doc(hidden)]
#[must_use = "the text may not stand for a value"]
pub fn enumerated<T: DeserializeOwned>(text: &str) -> Result<T, Refused> {
    of_text(text)
}
