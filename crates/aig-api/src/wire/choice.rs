//! Choices: among integers, among the two booleans, among types. For types, one
//! list of variants is all there is; reading, writing and describing go through it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::{InstanceType, Schema, SchemaObject, SubschemaValidation};
use schemars::visit::{RemoveRefSiblings, Visitor};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use super::{Integer, Parameter, Refused};

/// A boolean that is always `VALUE`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Constant<const VALUE: bool>;

/// One of the integers of `R`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IntegerChoice<R> {
    value: i64,
    rule: PhantomData<R>,
}

/// Some integers.
pub trait IntegerRule {
    /// The integers.
    const VALUES: &'static [i64];
}

/// How a description says which variant a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discriminator {
    /// It does not.
    Silent,
    /// It names the tag.
    Named,
    /// It names the tag and what each of its texts stands for.
    Mapped,
}

/// In schemas: exactly one of the variants of `T`.
#[derive(Clone, Copy, Debug)]
pub struct OneOf<T>(PhantomData<fn() -> T>);

/// In schemas: at least one of the variants of `T`.
#[derive(Clone, Copy, Debug)]
pub struct AnyOf<T>(PhantomData<fn() -> T>);

/// How one variant is described and read.
pub type Variant<T> = (
    &'static str,
    fn(&mut SchemaGenerator) -> Schema,
    fn(Value) -> Result<T, serde_json::Error>,
);

/// A type that is one of several.
pub trait Variants: Sized + 'static {
    /// The member whose text tells which.
    const TAG: Option<&'static str>;

    /// How the description says so.
    const DISCRIMINATOR: Discriminator = Discriminator::Silent;

    /// The variants: what the tag says (or a name, where there is no tag), how
    /// each is described, how each is read.
    const VARIANTS: &'static [Variant<Self>];

    /// Reads a value that fits one variant: the one that the tag names, else the
    /// only one that fits.
    ///
    /// # Errors
    /// When none fits, or more than one.
    fn read_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if Self::TAG.is_some() {
            return by_tag(value).map_err(D::Error::custom);
        }
        let mut fitting = fitting(&value);
        let Some((first, found)) = fitting.next() else {
            return Err(D::Error::custom(none_fits::<Self>()));
        };
        match fitting.next() {
            None => Ok(found),
            Some((second, _)) => Err(D::Error::custom(format_args!(
                "must be one thing, but is {first} as well as {second}"
            ))),
        }
    }

    /// Reads a value that fits at least one variant, and takes the first.
    ///
    /// # Errors
    /// When none fits.
    fn read_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if Self::TAG.is_some() {
            return by_tag(value).map_err(D::Error::custom);
        }
        fitting(&value)
            .next()
            .map(|(_, found)| found)
            .ok_or_else(|| D::Error::custom(none_fits::<Self>()))
    }
}

fn by_tag<T: Variants>(value: Value) -> Result<T, String> {
    let tag = T::TAG.unwrap_or_default();
    let found = value.get(tag).and_then(Value::as_str);
    let known = || {
        let names: Vec<_> = T::VARIANTS.iter().map(|(name, ..)| *name).collect();
        names.join(", ")
    };
    let Some(found) = found else {
        return Err(format!("`{tag}` must be one of {}", known()));
    };
    match T::VARIANTS.iter().find(|(name, ..)| *name == found) {
        Some((_, _, read)) => read(value).map_err(|error| error.to_string()),
        None => Err(format!("`{tag}` must be one of {}, not {found:?}", known())),
    }
}

fn fitting<T: Variants>(value: &Value) -> impl Iterator<Item = (&'static str, T)> {
    T::VARIANTS
        .iter()
        .filter_map(|(name, _, read)| Some((*name, read(value.clone()).ok()?)))
}

fn none_fits<T: Variants>() -> String {
    let names: Vec<_> = T::VARIANTS.iter().map(|(name, ..)| *name).collect();
    format!("fits none of {}", names.join(", "))
}

/// The discriminator, as an extension: dropshot has no word for it.
fn discriminator<T: Variants>(schemas: &[Schema]) -> Option<Value> {
    let tag = T::TAG?;
    match T::DISCRIMINATOR {
        Discriminator::Silent => None,
        Discriminator::Named => Some(json!({ "propertyName": tag })),
        Discriminator::Mapped => {
            let mapping: serde_json::Map<_, _> = T::VARIANTS
                .iter()
                .zip(schemas)
                .filter_map(|((name, ..), schema)| {
                    let target = schema.clone().into_object().reference?;
                    Some(((*name).to_owned(), Value::from(target)))
                })
                .collect();
            Some(json!({ "propertyName": tag, "mapping": mapping }))
        }
    }
}

fn schemas<T: Variants>(generator: &mut SchemaGenerator) -> Vec<Schema> {
    T::VARIANTS
        .iter()
        .map(|(_, describe, _)| {
            let mut schema = describe(generator);
            RemoveRefSiblings.visit_schema(&mut schema);
            schema
        })
        .collect()
}

macro_rules! choice_schema {
    ($name:ident, $key:ident) => {
        impl<T: Variants> JsonSchema for $name<T> {
            fn is_referenceable() -> bool {
                false
            }

            fn schema_name() -> String {
                stringify!($name).to_owned()
            }

            fn schema_id() -> Cow<'static, str> {
                Cow::Borrowed(std::any::type_name::<Self>())
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let schemas = schemas::<T>(generator);
                let said = discriminator::<T>(&schemas);
                SchemaObject {
                    subschemas: Some(Box::new(SubschemaValidation {
                        $key: Some(schemas),
                        ..SubschemaValidation::default()
                    })),
                    extensions: said
                        .map(|said| ("x-declared-discriminator".to_owned(), said))
                        .into_iter()
                        .collect(),
                    ..SchemaObject::default()
                }
                .into()
            }
        }
    };
}

choice_schema!(OneOf, one_of);
choice_schema!(AnyOf, any_of);

impl<const VALUE: bool> Serialize for Constant<VALUE> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(VALUE)
    }
}

impl<'de, const VALUE: bool> Deserialize<'de> for Constant<VALUE> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if bool::deserialize(deserializer)? == VALUE {
            Ok(Self)
        } else {
            Err(D::Error::custom(format_args!("must be {VALUE}")))
        }
    }
}

impl<const VALUE: bool> JsonSchema for Constant<VALUE> {
    fn is_referenceable() -> bool {
        false
    }

    fn schema_name() -> String {
        format!("Constant_{VALUE}")
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        SchemaObject {
            instance_type: Some(InstanceType::Boolean.into()),
            enum_values: Some(vec![Value::Bool(VALUE)]),
            ..SchemaObject::default()
        }
        .into()
    }
}

impl<R> IntegerChoice<R> {
    /// The value.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.value
    }
}

impl<R: IntegerRule> TryFrom<i64> for IntegerChoice<R> {
    type Error = Refused;

    fn try_from(value: i64) -> Result<Self, Refused> {
        if R::VALUES.contains(&value) {
            Ok(Self {
                value,
                rule: PhantomData,
            })
        } else {
            let values: Vec<_> = R::VALUES.iter().map(ToString::to_string).collect();
            let values = values.join(", ");
            Err(Refused::new(format!(
                "must be one of {values}, not {value}"
            )))
        }
    }
}

impl<R> From<IntegerChoice<R>> for i64 {
    fn from(choice: IntegerChoice<R>) -> Self {
        choice.value
    }
}

impl<R> fmt::Display for IntegerChoice<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<R> fmt::Debug for IntegerChoice<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<R> Serialize for IntegerChoice<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.value)
    }
}

impl<'de, R: IntegerRule> Deserialize<'de> for IntegerChoice<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let integer: Integer = Integer::deserialize(deserializer)?;
        Self::try_from(integer.get()).map_err(D::Error::custom)
    }
}

impl<R: IntegerRule> Parameter for IntegerChoice<R> {
    fn from_text(text: &str) -> Result<Self, Refused> {
        let integer: Integer = Integer::from_text(text)?;
        Self::try_from(integer.get())
    }
}

impl<R: IntegerRule> JsonSchema for IntegerChoice<R> {
    fn is_referenceable() -> bool {
        false
    }

    fn schema_name() -> String {
        "IntegerChoice".to_owned()
    }

    fn schema_id() -> Cow<'static, str> {
        Cow::Borrowed(std::any::type_name::<Self>())
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        SchemaObject {
            instance_type: Some(InstanceType::Integer.into()),
            enum_values: Some(R::VALUES.iter().map(|&value| Value::from(value)).collect()),
            ..SchemaObject::default()
        }
        .into()
    }
}
